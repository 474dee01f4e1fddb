"""The head of a network that says how much its answers may be off."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.estimators.heads import Head, RegressionHead
from netwright.training.closed_forms import Answer

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

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Mean loss, and its gradient with respect to means and logarithms of variances."""
        if outputs.ndim != 2 or target.shape[1] * 2 != outputs.shape[1]:
            return None
        mean, log_variance = self._parts(outputs)
        error, precision = mean - target, (-log_variance).exp()
        squares = error.square().mul_(precision)
        inside = outputs.chunk(2, dim=-1)[1].abs() <= LARGEST  # where it is cut, it has no gradient
        gradient = torch.cat([error.mul_(precision), (1 - squares).mul_(inside).div_(2)], -1)
        share = torch.full_like(mean[:, :1], 1 / mean.numel())
        if weight is not None:
            share.mul_(weight.to(share.dtype).unsqueeze(1))
        return (log_variance + squares).mul_(share).sum() / 2, gradient.mul_(share)

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
