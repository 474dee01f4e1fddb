"""The loss of CLIP: pictures find their texts, and texts their pictures, among all of a batch."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, check_same_shape, reduce_losses


@final
class CLIPLoss(nn.Module):
    """Mean cross-entropy of finding one's partner by cosine, from either side of a pair.

    Use it to bring two kinds of things into one space by pairs of them: pictures and captions, questions and
    answers. All other pairs of the batch are what the right one must be told from, so large batches teach
    more. How sharply cosines are compared is best learned: a network such as `nets.DualEncoder` has a `scale`
    to hand over.

        s_ij = scale * cos(x_i, y_j)
        loss_i = -(log softmax_j(s_ij)_i + log softmax_j(s_ji)_i) / 2

    Args:
        temperature: 1 / scale, where none is handed over.
        reduction: "mean" over the pairs, "sum" or "none".

    Raises:
        InputError: when the temperature is not above 0, or both sides differ in shape.

    Example:
        >>> import torch
        >>> loss = CLIPLoss(temperature=1.0)
        >>> loss(torch.eye(3), torch.eye(3)), loss(torch.eye(3), torch.eye(3), scale=torch.tensor(100.0))
        (tensor(0.5514), tensor(0.))

    Source:
        Radford et al. (2021), "Learning Transferable Visual Models From Natural Language Supervision",
        arXiv:2103.00020.
    """

    def __init__(self, temperature: float = 0.07, reduction: str = "mean") -> None:
        super().__init__()
        if not temperature > 0:
            raise InputError("temperature must be above 0", str(temperature), "0.07 is usual")
        self.temperature, self.reduction = temperature, check_reduction(reduction)

    def forward(
        self,
        first: Float[Tensor, "batch features"],
        second: Float[Tensor, "rows columns"],
        scale: Float[Tensor, ""] | None = None,
    ) -> Float[Tensor, "*losses"]:
        check_same_shape(first, second)
        cosines = F.normalize(first, dim=1) @ F.normalize(second, dim=1).mT
        scores = cosines / self.temperature if scale is None else cosines * scale
        right = scores.diagonal()
        losses = (scores.logsumexp(1) + scores.logsumexp(0)) / 2 - right
        return reduce_losses(losses, self.reduction)
