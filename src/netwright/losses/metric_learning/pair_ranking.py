"""Ranking losses of pairs: each text must find its partner among all of the batch."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.losses.reduction import check_reduction, reduce_losses


@final
class MultipleNegativesRankingLoss(nn.Module):
    """Cross-entropy of finding one's partner, by cosine, among the partners of the whole batch.

    Use it to learn from pairs that belong together (question and answer, title and text, two sentences that
    say the same) where nobody has written down what does not belong together: the other pairs of the batch
    stand in for it, so large batches teach more. Negatives of one's own are further candidates.

        loss_i = - log exp(scale cos(a_i, p_i)) / sum over the candidates c of exp(scale cos(a_i, c))

    Args:
        scale: of the cosines; 1 / temperature.
        reduction: "mean" over the anchors, "sum" or "none".

    Example:
        >>> anchors, positives = torch.eye(3), torch.eye(3)
        >>> MultipleNegativesRankingLoss(scale=1.0)(anchors, positives)
        tensor(0.5514)

    Source:
        Henderson et al. (2017), "Efficient Natural Language Response Suggestion for Smart Reply",
        arXiv:1705.00652; with the cosine and its scale as in Reimers and Gurevych (2019), "Sentence-BERT:
        Sentence Embeddings using Siamese BERT-Networks", arXiv:1908.10084, and its code.
    """

    def __init__(self, scale: float = 20.0, reduction: str = "mean") -> None:
        super().__init__()
        self.scale, self.reduction = scale, check_reduction(reduction)

    def forward(
        self,
        anchors: Float[Tensor, "batch features"],
        positives: Float[Tensor, "batch features"],
        negatives: Float[Tensor, "others features"] | None = None,
    ) -> Float[Tensor, "*losses"]:
        candidates = positives if negatives is None else torch.cat([positives, negatives])
        scores = self.scale * _cosines(anchors, candidates)
        losses = F.cross_entropy(scores, torch.arange(len(anchors), device=scores.device), reduction="none")
        return reduce_losses(losses, self.reduction)


@final
class AdditiveMarginRankingLoss(nn.Module):
    """Ranking in both directions, where the right partner must win by a margin.

    Use it for translations: a sentence finds its translation among those of the batch, and the translation
    finds the sentence, so that both languages share one space. The margin keeps near misses away from what is
    a translation.

        s_ij = scale (cos(x_i, y_j) - margin [i = j])
        loss_i = - log softmax_j(s_ij)_i - log softmax_j(s_ji)_i

    Differs: cosines are scaled, without which a softmax over many of them stays flat; `scale=1` is the
    paper's formula.

    Args:
        margin: by how much the right cosine is lowered.
        scale: of the cosines.
        reduction: "mean" over the pairs, "sum" or "none".

    Example:
        >>> AdditiveMarginRankingLoss(margin=0.0, scale=1.0)(torch.eye(3), torch.eye(3))
        tensor(1.1029)

    Source:
        Yang et al. (2019), "Improving Multilingual Sentence Embedding using Bi-directional Dual Encoder with
        Additive Margin Softmax", arXiv:1902.08564.
    """

    def __init__(self, margin: float = 0.3, scale: float = 20.0, reduction: str = "mean") -> None:
        super().__init__()
        self.margin, self.scale, self.reduction = margin, scale, check_reduction(reduction)

    def forward(
        self, first: Float[Tensor, "batch features"], second: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "*losses"]:
        partner = torch.eye(len(first), dtype=first.dtype, device=first.device)
        scores = self.scale * (_cosines(first, second) - self.margin * partner)
        right = scores.diagonal()
        losses = (scores.logsumexp(1) - right) + (scores.logsumexp(0) - right)
        return reduce_losses(losses, self.reduction)


def _cosines(first: Tensor, second: Tensor) -> Tensor:
    return F.normalize(first, dim=1) @ F.normalize(second, dim=1).T
