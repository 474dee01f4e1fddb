"""Penalty on how much codes move when inputs do."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ContractivePenalty(nn.Module):
    """Squared size of an encoder's Jacobian at the rows of a batch, so that codes ignore small changes.

    Use it to learn codes that stay where they are unless a row changes in a way that counts for making it
    again: add it to the loss. The Jacobian is exact, whatever the layers; its cost grows with the length of
    the codes. The encoder treats rows one by one.

        penalty = strength mean over rows of ||J(x)||_F^2,   J(x) = d encoder(x) / d x

    Args:
        strength: of the penalty, 0 or more.

    Raises:
        InputError: when the strength is negative.

    Example:
        >>> encoder = nn.Linear(3, 2, bias=False)
        >>> _ = nn.init.ones_(encoder.weight)
        >>> ContractivePenalty(0.5)(encoder, torch.zeros(4, 3)).item()  # six ones
        3.0

    Source:
        Rifai, Vincent, Muller, Glorot and Bengio (2011), "Contractive Auto-Encoders: Explicit Invariance
        During Feature Extraction", ICML.
    """

    def __init__(self, strength: float = 0.1) -> None:
        super().__init__()
        if not strength >= 0:
            raise InputError("strength must be 0 or more", repr(strength), "0.1 is usual")
        self.strength = strength

    def forward(self, encoder: nn.Module, x: Float[Tensor, "batch *sample"]) -> Float[Tensor, ""]:
        def codes(rows: Tensor) -> Tensor:
            total: Tensor = encoder(rows).sum(0)  # rows do not touch each other, so one pass serves them all
            return total

        jacobians: Tensor = torch.func.jacrev(codes)(x)  # (code, batch, *sample)
        return self.strength * jacobians.square().sum() / len(x)
