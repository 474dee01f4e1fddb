"""Distance from the centre of a sphere into which a network maps what is usual."""

from typing import final

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn

from netwright.core.errors import InputError

NEAR_ZERO = 0.1
"""Coordinates of the centre keep this distance from 0, where a network without biases could send all rows."""


@final
class Hypersphere(nn.Module):
    """Squared distance of a row's code from a fixed centre.

    Use it to learn what is usual from usual rows alone. So that it cannot send every row to the centre, the
    encoder must have no biases, and no activation that is bounded; `fit_centre` keeps the centre off the
    origin.

        d(x) = |phi(x) - c|^2,   c = mean of phi(x) before training

    Args:
        encoder: phi, from a row to its code.
        width: numbers of a code.
        front: what makes a row of numbers that compare; None for nothing. It learns nothing.

    Raises:
        InputError: when the encoder has a bias, or a bounded activation.

    Example:
        >>> sphere = Hypersphere(nn.Linear(6, 2, bias=False), 2)
        >>> sphere.fit_centre(torch.randn(20, 6))
        >>> sphere(torch.zeros(5, 6)).shape
        torch.Size([5, 1])

    Source:
        Ruff et al. (2018), "Deep One-Class Classification", ICML, PMLR 80.
    """

    centre: Tensor
    radius: Tensor
    steps: Tensor

    def __init__(self, encoder: nn.Module, width: int, front: nn.Module | None = None) -> None:
        super().__init__()
        self.front = front or nn.Identity()
        self.encoder = _unable_to_collapse(encoder)
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("radius", torch.tensor(0.0))
        self.register_buffer("steps", torch.tensor(0))

    def forward(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch 1"]:
        codes: Tensor = self.encoder(self.front(x))
        return (codes - self.centre).square().sum(1, keepdim=True)

    def fit_centre(self, x: Num[Tensor, "batch *sample"]) -> None:
        """Put the centre where the mean of the codes is now, but not near 0 in any direction.

        Args:
            x: rows.
        """
        with torch.no_grad():
            mean = torch.cat([self.encoder(self.front(part)) for part in x.split(1024)]).mean(0)  # type: ignore[no-untyped-call]
            away = torch.where(mean < 0, -NEAR_ZERO, NEAR_ZERO).to(mean.dtype)
            self.centre.copy_(torch.where(mean.abs() < NEAR_ZERO, away, mean))


def _unable_to_collapse(encoder: nn.Module) -> nn.Module:
    biased = [name for name, _ in encoder.named_parameters() if name.rpartition(".")[2] == "bias"]
    bounded = (nn.Sigmoid, nn.Tanh, nn.Softsign, nn.Hardtanh, nn.Hardsigmoid, nn.ReLU6, nn.Softmax)
    held = [type(module).__name__ for module in encoder.modules() if isinstance(module, bounded)]
    if biased or held:
        raise InputError(
            "the encoder must have no bias and no bounded activation",
            (biased + held)[0],
            "take layers with bias=False and nn.LeakyReLU: otherwise all rows can end in the centre",
        )
    return encoder
