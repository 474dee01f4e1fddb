"""Penalty on how often hidden units are on, as a divergence from the activity that is wanted."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class SparseActivityPenalty(nn.Module):
    """Kullback-Leibler divergence between the activity that units should have and the one they have.

    Use it on units from 0 to 1 (behind a sigmoid) of which each should be on for few rows only, as in sparse
    autoencoders: add it to the loss. Batches of some dozens of rows or more estimate the mean activity.

        penalty = strength sum_j KL(rho || m_j),   m_j = mean over the batch of h_j
        KL(r || m) = r log(r / m) + (1 - r) log((1 - r) / (1 - m))

    Args:
        target: rho, the mean activity that is wanted, between 0 and 1.
        strength: of the penalty, 0 or more.

    Raises:
        InputError: when target or strength is out of bounds.

    Example:
        >>> SparseActivityPenalty(0.05)(torch.full((8, 3), 0.05)).abs().item() < 1e-6
        True

    Source:
        Ng (2011), "CS294A Lecture notes: Sparse autoencoder", Stanford University.
    """

    def __init__(self, target: float = 0.05, strength: float = 1.0) -> None:
        super().__init__()
        if not 0 < target < 1:
            raise InputError("target must be between 0 and 1", repr(target), "0.05 is usual")
        if not strength >= 0:
            raise InputError("strength must be 0 or more", repr(strength), "1 is usual")
        self.target, self.strength = target, strength

    def forward(self, activity: Float[Tensor, "batch features"]) -> Float[Tensor, ""]:
        tiny = torch.finfo(activity.dtype).eps
        mean = activity.mean(0).clamp(tiny, 1 - tiny)
        wanted = torch.full_like(mean, self.target)
        on = wanted * (wanted / mean).log()
        off = (1 - wanted) * ((1 - wanted) / (1 - mean)).log()
        return self.strength * (on + off).sum()
