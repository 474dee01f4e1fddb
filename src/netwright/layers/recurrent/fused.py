"""Torch's own kernels under our cells: whole sequences at once, with any mask."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from netwright.layers.recurrent.cell import State, where_real

Weights = Sequence[Tensor | None]
Run = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

CLOSED = 1e4
"""A gate's sum that its sigmoid turns into 1, or when negative into 0, in every precision."""


def kernel_serves() -> bool:
    """Whether torch's kernels can be called here.

    They cannot be mapped by `torch.func.vmap`, nor can `torch.compile` train the one of the LSTM; both take
    the steps one by one.
    """
    if torch.compiler.is_compiling():
        return torch.compiler.is_exporting()
    return torch._C._functorch.maybe_current_level() is None


def fused_scan(run: Run, x: Tensor, state: State, mask: Tensor | None) -> tuple[Tensor, State]:
    """Run a layer whose state is its output over any mask: the outputs and the last state.

    Args:
        run: (steps, first state) -> (outputs, last state), as `run_kernel` is with a kernel and weights.
        x: (batch, time, features).
        state: of the layer, its one part.
        mask: True where a step is real; None for everywhere.
    """
    (before,) = state
    if mask is None:
        outputs, last = run(x, before)
        return outputs, (last,)
    outputs, _ = run(_take(x, _real_first(mask)), before)
    return _put_back(outputs, mask), (_last(outputs, mask, before),)


def run_kernel(
    kernel: Callable[..., Any], x: Tensor, before: Tensor, weights: Weights
) -> tuple[Tensor, Tensor]:
    """Call `torch.gru`, `torch.rnn_tanh` or `torch.rnn_relu`: the outputs and the last state."""
    outputs, last = _call(kernel, x, before[None], weights)
    return outputs, last[0]


def fused_lstm_scan(x: Tensor, state: State, weights: Weights, mask: Tensor | None) -> tuple[Tensor, State]:
    """Run `torch.lstm`: the outputs and the last state.

    The kernel tells the cell's content after the last step alone. So that it is still the one after the last
    real step, one more feature, which marks the others, closes the input gate there and opens the forget
    gate.
    """
    h, c = state
    if mask is None:
        outputs, h, c = _call(torch.lstm, x, (h[None], c[None]), weights)
        return outputs, (h[0], c[0])
    order = _real_first(mask)
    x = torch.cat([_take(x, order), (~mask).gather(1, order)[..., None].to(x.dtype)], -1)
    gates = torch.tensor([-CLOSED, CLOSED, 0, 0], device=x.device).repeat_interleave(h.shape[-1])
    first, *others = weights
    marked = torch.cat([first, gates[:, None].to(first)], 1) if first is not None else None
    outputs, _, last = _call(torch.lstm, x, (h[None], c[None]), [marked, *others])
    return _put_back(outputs, mask), (_last(outputs, mask, h), last[0])


def _call(kernel: Callable[..., Any], x: Tensor, state: Any, weights: Weights) -> Any:
    held = [weight for weight in weights if weight is not None]
    if torch.is_autocast_enabled("cpu") and x.device.type == "cpu" and not _has_bfloat16():
        with torch.autocast("cpu", enabled=False):  # torch's own kernel would raise there
            return _call(kernel, x.to(held[0]), state, weights)
    state = state.to(x) if isinstance(state, Tensor) else tuple(part.to(x) for part in state)
    has_biases, n_layers, dropout, both, batch_first = len(held) > 2, 1, 0.0, False, True
    learns = torch.is_grad_enabled()  # in eval mode, too, a gradient may be wanted
    return kernel(x, state, held, has_biases, n_layers, dropout, learns, both, batch_first)


def _has_bfloat16() -> bool:
    """Whether the kernels of this processor take bfloat16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _real_first(mask: Tensor) -> Tensor:
    """Indices of the steps, the real ones in front, each kind in its order."""
    return torch.sort((~mask).to(torch.uint8), dim=1, stable=True).indices


def _take(x: Tensor, steps: Tensor) -> Tensor:
    return x.gather(1, steps[..., None].expand(-1, -1, x.shape[-1]))


def _put_back(outputs: Tensor, mask: Tensor) -> Tensor:
    """Give each real step its output again, and the others zero."""
    place = (mask.cumsum(1) - 1).clamp_min(0)
    return where_real(mask, _take(outputs, place), torch.zeros_like(outputs))


def _last(outputs: Tensor, mask: Tensor, before: Tensor) -> Tensor:
    """The output of the last real step, or what was there before where there is none."""
    count = mask.sum(1)
    last = _take(outputs, (count - 1).clamp_min(0)[:, None])[:, 0]
    return where_real(count > 0, last, before)
