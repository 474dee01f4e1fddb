"""Layers of members side by side, by hand.

Between these steps a buffer of (rows, members * features) holds the numbers member after member: the steps in
between treat each number by itself, and do not care.
"""

from typing import final

import torch
from torch import Tensor

from netwright.layers.ensemble.side_by_side import MemberLinear, MemberOutputs
from netwright.training.stack.step import Site, Step


@final
class MemberLinearStep(Step):
    """The matrix products of all members, one call forward and two backward.

        y_k = x_k W_k + b_k,   dL/dW_k = x_k' g_k,   dL/db_k = 1' g_k,   dL/dx_k = g_k W_k'

    Args:
        layer: the layer.
        site: where it stands.
    """

    x: Tensor

    def __init__(self, layer: MemberLinear, site: Site) -> None:
        self.weight, self.weight_gradient = site.values(layer.weight)
        self.bias, self.bias_gradient = site.optional(layer.bias)
        self.transposed = self.weight.transpose(1, 2)
        self.shared, rows = layer.shared, site.arena.rows
        members, n_inputs, n_outputs = layer.weight.shape
        self.shape_in, self.shape_out = (members, rows, n_inputs), (members, rows, n_outputs)
        self.flat = site.arena.take(members * n_outputs)
        self.out = self.flat.view(self.shape_out)
        self.flat_below = None if site.first else site.arena.take(members * n_inputs)

    def forward(self, x: Tensor) -> Tensor:
        self.x = x.expand(self.shape_in) if self.shared else x.view(self.shape_in)
        if self.bias is None:
            torch.bmm(self.x, self.weight, out=self.out)
        else:
            torch.baddbmm(self.bias, self.x, self.weight, out=self.out)
        return self.flat

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        across = gradient.view(self.shape_out)
        self.weight_gradient.baddbmm_(self.x.transpose(1, 2), across, beta=1 if add else 0)
        if self.bias_gradient is not None:
            if add:
                self.bias_gradient.add_(across.sum(1, keepdim=True))
            else:
                torch.sum(across, 1, keepdim=True, out=self.bias_gradient)
        if self.flat_below is None:
            return gradient
        torch.bmm(across, self.transposed, out=self.flat_below.view(self.shape_in))
        return self.flat_below


@final
class MemberOutputsStep(Step):
    """Lays what members gave row by row, and makes their gradients whole.

        y_rk = x_kr,   dL/dx_kr = members * g_rk

    Args:
        layer: the layer.
        site: where it stands.
    """

    keeps_output = True

    def __init__(self, layer: MemberOutputs, site: Site) -> None:
        self.n_members = layer.n_members
        self.shape = (self.n_members, site.arena.rows, site.width // self.n_members)
        self.flat = site.arena.take(site.width)
        self.below = self.flat.view(self.shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.view(self.shape).transpose(0, 1)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        torch.mul(gradient.transpose(0, 1), self.n_members, out=self.below)
        return self.flat
