"""Losses of what is wanted against what was drawn: by a margin, or as a softmax over both."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, reduce_losses


@final
class NegativesMarginLoss(nn.Module):
    """Mean of what each drawn candidate lacks to being less similar by a margin than the wanted one.

    Use it to learn a ranking from pairs that belong together and candidates that were drawn: labels, items,
    documents. Similarities of minus infinity leave a candidate out, as one that is wanted too.

        loss = 1/k sum_i max(0, margin - s(a, b) + s(a, b_i))   over candidates b_1, ..., b_k

    Args:
        margin: by how much more similar the wanted one must be; 0.05 suits cosines.
        reduction: "mean" over the rows, "sum" or "none".

    Raises:
        InputError: when the margin is not above 0.

    Example:
        >>> wanted, drawn = torch.tensor([0.5]), torch.tensor([[0.4, 0.6]])
        >>> NegativesMarginLoss(margin=0.2)(wanted, drawn)
        tensor(0.2000)

    Source:
        Wu, Fisch, Chopra, Adams, Bordes and Weston (2017), "StarSpace: Embed All The Things!",
        arXiv:1709.03856.
    """

    def __init__(self, margin: float = 0.05, reduction: str = "mean") -> None:
        super().__init__()
        if not margin > 0:
            raise InputError("margin must be above 0", str(margin), "0.05 suits cosines")
        self.margin = margin
        self.reduction = check_reduction(reduction)

    def forward(
        self, positive: Float[Tensor, "batch"], negatives: Float[Tensor, "batch candidates"]
    ) -> Float[Tensor, "*losses"]:
        lacking = F.relu(self.margin - positive[:, None] + negatives)
        return reduce_losses(lacking.mean(1), self.reduction)


@final
class NegativesSoftmaxLoss(nn.Module):
    """Negative log-probability of the wanted candidate in a softmax over it and drawn ones.

    Use it as `NegativesMarginLoss` where similarities are inner products; cosines need a temperature, such as
    0.1, as they end at 1. Similarities of minus infinity leave a candidate out.

        loss = - log( exp(s(a, b) / t) / (exp(s(a, b) / t) + sum_i exp(s(a, b_i) / t)) )

    Args:
        temperature: divides the similarities.
        reduction: "mean" over the rows, "sum" or "none".

    Raises:
        InputError: when the temperature is not above 0.

    Example:
        >>> NegativesSoftmaxLoss()(torch.tensor([2.0]), torch.tensor([[2.0, 2.0, 2.0]]))
        tensor(1.3863)

    Source:
        Wu, Fisch, Chopra, Adams, Bordes and Weston (2017), "StarSpace: Embed All The Things!",
        arXiv:1709.03856.
    """

    def __init__(self, temperature: float = 1.0, reduction: str = "mean") -> None:
        super().__init__()
        if not temperature > 0:
            raise InputError("temperature must be above 0", str(temperature), "1 is none")
        self.temperature = temperature
        self.reduction = check_reduction(reduction)

    def forward(
        self, positive: Float[Tensor, "batch"], negatives: Float[Tensor, "batch candidates"]
    ) -> Float[Tensor, "*losses"]:
        scores = torch.cat([positive[:, None], negatives], dim=1) / self.temperature
        return reduce_losses(scores.logsumexp(1) - scores[:, 0], self.reduction)
