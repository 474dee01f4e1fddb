"""Ghost batch normalisation: a large batch is normalised in small parts."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class GhostBatchNorm1d(nn.BatchNorm1d):
    """Batch normalisation whose mean and variance are those of small parts of the batch.

    Use it when batches are large for speed: the noise of small batches, by which networks generalise, stays.
    It has the parameters and buffers of `nn.BatchNorm1d`, and is that layer in evaluation and where the
    batch is no larger than two ghost batches.

        y = (x - m_k) / sqrt(v_k + eps) * weight + bias   for the rows of ghost batch k
        running <- (1 - momentum) * running + momentum * statistics_k   for k = 1, 2, ... in turn

    Rows are cut in their order into as many ghost batches as fit; what is left over makes some of them a row
    larger.

    Args:
        num_features: channels, the second axis.
        ghost_batch_size: rows of a ghost batch, at least.
        eps: added to the variance.
        momentum: share of each ghost batch in the running statistics; None for their plain average.
        affine: whether weight and bias are learned.
        track_running_stats: whether running statistics are kept for evaluation.

    Raises:
        ValueError: when ghost_batch_size is below 1, or there is one value per channel in training.

    Example:
        >>> GhostBatchNorm1d(3, ghost_batch_size=2)(torch.eye(6)[:, :3]).shape
        torch.Size([6, 3])

    Source:
        Hoffer, Hubara and Soudry (2017), "Train longer, generalize better: closing the generalization gap in
        large batch training of neural networks", arXiv:1705.08741.
    """

    def __init__(
        self,
        num_features: int,
        ghost_batch_size: int = 32,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)
        self.ghost_batch_size = _checked(ghost_batch_size)

    def forward(self, x: Float[Tensor, "batch channels *time"]) -> Float[Tensor, "batch channels *time"]:
        if not self.training:
            return super().forward(x)
        normalise = super().forward
        return torch.cat([normalise(part) for part in _ghosts(x, self.ghost_batch_size)])

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, ghost_batch_size={self.ghost_batch_size}"  # type: ignore[no-untyped-call]


@final
class GhostBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation of images whose mean and variance are those of small parts of the batch.

    Use it in convolutional networks as `GhostBatchNorm1d` elsewhere; formula and arguments are the same, with
    the parameters and buffers of `nn.BatchNorm2d`.

    Args:
        num_features: channels, the second axis.
        ghost_batch_size: images of a ghost batch, at least.
        eps: added to the variance.
        momentum: share of each ghost batch in the running statistics; None for their plain average.
        affine: whether weight and bias are learned.
        track_running_stats: whether running statistics are kept for evaluation.

    Raises:
        ValueError: when ghost_batch_size is below 1, or there is one value per channel in training.

    Example:
        >>> GhostBatchNorm2d(3, ghost_batch_size=2)(torch.zeros(4, 3, 5, 5)).shape
        torch.Size([4, 3, 5, 5])

    Source:
        Hoffer, Hubara and Soudry (2017), "Train longer, generalize better: closing the generalization gap in
        large batch training of neural networks", arXiv:1705.08741.
    """

    def __init__(
        self,
        num_features: int,
        ghost_batch_size: int = 32,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats)
        self.ghost_batch_size = _checked(ghost_batch_size)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        if not self.training:
            return super().forward(x)
        normalise = super().forward
        return torch.cat([normalise(part) for part in _ghosts(x, self.ghost_batch_size)])

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, ghost_batch_size={self.ghost_batch_size}"  # type: ignore[no-untyped-call]


def _checked(ghost_batch_size: int) -> int:
    if ghost_batch_size < 1:
        raise ValueError(f"ghost_batch_size must be at least 1, got {ghost_batch_size}; 32 to 128 is usual")
    return ghost_batch_size


def _ghosts(x: Tensor, size: int) -> tuple[Tensor, ...]:
    """Parts of at least that many rows, so that none is too small to have a variance."""
    return x.tensor_split(max(1, len(x) // size))
