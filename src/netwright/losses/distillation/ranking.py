"""Ranking distillation: a student learns to put at the top what its teacher puts there."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, reduce_losses


@final
class RankingDistillationLoss(nn.Module):
    """Negative log-probability that the teacher's best items are wanted, weighed by rank and by need.

    Use it beside the loss of the known answers, to train a small recommender or search model on the rankings
    of a large one: the items that the teacher ranks highest count as further, weaker positives. The first
    ranks weigh most, and items that the student already ranks as high as the teacher weigh nothing. Leave
    out the items of the known answers. The student's rank is estimated from its scores of some other items,
    drawn at random, or of all; in the first epochs, where it means little, leave them out.

        loss = - sum_r w_r log sigmoid(s_r)   over ranks r = 1 .. K, with s_r the student's score
        w_r = exp(-r / decay) / sum_k exp(-k / decay) * max(0, tanh(discrepancy (rank_r - r)))
        rank_r = 1 + floor(n_items * share of the others that the student scores above s_r)

    Args:
        n_items: that are ranked in all.
        decay: over how many ranks importance falls by e, lambda in the paper.
        discrepancy: how soon a difference in ranks weighs in full, mu in the paper.
        reduction: "mean" over the rows, "sum" or "none".

    Raises:
        InputError: when n_items is below 1, or decay or discrepancy is not above 0.

    Example:
        >>> student, teacher = torch.zeros(2, 9), torch.arange(18.0).view(2, 9)
        >>> best = teacher.topk(3).indices  # the first column is the teacher's first
        >>> RankingDistillationLoss(n_items=9)(student.gather(1, best))
        tensor(0.6931)
        >>> RankingDistillationLoss(n_items=9)(student.gather(1, best), student)  # no item is above another
        tensor(0.)

    Source:
        Tang and Wang (2018), "Ranking Distillation: Learning Compact Ranking Models With High Performance for
        Recommender System", arXiv:1809.07428.
        Differs: the product of both weights is not scaled to the sum 1 again, as in the authors' code, so
        that a student who agrees with its teacher has no loss.
    """

    def __init__(
        self, n_items: int, decay: float = 1.0, discrepancy: float = 0.1, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if n_items < 1:
            raise InputError("n_items must be 1 or more", str(n_items), "count the items")
        if min(decay, discrepancy) <= 0:
            came = f"{decay} and {discrepancy}"
            raise InputError("decay and discrepancy must be above 0", came, "1 and 0.1 are usual")
        self.n_items, self.decay, self.discrepancy = n_items, decay, discrepancy
        self.reduction = check_reduction(reduction)

    def forward(
        self, prediction: Float[Tensor, "batch top"], others: Float[Tensor, "batch items"] | None = None
    ) -> Float[Tensor, "*losses"]:
        """Compare the student's scores with the teacher's ranking.

        Args:
            prediction: the student's scores of the teacher's best items, the best first.
            others: the student's scores of items drawn at random; None for importance by rank alone.
        """
        ranks = torch.arange(1, prediction.shape[1] + 1, device=prediction.device, dtype=prediction.dtype)
        weights = (-ranks / self.decay).softmax(0)
        if others is not None:
            above = (others.unsqueeze(1) > prediction.unsqueeze(2)).sum(2)  # (batch, top)
            estimated = 1 + above * self.n_items // others.shape[1]
            weights = weights * torch.tanh(self.discrepancy * (estimated - ranks)).clamp_min(0)
        losses = -(weights * F.logsigmoid(prediction)).sum(1)
        return reduce_losses(losses, self.reduction)
