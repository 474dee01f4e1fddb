"""Triplet losses: an anchor lies nearer to its own kind than to others, by a margin."""

from abc import ABC, abstractmethod
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError

TripletMarginLoss = nn.TripletMarginLoss
"""How far a given positive is from lying nearer to its anchor than a given negative, by a margin.

Use it where the triplets themselves are the data. Where rows have labels, `BatchHardTripletLoss` and its
neighbours find triplets that teach something in each batch.

    loss = max(0, |anchor - positive| - |anchor - negative| + margin)

Args:
    margin: by how much nearer the positive must be.
    p: which norm is the distance.
    eps: added to differences, so that distance 0 has a gradient.
    swap: whether the positive's distance to the negative counts where it is the smaller one.
    reduction: "mean", "sum" or "none".

Example:
    >>> TripletMarginLoss()(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(2, 3))
    tensor(1.)

Source:
    Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
    Clustering", arXiv:1503.03832.
"""


class TripletMining(nn.Module, ABC):
    """Finds triplets in a batch of embeddings with labels.

    Args:
        margin: by how much nearer a positive must be; None for the soft margin, log(1 + exp(difference)).
        squared: whether distances are squared.

    Raises:
        InputError: when the margin is negative.

    Example:
        >>> issubclass(BatchHardTripletLoss, TripletMining)
        True
    """

    def __init__(self, margin: float | None = 0.2, squared: bool = False) -> None:
        super().__init__()
        if margin is not None and margin < 0:
            raise InputError("margin must be 0 or more", str(margin), "or None for the soft margin")
        self.margin, self.squared = margin, squared

    def forward(
        self, embeddings: Float[Tensor, "batch features"], labels: Int[Tensor, "batch"]
    ) -> Float[Tensor, ""]:
        distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
        distances = distances.square() if self.squared else distances
        same = labels.unsqueeze(1) == labels
        itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        return self._loss(distances, same & ~itself, ~same)

    @abstractmethod
    def _loss(self, distances: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss; the first axis is that of anchors, the second says where others are."""

    def _hinge(self, gaps: Tensor, valid: Tensor) -> Tensor:
        losses = F.softplus(gaps) if self.margin is None else F.relu(gaps + self.margin)
        return torch.where(valid, losses, 0.0)


@final
class BatchAllTripletLoss(TripletMining):
    """Triplet loss over all triplets of a batch.

    Use it for small batches, or to begin with: it is steadier than `BatchHardTripletLoss`, but many triplets
    are easy. Batches need several rows of each of several labels.

        loss = mean of max(0, d(a, p) - d(a, n) + margin) over triplets a, p of one label, n of another

    Args:
        margin: by how much nearer a positive must be; None for the soft margin, log(1 + exp(difference)).
        squared: whether distances are squared.
        active_only: whether triplets that cost nothing are left out of the mean.

    Raises:
        InputError: when the margin is negative.

    Example:
        >>> import torch
        >>> embeddings = torch.tensor([[0.0], [1.0], [1.5]])
        >>> BatchAllTripletLoss(margin=1.0)(embeddings, torch.tensor([0, 0, 1]))
        tensor(1.)

    Source:
        Hermans, Beyer and Leibe (2017), "In Defense of the Triplet Loss for Person Re-Identification",
        arXiv:1703.07737; after Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for
        Face Recognition and Clustering", arXiv:1503.03832.
    """

    def __init__(self, margin: float | None = 0.2, squared: bool = False, active_only: bool = True) -> None:
        super().__init__(margin, squared)
        self.active_only = active_only

    def _loss(self, distances: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        valid = positive.unsqueeze(2) & negative.unsqueeze(1)  # (anchor, positive, negative)
        losses = self._hinge(distances.unsqueeze(2) - distances.unsqueeze(1), valid)
        counted = losses > 0 if self.active_only else valid
        return losses.sum() / counted.sum().clamp_min(1)


@final
class BatchHardTripletLoss(TripletMining):
    """Triplet loss of each row with its farthest positive and its nearest negative in the batch.

    Use it to learn embeddings from labelled rows: search by likeness, recognition of people or things seen
    once. Batches need several rows of each of several labels. Where labels are often wrong, or training
    collapses to one point in the beginning, take `SemiHardTripletLoss`.

        loss = mean over a of max(0, max_p d(a, p) - min_n d(a, n) + margin)

    Args:
        margin: by how much nearer a positive must be; None for the soft margin, log(1 + exp(difference)).
        squared: whether distances are squared.

    Raises:
        InputError: when the margin is negative.

    Example:
        >>> import torch
        >>> embeddings = torch.tensor([[0.0], [1.0], [1.5], [3.0]])
        >>> BatchHardTripletLoss(margin=1.0)(embeddings, torch.tensor([0, 0, 1, 1]))
        tensor(1.1250)

    Source:
        Hermans, Beyer and Leibe (2017), "In Defense of the Triplet Loss for Person Re-Identification",
        arXiv:1703.07737.
    """

    def _loss(self, distances: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        valid = positive.any(1) & negative.any(1)
        farthest = torch.where(positive, distances, 0.0).amax(1)
        nearest = torch.where(negative, distances, torch.inf).amin(1)
        losses = self._hinge(farthest - torch.where(valid, nearest, 0.0), valid)
        return losses.sum() / valid.sum().clamp_min(1)


@final
class SemiHardTripletLoss(TripletMining):
    """Triplet loss of each pair with the nearest negative that lies beyond its positive.

    Use it as `BatchHardTripletLoss` where that one is thrown off by wrong labels or outliers. Embeddings of
    length 1 and squared distances are usual. A pair whose negatives are all nearer than its positive takes
    the farthest of them.

        loss = mean over a, p of max(0, d(a, p) - d(a, n) + margin)   with n = argmin d(a, n) > d(a, p)

    Args:
        margin: by how much nearer a positive must be; None for the soft margin, log(1 + exp(difference)).
        squared: whether distances are squared.

    Raises:
        InputError: when the margin is negative.

    Example:
        >>> import torch
        >>> embeddings = torch.tensor([[0.0], [1.0], [1.5], [3.0]])
        >>> SemiHardTripletLoss(margin=1.0)(embeddings, torch.tensor([0, 0, 1, 1]))
        tensor(0.2500)

    Source:
        Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
        Clustering", arXiv:1503.03832.
    """

    def __init__(self, margin: float | None = 0.2, squared: bool = True) -> None:
        super().__init__(margin, squared)

    def _loss(self, distances: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        ordered = torch.where(negative, distances, torch.inf).sort(dim=1).values
        beyond = torch.searchsorted(ordered.detach(), distances.detach(), right=True)
        last = (negative.sum(1, keepdim=True) - 1).clamp_min(0)
        chosen = ordered.gather(1, torch.minimum(beyond, last))
        return self._hinge(distances - chosen, positive).sum() / positive.sum().clamp_min(1)
