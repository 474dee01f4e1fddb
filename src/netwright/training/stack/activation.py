"""Activations by hand: torch's own kernels, written in place wherever what they need is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from netwright.training.stack.step import Site, Step

ATEN = torch.ops.aten
FROM_OUTPUT = True
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@dataclass(frozen=True)
class Bend:
    """How one activation is computed and differentiated.

    Args:
        forward: (input, where the output goes), which are the same tensor when `by_output`.
        backward: (gradient, what was kept, where the input's gradient goes).
        by_output: whether the derivative is a function of the output; else the input is kept.
    """

    forward: Callable[[Tensor, Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]
    by_output: bool = True


def bend_of(module: nn.Module) -> Bend | None:
    """Return how an activation is computed, or None for a module that is not known.

    Args:
        module: any module.

    Example:
        >>> bend_of(nn.ReLU()) is None, bend_of(nn.PReLU()) is None
        (False, True)
    """
    make = BENDS.get(type(module))
    return None if make is None else make(module)


def _relu(_: nn.Module) -> Bend:
    back = ATEN.threshold_backward.grad_input
    return Bend(lambda x, _: torch.relu_(x), lambda g, y, out: back(g, y, 0, grad_input=out))


def _leaky_relu(module: Any) -> Bend | None:
    slope, back = module.negative_slope, ATEN.leaky_relu_backward.grad_input
    if slope <= 0:  # the output's sign no longer tells the input's
        return None
    bend = torch.nn.functional.leaky_relu_
    return Bend(lambda x, _: bend(x, slope), lambda g, y, out: back(g, y, slope, FROM_OUTPUT, grad_input=out))


def _tanh(_: nn.Module) -> Bend:
    back = ATEN.tanh_backward.grad_input
    return Bend(lambda x, _: torch.tanh_(x), lambda g, y, out: back(g, y, grad_input=out))


def _sigmoid(_: nn.Module) -> Bend:
    back = ATEN.sigmoid_backward.grad_input
    return Bend(lambda x, _: torch.sigmoid_(x), lambda g, y, out: back(g, y, grad_input=out))


def _exponential(alpha: float, scale: float, input_scale: float) -> Bend | None:
    bend, back = ATEN.elu_.default, ATEN.elu_backward.grad_input
    if alpha <= 0:  # as with a leaky rectifier that leaks nothing
        return None
    return Bend(
        lambda x, _: bend(x, alpha, scale, input_scale),
        lambda g, y, out: back(g, alpha, scale, input_scale, FROM_OUTPUT, y, grad_input=out),
    )


def _hardtanh(module: Any) -> Bend:
    low, high, back = module.min_val, module.max_val, ATEN.hardtanh_backward.grad_input
    bend = torch.nn.functional.hardtanh_
    return Bend(lambda x, _: bend(x, low, high), lambda g, y, out: back(g, y, low, high, grad_input=out))


def _gelu(module: Any) -> Bend:
    form, bend, back = module.approximate, ATEN.gelu.out, ATEN.gelu_backward.grad_input
    return Bend(
        lambda x, out: bend(x, approximate=form, out=out),
        lambda g, x, out: back(g, x, approximate=form, grad_input=out),
        by_output=False,
    )


def _softplus(module: Any) -> Bend:
    beta, threshold = module.beta, module.threshold
    bend, back = ATEN.softplus.out, ATEN.softplus_backward.grad_input
    return Bend(
        lambda x, out: bend(x, beta, threshold, out=out),
        lambda g, x, out: back(g, x, beta, threshold, grad_input=out),
        by_output=False,
    )


def _silu(_: nn.Module) -> Bend:
    bend, back = ATEN.silu.out, ATEN.silu_backward.grad_input
    return Bend(
        lambda x, out: bend(x, out=out), lambda g, x, out: back(g, x, grad_input=out), by_output=False
    )


def _hardsigmoid(_: nn.Module) -> Bend:
    bend, back = ATEN.hardsigmoid.out, ATEN.hardsigmoid_backward.grad_input
    return Bend(
        lambda x, out: bend(x, out=out), lambda g, x, out: back(g, x, grad_input=out), by_output=False
    )


def _hardswish(_: nn.Module) -> Bend:
    bend, back = ATEN.hardswish.out, ATEN.hardswish_backward.default
    return Bend(lambda x, out: bend(x, out=out), lambda g, x, _: back(g, x), by_output=False)


def _mish(_: nn.Module) -> Bend:
    bend, back = ATEN.mish.out, ATEN.mish_backward.default
    return Bend(lambda x, out: bend(x, out=out), lambda g, x, _: back(g, x), by_output=False)


BENDS: dict[type[nn.Module], Callable[[Any], Bend | None]] = {
    nn.ReLU: _relu,
    nn.LeakyReLU: _leaky_relu,
    nn.Tanh: _tanh,
    nn.Sigmoid: _sigmoid,
    nn.ELU: lambda module: _exponential(module.alpha, 1.0, 1.0),
    nn.SELU: lambda _: _exponential(SELU_ALPHA, SELU_SCALE, 1.0),
    nn.CELU: lambda module: _exponential(module.alpha, 1.0, 1.0 / module.alpha),
    nn.Hardtanh: _hardtanh,
    nn.ReLU6: _hardtanh,
    nn.GELU: _gelu,
    nn.SiLU: _silu,
    nn.Softplus: _softplus,
    nn.Hardsigmoid: _hardsigmoid,
    nn.Hardswish: _hardswish,
    nn.Mish: _mish,
}


@final
class OutputBend(Step):
    """An activation whose derivative is a function of its output: written over its input.

    Args:
        bend: how it is computed.
        site: where it stands.
    """

    keeps_output: ClassVar[bool] = True
    y: Tensor

    def __init__(self, bend: Bend, site: Site) -> None:
        self._forward, self._backward = bend.forward, bend.backward
        self.out = None if site.free else site.arena.take(site.width)
        self.below = site.arena.take(site.width) if site.last else None

    def forward(self, x: Tensor) -> Tensor:
        self.y = x if self.out is None else self.out.copy_(x)
        return self._forward(self.y, self.y)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        return self._backward(gradient, self.y, gradient if self.below is None else self.below)


@final
class InputBend(Step):
    """An activation whose derivative is a function of its input: the input is kept.

    Args:
        bend: how it is computed.
        site: where it stands.
    """

    x: Tensor

    def __init__(self, bend: Bend, site: Site) -> None:
        self._forward, self._backward = bend.forward, bend.backward
        self.out = site.arena.take(site.width)
        self.below = site.arena.take(site.width) if site.last else None

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        return self._forward(x, self.out)

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        return self._backward(gradient, self.x, gradient if self.below is None else self.below)
