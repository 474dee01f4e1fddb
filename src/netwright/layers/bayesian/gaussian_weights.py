"""Weights that are Gaussian: their means, their spreads, and how far they are from the prior."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError

TINY = 1e-12
"""Added to variances, whose root would have no gradient at 0."""


class GaussianWeights(nn.Module):
    """What layers with Gaussian weights share.

    A subclass gives `answer(x, weight, bias)`, which must be linear in both. Noise is drawn for the answers
    instead of the weights, for each row and place by itself, which has the same distribution there and far
    less variance in its gradient.

    Args:
        weight: initial means.
        bias: initial means, or None.
        prior_scale: standard deviation of each weight before any data is seen.
        initial_scale: standard deviation of each weight at first, as a share of the prior's.

    Attributes:
        sampling: whether noise is drawn in evaluation mode, too, where otherwise the means answer.

    Raises:
        InputError: when a scale is not above 0.

    Example:
        >>> class Scaled(GaussianWeights):
        ...     def answer(self, x, weight, bias):
        ...         return x * weight
        >>> layer = Scaled(torch.ones(3), None).eval()
        >>> layer(torch.ones(2, 3)).shape
        torch.Size([2, 3])
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        prior_scale: float = 1.0,
        initial_scale: float = 0.05,
    ) -> None:
        super().__init__()
        if not (prior_scale > 0 and initial_scale > 0):
            came = f"{prior_scale} and {initial_scale}"
            raise InputError("prior_scale and initial_scale must be above 0", came, "1.0 and 0.05 are usual")
        self.prior_scale, self.sampling = prior_scale, False
        start = math.log(math.expm1(prior_scale * initial_scale))
        self.weight = nn.Parameter(weight.detach().clone())
        self.weight_rho = nn.Parameter(torch.full_like(weight, start))
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone())
        self.bias_rho = None if bias is None else nn.Parameter(torch.full_like(bias, start))

    def answer(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the layer gives with these weights.

        Args:
            x: input.
            weight: of the layer's shape.
            bias: of the layer's shape, or None.
        """
        raise NotImplementedError

    def scales(self) -> list[Tensor]:
        """Return the standard deviations of the weights, and of the biases where there are any."""
        return [F.softplus(rho) for rho in (self.weight_rho, self.bias_rho) if rho is not None]

    def divergence(self) -> Tensor:
        """Return the Kullback-Leibler divergence of the weights' distribution from the prior, in nats."""
        means = [mean for mean in (self.weight, self.bias) if mean is not None]
        parts = [
            (
                (self.prior_scale / scale).log()
                + (scale.square() + mean.square()) / (2 * self.prior_scale**2)
                - 0.5
            ).sum()
            for mean, scale in zip(means, self.scales(), strict=True)
        ]
        return torch.stack(parts).sum()

    def forward(self, x: Tensor) -> Tensor:
        mean = self.answer(x, self.weight, self.bias)
        if not (self.training or self.sampling):
            return mean
        weight, *bias = (scale.square() for scale in self.scales())
        variance = self.answer(x.square(), weight, bias[0] if bias else None)
        return mean + (variance + TINY).sqrt() * torch.randn_like(mean)


def divergence(network: nn.Module) -> Tensor:
    """Return the Kullback-Leibler divergence of all Gaussian weights of a network from their prior, in nats.

    Use it in a loss of your own: the mean loss of a row, a negative log likelihood, plus the divergence over
    the number of training rows.

        KL = sum log(p / s) + (s^2 + m^2) / (2 p^2) - 1/2

    Args:
        network: any module.

    Raises:
        InputError: when none of its weights is Gaussian.

    Example:
        >>> layer = GaussianWeights(torch.zeros(3), None, prior_scale=1.0, initial_scale=1.0)
        >>> abs(divergence(layer).item()) < 1e-6
        True

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424.
    """
    found = [module.divergence() for module in network.modules() if isinstance(module, GaussianWeights)]
    if not found:
        raise InputError(
            "the network must have Gaussian weights", type(network).__name__, "use make_bayesian"
        )
    return torch.stack(found).sum()
