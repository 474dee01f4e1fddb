"""A plain stack of layers whose training step is written by hand."""

from collections.abc import Sequence
from typing import Any, Self, final

import torch
from torch import Tensor, nn

from netwright.training.stack.layers import flattens, make_step, widths
from netwright.training.stack.reading import read
from netwright.training.stack.step import Arena, Site, Step

PLANS = 16
"""Numbers of rows whose steps are kept; each needs little beside the common buffers."""

Plan = tuple[list[Step], list[Any], list[Any]]
"""The steps for one number of rows; their forward passes in order, and the backward ones that are needed."""


@final
class Stack:
    """A network of linear layers, activations, dropout and normalisation, trained without autograd.

    Use it where a network is small and its steps are many: no graph is recorded, nothing is allocated in a
    step, and all parameters lie in one vector with one gradient, which an optimizer moves in one call.
    `Training` does so by itself wherever it can. The gradients are autograd's; only the random numbers of
    dropout are drawn in another way.

    While the stack lives, each parameter of the network is a view of `flat` and its `.grad` one of
    `flat.grad`: change them in place, never replace them (`zero_grad` does). `release` ends that.

    Args:
        network: what was read.
        layers: its layers in order.

    Attributes:
        flat: all parameters in the network's order, with their gradient.
        parameters: those of the network, in the same order.
        steps: what did the last forward pass, in order.

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
        >>> stack = Stack.of(network)
        >>> optimizer = torch.optim.AdamW([stack.flat], fused=True)
        >>> outputs = stack.forward(torch.ones(8, 3))
        >>> stack.backward(torch.ones_like(outputs))
        >>> optimizer.step()
        >>> torch.equal(network[0].weight.grad.flatten(), stack.flat.grad[:12])
        True
        >>> stack.release()
    """

    def __init__(self, network: nn.Module, layers: list[nn.Module]) -> None:
        self.parameters = tuple(network.parameters())
        self.flat = nn.Parameter(torch.cat([p.detach().flatten() for p in self.parameters]))
        self._gradient = self.flat.grad = torch.zeros_like(self.flat)
        self._starts = self._spread()
        self._flattens = flattens(layers[0])
        self._layers = layers[1:] if self._flattens else layers
        self._n_inputs = next(filter(None, (width[0] for width in map(widths, self._layers) if width)))
        self._first = next(i for i, layer in enumerate(self._layers) if any(True for _ in layer.parameters()))
        self._arena = Arena(0, self.flat.detach())
        self._plans: dict[int, Plan] = {}
        self.steps: list[Step] = []
        self._backward: list[Any] = []

    @classmethod
    def of(cls, network: nn.Module) -> "Self | None":
        """Return the stack that a network is, or None for a network of another kind.

        None is the answer wherever one part is unknown or a subclass, someone listens by a hook, a parameter
        is frozen, shared or parametrised, or parameters are neither all float32 nor all float64 on the
        processor. Other modules may say what they are made of by a method `as_stack()`.

        Args:
            network: any module.

        Example:
            >>> Stack.of(nn.Sequential(nn.Conv1d(1, 1, 3))) is None
            True
        """
        layers = read(network)
        return None if layers is None else cls(network, layers)

    def takes(self, inputs: Any) -> bool:
        """Say whether inputs are of the kind and width that the stack was made for.

        Args:
            inputs: of any number of rows.

        Example:
            >>> stack = Stack.of(nn.Linear(3, 1))
            >>> stack.takes(torch.zeros(5, 3)), stack.takes(torch.zeros(5, 2, 3))
            (True, False)
        """
        if not isinstance(inputs, Tensor) or inputs.requires_grad:
            return False
        if self._flattens and inputs.ndim > 2:
            inputs = inputs[:1].flatten(1)
        alike = (inputs.dtype, inputs.device) == (self.flat.dtype, self.flat.device)
        return alike and inputs.ndim == 2 and inputs.shape[1] == self._n_inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs in training mode; they are good until the next call.

        Args:
            x: (rows, features).
        """
        if self._flattens:
            x = x.flatten(1)
        self.steps, forward, self._backward = self._plans.get(x.shape[0]) or self._prepare(x.shape[0])
        for step in forward:
            x = step(x)
        return x

    def backward(self, gradient: Tensor, *, add: bool = False) -> None:
        """Leave the gradient of the last `forward` in `flat.grad`.

        Args:
            gradient: of the loss with respect to the outputs; it stays as it is.
            add: whether it is added to what is there, for a batch in several pieces.
        """
        for step in self._backward:
            gradient = step(gradient, add)

    def release(self) -> None:
        """Give each parameter of the network storage of its own again, and no gradient."""
        for parameter in self.parameters:
            parameter.data = parameter.data.clone()
            parameter.grad = None
        self._plans.clear()
        self.steps, self._backward = [], []

    def _spread(self) -> dict[int, int]:
        """Make every parameter and its gradient a view, and return where each begins."""
        starts, start = {}, 0
        for parameter in self.parameters:
            starts[id(parameter)] = start
            values, gradient = (
                whole[start : start + parameter.numel()].view_as(parameter)
                for whole in (self.flat.detach(), self._gradient)
            )
            parameter.data, parameter.grad = values, gradient
            start += parameter.numel()
        return starts

    def _span(self, parameters: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Values and gradient of parameters that lie side by side, of which autograd knows nothing."""
        start = self._starts[id(parameters[0])]
        end = start + sum(parameter.numel() for parameter in parameters)
        return self.flat.detach()[start:end], self._gradient[start:end]

    def _prepare(self, rows: int) -> Plan:
        """Make the steps for batches of so many rows."""
        if rows > self._arena.capacity or len(self._plans) == PLANS:
            self._plans.clear()
            self._arena = Arena(max(rows, self._arena.capacity), self.flat.detach())
        arena, width, steps = self._arena.reopen(rows), self._n_inputs, list[Step]()
        for place, layer in enumerate(self._layers):
            site = Site(
                arena=arena,
                span=self._span,
                width=width,
                first=place <= self._first,
                last=place == len(self._layers) - 1,
                free=bool(steps) and not steps[-1].keeps_output,
            )
            steps.append(make_step(layer, site))
            width = (widths(layer) or (None, None))[1] or width
        backward = [step.backward for step in reversed(steps[self._first :])]
        self._plans[rows] = steps, [step.forward for step in steps], backward
        return self._plans[rows]
