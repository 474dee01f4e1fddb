"""Layers in blocks of rows that stay in the processor's cache, with a way back written by hand."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from netwright.layers.recurrent.parallel_scan import run_ahead, run_back

STEPS_AT_ONCE = 2048
"""Steps, of all rows of a block together, whose gates at a usual width are a few megabytes."""


class RowBlocks(ABC):
    """A layer's formulas twice: plainly, and in blocks of rows, ahead and back, with operations in place.

    What is in the cache costs a fraction of a pass over a whole tensor, and memory that is used again need
    not be asked for. The inputs are the same in all three; the answer is outputs and last state.
    """

    @abstractmethod
    def plain(self, *inputs: Any) -> tuple[Tensor, Tensor]:
        """The formulas as torch differentiates them, as often as asked."""

    @abstractmethod
    def ahead(self, *inputs: Any, learns: bool) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Outputs, last state and, where it learns, what the way back needs."""

    @abstractmethod
    def back(
        self, wanted: Sequence[bool], inputs: Any, kept: Any, outputs: Tensor, last: Tensor
    ) -> Sequence[Tensor | None]:
        """Gradients of the inputs from those of the outputs and the last state; in vain where not wanted."""

    def __call__(self, *inputs: Tensor | None) -> tuple[Tensor, Tensor]:
        """Outputs and last state, where `blocks_serve`."""
        if torch.is_grad_enabled() and any(one is not None and one.requires_grad for one in inputs):
            answer: tuple[Tensor, Tensor] = _InBlocks.apply(self, *inputs)  # type: ignore[no-untyped-call]
            return answer
        return self.ahead(*inputs, learns=False)[:2]


class _InBlocks(Function):
    """The hand-written way back; where the gradient is itself to be differentiated, the plain formulas'."""

    @staticmethod
    def forward(ctx: Any, layer: RowBlocks, *inputs: Tensor | None) -> tuple[Tensor, Tensor]:
        outputs, last, kept = layer.ahead(*inputs, learns=True)
        ctx.layer, ctx.n_inputs = layer, len(inputs)
        ctx.save_for_backward(*inputs, *kept)
        return outputs, last

    @staticmethod
    def backward(ctx: Any, outputs: Tensor, last: Tensor) -> tuple[Tensor | None, ...]:
        inputs, kept = ctx.saved_tensors[: ctx.n_inputs], ctx.saved_tensors[ctx.n_inputs :]
        wanted = ctx.needs_input_grad[1:]
        if not torch.is_grad_enabled():
            gradients = ctx.layer.back(wanted, inputs, kept, outputs, last)
            return None, *(
                one if is_wanted else None for one, is_wanted in zip(gradients, wanted, strict=True)
            )
        learned = [one for one, is_wanted in zip(inputs, wanted, strict=True) if is_wanted]
        found = iter(
            torch.autograd.grad(ctx.layer.plain(*inputs), learned, (outputs, last), create_graph=True)
        )
        return None, *(next(found) if is_wanted else None for is_wanted in wanted)


def blocks_serve(*inputs: Tensor | None) -> bool:
    """Whether blocks can be used: on a processor, in full precision.

    What turns a layer into another program, as `torch.compile` and `torch.func.vmap` do, takes the plain
    formulas, and so does autocast.
    """
    if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    tensors = [one for one in inputs if one is not None]
    kinds = {one.dtype for one in tensors if one.dtype != torch.bool}
    return (
        kinds in ({torch.float32}, {torch.float64})
        and all(one.device.type == "cpu" for one in tensors)
        and not torch.is_autocast_enabled("cpu")
        and torch._C._functorch.maybe_current_level() is None
    )


def blocks_of(batch: int, time: int) -> list[slice]:
    """Slices of the rows, each short enough for the cache."""
    size = max(1, STEPS_AT_ONCE // time)
    return [slice(start, min(start + size, batch)) for start in range(0, max(1, batch), size)]


def take_up(keep: Tensor, states: Tensor, before: Tensor, *, reverse: bool = False) -> None:
    """Turn what is added at each step into the states, in place."""
    first = -1 if reverse else 0
    states[:, first].addcmul_(keep[:, first], before)
    run = run_back if reverse else run_ahead
    run(keep[:, :-1] if reverse else keep[:, 1:], states)


def give_back(keep: Tensor, gradient: Tensor, *, reverse: bool = False) -> Tensor:
    """Turn the gradient of each state for its own step into that for all, in place.

    The answer is the gradient of the state before the first step.
    """
    first = -1 if reverse else 0
    run = run_ahead if reverse else run_back
    run(keep[:, :-1] if reverse else keep[:, 1:], gradient)
    return gradient[:, first] * keep[:, first]


def before_each(states: Tensor, before: Tensor, *, reverse: bool = False) -> Tensor:
    """The state that each step began with."""
    first = before.unsqueeze(1)
    return torch.cat([states[:, 1:], first] if reverse else [first, states[:, :-1]], 1)


def sigmoid_back(gradient: Tensor, answer: Tensor, out: Tensor) -> None:
    """Write the gradient before a sigmoid, from that after it and its answer."""
    torch.ops.aten.sigmoid_backward.grad_input(gradient, answer, grad_input=out)


def tanh_back(gradient: Tensor, answer: Tensor, out: Tensor) -> None:
    """Write the gradient before a tanh, from that after it and its answer."""
    torch.ops.aten.tanh_backward.grad_input(gradient, answer, grad_input=out)
