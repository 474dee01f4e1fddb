"""A linear recurrence along time in a logarithmic number of parallel steps."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function


def linear_recurrence(
    decay: Float[Tensor, "batch time features"],
    values: Float[Tensor, "batch time features"],
    initial: Float[Tensor, "batch features"] | None = None,
    *,
    reverse: bool = False,
) -> Float[Tensor, "batch time features"]:
    """State of a linear recurrence at every step of time, computed in parallel.

    Use it for gated layers whose gates do not see the state, such as `SRU` and `QRNN`: no step waits for the
    step before it, and about `2 log2(time)` operations on whole tensors replace a loop over time.

        c_t = decay_t * c_(t-1) + values_t,   c_0 = initial

    Neighbouring steps are joined in pairs, the recurrence of the pairs is solved in the same way, and the
    steps in between follow from it. Only products and sums of the given numbers occur, so it is stable for
    every decay in [0, 1], zero included. The gradient is the same recurrence in the other direction.

    Args:
        decay: share of the state that is kept at each step.
        values: what is added at each step.
        initial: state before the first step; zero unless given.
        reverse: whether it runs from the last step to the first; `initial` is then the state after the last.

    Example:
        >>> linear_recurrence(torch.full((1, 4, 1), 0.5), torch.ones(1, 4, 1)).flatten()
        tensor([1.0000, 1.5000, 1.7500, 1.8750])

    Source:
        Blelloch (1990), "Prefix Sums and Their Applications", Technical Report CMU-CS-90-190.
    """
    if initial is not None and reverse:
        last = torch.addcmul(values[:, -1], decay[:, -1], initial)
        values = torch.cat([values[:, :-1], last.unsqueeze(1)], dim=1)
    elif initial is not None:
        first = torch.addcmul(values[:, 0], decay[:, 0], initial)
        values = torch.cat([first.unsqueeze(1), values[:, 1:]], dim=1)
    link = decay[:, :-1] if reverse else decay[:, 1:]
    states: Tensor = _Scan.apply(link, values, reverse)  # type: ignore[no-untyped-call]
    return states


class _Scan(Function):
    """States whose neighbours are linked; the gradient runs along the same links in the other direction."""

    @staticmethod
    def forward(link: Tensor, values: Tensor, reverse: bool) -> Tensor:
        states = values.clone()
        run = run_back if reverse else run_ahead
        run(link, states)
        return states

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, bool], output: Tensor) -> None:
        link, _, ctx.reverse = inputs
        ctx.save_for_backward(link, output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        link, states = ctx.saved_tensors
        passed: Tensor = _Scan.apply(link, gradient, not ctx.reverse)  # type: ignore[no-untyped-call]
        if ctx.reverse:
            return passed[:, :-1] * states[:, 1:], passed, None
        return passed[:, 1:] * states[:, :-1], passed, None

    @staticmethod
    def vmap(
        info: Any,
        axes: tuple[int | None, ...],
        link: Tensor,
        values: Tensor,
        reverse: bool,
    ) -> tuple[Tensor, int]:
        """The axis that is mapped becomes part of the batch."""
        link, values = (
            x.expand(info.batch_size, *x.shape) if axis is None else x.movedim(axis, 0)
            for x, axis in zip((link, values), axes, strict=False)
        )
        states: Tensor = _Scan.apply(link.flatten(0, 1), values.flatten(0, 1), reverse)  # type: ignore[no-untyped-call]
        return states.reshape(info.batch_size, -1, *states.shape[1:]), 0


def run_ahead(link: Tensor, states: Tensor) -> None:
    """Let every state take up, in place, what came before it: `states[k + 1] += link[k] * states[k]`."""
    time = states.shape[1]
    if time == 1:
        return
    later = states[:, 1::2]
    later.addcmul_(link[:, ::2], states[:, : time - 1 : 2])
    pairs = later.shape[1]
    run_ahead(link[:, 1 : 2 * pairs - 2 : 2] * link[:, 2::2][:, : pairs - 1], later)
    states[:, 2::2].addcmul_(link[:, 1::2], states[:, 1 : time - 1 : 2])


def run_back(link: Tensor, states: Tensor) -> None:
    """Let every state take up, in place, what comes after it: `states[k] += link[k] * states[k + 1]`."""
    time = states.shape[1]
    if time == 1:
        return
    states[:, : time - 1 : 2].addcmul_(link[:, ::2], states[:, 1::2])
    run_back(link[:, :-1:2] * link[:, 1::2], states[:, ::2])
    states[:, 1 : time - 1 : 2].addcmul_(link[:, 1::2], states[:, 2::2])
