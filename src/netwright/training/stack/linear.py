"""Linear layers by hand."""

from typing import final

import torch
from torch import Tensor, nn

from netwright.training.stack.step import Site, Step


@final
class LinearStep(Step):
    """A matrix product forward, two backward.

        y = x W' + b,   dL/dW = g' x,   dL/db = g' 1,   dL/dx = g W

    Args:
        layer: the layer.
        site: where it stands.

    Example:
        >>> from netwright.training.stack import Stack
        >>> Stack.of(nn.Sequential(nn.Linear(2, 1))) is not None
        True

    Source:
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors",
        doi:10.1038/323533a0.
    """

    x: Tensor

    def __init__(self, layer: nn.Linear, site: Site) -> None:
        self.weight, self.weight_gradient = site.values(layer.weight)
        self.bias, self.bias_gradient = site.optional(layer.bias)
        self.transposed = self.weight.t()
        self.out = site.arena.take(layer.out_features)
        self.ones = self.weight.new_ones(site.arena.rows)
        self.below = None if site.first else site.arena.take(layer.in_features)

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        if self.bias is None:
            return torch.mm(x, self.transposed, out=self.out)
        return torch.addmm(self.bias, x, self.transposed, out=self.out)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        beta = 1 if add else 0
        across = gradient.t()
        self.weight_gradient.addmm_(across, self.x, beta=beta)
        if self.bias_gradient is not None:
            self.bias_gradient.addmv_(across, self.ones, beta=beta)
        if self.below is None:
            return gradient
        return torch.mm(gradient, self.weight, out=self.below)
