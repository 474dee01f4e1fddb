"""Dropout by hand: masks from few random bits, kept for the backward pass."""

from typing import final

import torch
from torch import Tensor, nn

from netwright.training.stack.step import Site, Step

LEVELS = 2**16
ALPHA = -1.7580993408473766
"""What a unit of a self-normalising network tends to: minus scale times alpha of SELU."""


class Coins:
    """Draws which units stay, each by 16 random bits, four units for one draw of torch's generator.

    torch's own `bernoulli_` costs about ten times as much.

    Args:
        dropped: share of the units to drop; the share that is dropped on average is within 1e-5 of it.
        site: where the dropout stands.
    """

    def __init__(self, dropped: float, site: Site) -> None:
        rows, width = site.arena.rows, site.width
        kept = round((1 - dropped) * LEVELS)
        self.kept = kept / LEVELS
        self._bits = torch.empty((rows * width + 3) // 4, dtype=torch.int64)
        self._draws = self._bits.view(torch.int16)[: rows * width].view(rows, width)
        self._bound = kept - LEVELS // 2

    def toss(self, mask: Tensor) -> Tensor:
        """Fill the mask with 1 for units that stay and 0 for those that are dropped."""
        self._bits.random_(-(2**63), None)
        return torch.lt(self._draws, self._bound, out=mask)


@final
class DropoutStep(Step):
    """Sets units to zero at random, and scales the others so that their mean stays.

        y = m * x / q,   dL/dx = m * g / q,   q = the share that is really kept on average

    Args:
        layer: the layer.
        site: where it stands.

    Source:
        Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
        JMLR 15.
    """

    def __init__(self, layer: nn.Dropout, site: Site) -> None:
        self.coins = Coins(layer.p, site)
        self.scale = 1 / self.coins.kept if self.coins.kept else 0.0
        self.mask = site.arena.take(site.width)
        self.out = None if site.free else site.arena.take(site.width)
        self.below = site.arena.take(site.width) if site.last else None

    def forward(self, x: Tensor) -> Tensor:
        mask = self.coins.toss(self.mask).mul_(self.scale)
        return torch.mul(x, mask, out=x if self.out is None else self.out)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        return torch.mul(gradient, self.mask, out=gradient if self.below is None else self.below)


@final
class AlphaDropoutStep(Step):
    """Sets units to what SELU tends to, and keeps mean and variance by an affine map.

        y = a (m * x + (1 - m) * alpha') + b,   dL/dx = a * m * g
        a = (q (1 + (1 - q) alpha'^2))^(-1/2),   b = -a (1 - q) alpha'

    Args:
        layer: the layer.
        site: where it stands.

    Source:
        Klambauer et al. (2017), "Self-Normalizing Neural Networks", arXiv:1706.02515.
    """

    def __init__(self, layer: nn.AlphaDropout, site: Site) -> None:
        self.coins = Coins(layer.p, site)
        q = self.coins.kept
        self.a = (q * (1 + (1 - q) * ALPHA**2)) ** -0.5 if q else 0.0
        self.b = -self.a * (1 - q) * ALPHA
        self.mask, self.out = site.arena.take(site.width), site.arena.take(site.width)
        self.below = site.arena.take(site.width) if site.last else None

    def forward(self, x: Tensor) -> Tensor:
        mask = self.coins.toss(self.mask).mul_(self.a)
        lift = self.a * ALPHA
        # a m x + (a - a m) alpha' + b, where the mask holds a m
        return torch.sub(x, ALPHA, out=self.out).mul_(mask).add_(lift + self.b)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        return torch.mul(gradient, self.mask, out=gradient if self.below is None else self.below)
