"""The quasi-recurrent layer with a window of two, in blocks of rows, ahead and back."""

from collections.abc import Callable, Sequence
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.layers.recurrent.row_blocks import (
    RowBlocks,
    before_each,
    blocks_of,
    give_back,
    sigmoid_back,
    take_up,
    tanh_back,
)
from netwright.layers.recurrent.window_of_two import WindowOfTwo


@final
class QRNNBlocks(RowBlocks):
    """The layer without zoneout, for an even number of steps, of which `time` count.

    Kept for the way back are z_t, the gates and the states.
    """

    def __init__(self, formulas: Callable[..., tuple[Tensor, Tensor]], pooling: str, time: int) -> None:
        self.formulas, self.pooling, self.time = formulas, pooling, time

    def plain(self, *inputs: Any) -> tuple[Tensor, Tensor]:
        x, *weights, real = inputs
        rest = x.shape[1] - self.time
        outputs, last = self.formulas(
            x[:, : self.time], *weights, None if real is None else real[:, : self.time]
        )
        return F.pad(outputs, (0, 0, 0, rest)), last

    def ahead(self, *inputs: Any, learns: bool) -> tuple[Tensor, Tensor, list[Tensor]]:
        x, weight, bias, past, before, real = inputs
        (batch, time, _), hidden = x.shape, before.shape[-1]
        blocks = blocks_of(batch, time)
        held = batch if learns else blocks[0].stop
        gates, states = x.new_empty(held, time, len(weight)), x.new_empty(held, time, hidden)
        outputs, last = x.new_empty(batch, time, hidden), torch.empty_like(before)
        twice = torch.ones_like(bias).index_fill_(0, torch.arange(hidden), 2.0)
        products, less = WindowOfTwo(weight * twice[:, None]), torch.tensor(-1.0, dtype=x.dtype)
        for rows in blocks:
            place = rows if learns else slice(0, rows.stop - rows.start)
            products.ahead(x[rows], past[rows], bias * twice, gates[place])
            value, keep, *others = gates[place].sigmoid_().chunk(len(weight) // hidden, -1)
            torch.add(
                less, value, alpha=2, out=value
            )  # tanh(a) = 2 sigmoid(2 a) - 1, and three times as fast
            if real is not None:
                for gate, closed in zip((keep, *others[1:]), (1.0, 0.0), strict=False):
                    gate.masked_fill_(~real[rows], closed)
            c = states[place]
            if self.pooling == "ifo":
                torch.mul(value, others[1], out=c)
            else:
                torch.addcmul(value, value, keep, value=-1, out=c)
            take_up(keep, c, before[rows])
            last[rows] = c[:, self.time - 1]
            torch.mul(c, others[0] if others else 1.0, out=outputs[rows])
        return outputs if real is None else outputs.masked_fill_(~real, 0.0), last, [gates, states]

    def back(
        self, wanted: Sequence[bool], inputs: Any, kept: Any, outputs: Tensor, last: Tensor
    ) -> Sequence[Tensor | None]:
        x, weight, bias, past, before, real = inputs
        gates, states = kept
        d_x = torch.empty(x.shape, dtype=x.dtype) if wanted[0] or wanted[3] else None
        d_bias, d_past, d_before = torch.zeros_like(bias), past.clone(), before.clone()
        products = WindowOfTwo(weight)
        for rows in blocks_of(*x.shape[:2]):
            d_outputs = outputs[rows] if real is None else torch.where(real[rows], outputs[rows], 0.0)
            d_gates = torch.empty_like(gates[rows])
            d_before[rows] = self._block_back(
                gates[rows], states[rows], before[rows], d_outputs, last[rows], d_gates
            )
            to_bias, d_past[rows] = products.back(
                x[rows], past[rows], d_gates, None if d_x is None else d_x[rows]
            )
            d_bias.add_(to_bias)
        return d_x, products.gradient(), d_bias, d_past, d_before, None

    def _block_back(
        self, gates: Tensor, states: Tensor, before: Tensor, d_outputs: Tensor, last: Tensor, d_gates: Tensor
    ) -> Tensor:
        """Fill in the gradient of the sums of one block; the answer is that of the state before."""
        (value, keep, *others), (d_value, d_keep, *d_others) = (
            one.chunk(gates.shape[-1] // states.shape[-1], -1) for one in (gates, d_gates)
        )
        if others:
            sigmoid_back(d_outputs * states, others[0], d_others[0])
        d_states = d_outputs * others[0] if others else d_outputs.clone()
        d_states[:, self.time - 1].add_(last)
        d_before = give_back(keep, d_states)
        earlier = before_each(states, before)
        if self.pooling == "ifo":
            sigmoid_back(d_states * value, others[1], d_others[1])
            gain = d_states * others[1]
        else:
            earlier.sub_(value)
            gain = torch.addcmul(d_states, d_states, keep, value=-1)
        tanh_back(gain, value, d_value)
        sigmoid_back(d_states.mul_(earlier), keep, d_keep)
        return d_before
