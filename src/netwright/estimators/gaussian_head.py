"""The head of a network that says how much its answers may be off."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.estimators.heads import Head, RegressionHead

LARGEST = 12.0
"""Logarithms of variances beyond this, in either direction, are cut, so that no step is endless."""


@final
@dataclass(frozen=True)
class GaussianHead(Head):
    """One or several numbers, each with a variance of its own: the network learns where noise is large.

    Outputs are the standardised means, then the logarithms of the variances.

        loss = 1/2 (log v + (y - m)^2 / v)

    Args:
        means: of each target over the training rows.
        scales: standard deviation of each target over the training rows; 1 where it is constant.

    Example:
        >>> head = GaussianHead(means=(10.0,), scales=(2.0,))
        >>> outputs = torch.tensor([[1.0, 0.0]])
        >>> head.activate(outputs), head.variance(outputs)
        (tensor([[12.]]), tensor([[4.]]))
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]

    @classmethod
    def of(cls, target: Tensor) -> "GaussianHead":
        """Return the head for targets, (rows, targets), by their means and standard deviations.

        Args:
            target: training rows alone.
        """
        plain = RegressionHead.of(target)
        return cls(plain.means, plain.scales)

    @property
    def n_outputs(self) -> int:
        """A mean and a variance for each target."""
        return 2 * len(self.means)

    def encode(self, target: Tensor) -> Tensor:
        """Turn targets, (rows, targets) in float64, into standardised ones in float32."""
        return RegressionHead(self.means, self.scales).encode(target)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Mean over the targets of the negative log likelihood, but for a constant."""
        mean, log_variance = self._parts(outputs)
        return (log_variance + (target - mean).square() * (-log_variance).exp()).mean(-1) / 2

    def combine(self, outputs: Tensor) -> Tensor:
        """The mean and the variance of the mixture of all members."""
        mean, log_variance = self._parts(outputs)
        middle = mean.mean(1)
        variance = log_variance.exp().mean(1) + (mean - middle.unsqueeze(1)).square().mean(1)
        return torch.cat([middle, variance.log()], -1)

    def activate(self, outputs: Tensor) -> Tensor:
        """Means in the targets' own units, (rows, targets)."""
        return RegressionHead(self.means, self.scales).activate(self._parts(outputs)[0])

    def variance(self, outputs: Tensor) -> Tensor:
        """Variances in the targets' own units, (rows, targets).

        Args:
            outputs: (rows, outputs).
        """
        squares = outputs.new_tensor([scale**2 for scale in self.scales])
        return self._parts(outputs)[1].exp() * squares

    def _parts(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = outputs.chunk(2, dim=-1)
        return mean, log_variance.clamp(-LARGEST, LARGEST)

