"""The simple recurrent unit in blocks of rows, ahead and back."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

import torch
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


@final
class SRUBlocks(RowBlocks):
    """The unit whose gates see the input alone.

    Kept for the way back are the states, in the place of the values W x_t, both gates, and the skip where it
    has a matrix: all that one product gives.
    """

    def __init__(
        self, formulas: Callable[..., tuple[Tensor, Tensor]], directions: int, tanh: bool, scale: float
    ) -> None:
        self.formulas, self.directions, self.tanh, self.scale = formulas, directions, tanh, scale

    def plain(self, *inputs: Any) -> tuple[Tensor, Tensor]:
        return self.formulas(*inputs)

    def ahead(self, *inputs: Any, learns: bool) -> tuple[Tensor, Tensor, list[Tensor]]:
        x, weight, bias, before, thinning, real = inputs
        (batch, time, _), width = x.shape, before.shape[-1]
        blocks = blocks_of(batch, time)
        sums = x.new_empty(batch if learns else blocks[0].stop, time, len(weight))
        outputs, last = x.new_empty(batch, time, width), before.clone()
        for rows in blocks:
            block = sums[rows] if learns else sums[: rows.stop - rows.start]
            torch.mm(x[rows].flatten(0, 1), weight.t(), out=block.flatten(0, 1))
            block[..., width : 3 * width].add_(bias).sigmoid_()
            states, keep, share, *skip = block.chunk(len(weight) // width, -1)
            if real is not None:
                keep.masked_fill_(~real[rows], 1.0)
            states.addcmul_(states, keep, value=-1)
            for c, f, first, end, reverse in self._runs(states, keep, before[rows], last[rows]):
                take_up(f, c, first, reverse=reverse)
                end.copy_(c[:, 0 if reverse else -1])
            seen = states.tanh() if self.tanh else states
            share = share if thinning is None else share * thinning[rows]
            torch.lerp(skip[0] if skip else x[rows] * self.scale, seen, share, out=outputs[rows])
        return outputs if real is None else outputs.masked_fill_(~real, 0.0), last, [sums]

    def back(
        self, wanted: Sequence[bool], inputs: Any, kept: Any, outputs: Tensor, last: Tensor
    ) -> Sequence[Tensor | None]:
        x, weight, bias, before, *_ = inputs
        width, blocks = before.shape[-1], blocks_of(*x.shape[:2])
        d_x = torch.empty(x.shape, dtype=x.dtype) if wanted[0] else None
        d_weight, d_bias, d_before = torch.zeros_like(weight), torch.zeros_like(bias), before.clone()
        for rows in blocks:
            d_sums = torch.empty_like(kept[0][rows])
            d_skip = self._block_back(rows, inputs, kept[0][rows], outputs[rows], last, d_sums, d_before)
            flat = d_sums.flatten(0, 1)
            d_weight.addmm_(flat.t(), x[rows].flatten(0, 1))
            d_bias.add_(d_sums[..., width : 3 * width].sum((0, 1)))
            if d_x is not None and d_skip is not None:
                torch.addmm(d_skip.flatten(0, 1), flat, weight, beta=self.scale, out=d_x[rows].flatten(0, 1))
            elif d_x is not None:
                torch.mm(flat, weight, out=d_x[rows].flatten(0, 1))
        return d_x, d_weight, d_bias, d_before, None, None

    def _block_back(
        self,
        rows: slice,
        inputs: Any,
        kept: Tensor,
        gradient: Tensor,
        last: Tensor,
        d_sums: Tensor,
        d_before: Tensor,
    ) -> Tensor | None:
        """Fill in the gradient of the sums of one block; the skip's own where it is the input."""
        x, _, _, before, thinning, real = inputs
        width = before.shape[-1]
        (states, keep, reset, *skip), (d_states, d_keep, d_reset, *d_skip) = (
            one.chunk(kept.shape[-1] // width, -1) for one in (kept, d_sums)
        )
        if real is not None:
            gradient = torch.where(real[rows], gradient, 0.0)
        seen = states.tanh() if self.tanh else states
        share = reset if thinning is None else reset * thinning[rows]
        torch.mul(gradient, share, out=d_states)
        passed = torch.sub(gradient, d_states, out=d_skip[0]) if skip else gradient - d_states
        gap = seen - skip[0] if skip else torch.sub(seen, x[rows], alpha=self.scale)
        gap.mul_(gradient if thinning is None else gradient * thinning[rows])
        sigmoid_back(gap, reset, d_reset)
        if self.tanh:
            tanh_back(d_states, seen, d_states)
        for dc, f, end, first, reverse in self._runs(d_states, keep, last[rows], d_before[rows]):
            dc[:, 0 if reverse else -1].add_(end)
            first.copy_(give_back(f, dc, reverse=reverse))
        for df, c, first, _, reverse in self._runs(d_keep, states, before[rows], last[rows]):
            torch.sub(before_each(c, first, reverse=reverse), c, out=df)  # (1 - f_t) (c_(t-1) - W x_t)
        d_keep.mul_(d_states).mul_(keep)
        if real is not None:
            d_keep.masked_fill_(~real[rows], 0.0)
        d_states.addcmul_(d_states, keep, value=-1)
        return None if skip else passed

    def _runs(self, *parts: Tensor) -> Iterator[tuple[Any, ...]]:
        """Of each direction: its share of the features of every part, and whether it is the reverse."""
        halves = zip(*(one.chunk(self.directions, -1) for one in parts), strict=True)
        return ((*half, reverse) for reverse, half in zip((False, True), halves, strict=False))
