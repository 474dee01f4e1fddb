"""The loss of pairs that come with a grade of their likeness."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.losses.reduction import check_reduction, reduce_losses


@final
class CosineSimilarityLoss(nn.Module):
    """Squared error between the cosine of a pair and how alike the pair is said to be.

    Use it where pairs have been graded, as in sentence-similarity sets; grades are brought to 0 to 1 (or -1
    to 1) first.

        loss_i = (cos(u_i, v_i) - grade_i)^2

    Args:
        reduction: "mean" over the pairs, "sum" or "none".

    Example:
        >>> import torch
        >>> CosineSimilarityLoss()(torch.eye(2), torch.eye(2), torch.tensor([1.0, 0.0]))
        tensor(0.5000)

    Source:
        Reimers and Gurevych (2019), "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        arXiv:1908.10084.
    """

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = check_reduction(reduction)

    def forward(
        self,
        first: Float[Tensor, "batch features"],
        second: Float[Tensor, "batch features"],
        grade: Float[Tensor, "batch"],
    ) -> Float[Tensor, "*losses"]:
        losses = (F.cosine_similarity(first, second) - grade).square()
        return reduce_losses(losses, self.reduction)
