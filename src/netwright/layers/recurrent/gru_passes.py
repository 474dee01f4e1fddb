"""The gated recurrent unit over whole sequences, ahead and back."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor

from netwright.layers.recurrent.fused import run_kernel
from netwright.layers.recurrent.row_blocks import RowBlocks, sigmoid_back, tanh_back

WORTH_A_DETOUR = 2048
"""Numbers from which on torch's tanh takes longer than its sigmoid and three operations more."""


@final
class GRUPasses(RowBlocks):
    """The unit whose reset gate comes after the product.

    Of a step ahead only what needs the state before is computed, six operations in place. On the way back
    every gradient is a multiple of that of the state, by factors that are known for all steps beforehand, so
    that a step is three operations, and what the weights learn is one product over all steps.
    """

    def plain(self, *inputs: Any) -> tuple[Tensor, Tensor]:
        x, before, *weights = inputs
        return run_kernel(torch.gru, x, before, weights)

    def ahead(self, *inputs: Any, learns: bool) -> tuple[Tensor, Tensor, list[Tensor]]:
        x, before, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        (batch, time, _), width = x.shape, before.shape[-1]
        steps = x.transpose(0, 1).flatten(0, 1)
        none = x.new_zeros(3 * width)
        bias_hh = none if bias_hh is None else bias_hh
        known = (none if bias_ih is None else bias_ih) + _only_gates(bias_hh, width)
        sums = torch.addmm(known, steps, weight_ih.t()).view(time, batch, 3 * width)
        states, unreset = x.new_empty(time + 1, batch, width), x.new_empty(time, batch, width)
        states[0] = before
        gates, (reset, keep, new) = sums[..., : 2 * width], sums.chunk(3, -1)
        to_gates, to_new = weight_hh.t().tensor_split([2 * width], -1)
        squash = _tanh_by_sigmoid if before.numel() >= WORTH_A_DETOUR else Tensor.tanh_
        h = states[0]
        for g, r, z, n, u, after in zip(gates, reset, keep, new, unreset, states[1:], strict=True):
            g.addmm_(h, to_gates).sigmoid_()
            torch.addmm(bias_hh[2 * width :], h, to_new, out=u)
            squash(n.addcmul_(r, u))
            h = torch.lerp(n, h, z, out=after)
        return states[1:].transpose(0, 1), h.clone(), [sums, states, unreset] if learns else []

    def back(
        self, wanted: Sequence[bool], inputs: Any, kept: Any, outputs: Tensor, last: Tensor
    ) -> Sequence[Tensor | None]:
        x, before, weight_ih, weight_hh, *_ = inputs
        sums, states, unreset = kept
        (batch, time, n_features), width = x.shape, before.shape[-1]
        reset, keep, new = sums.chunk(3, -1)
        found = sums.new_empty(time, batch, 4 * width)  # of the sums of n, r and z, and of what r hides
        _factors(found.chunk(4, -1), reset, keep, new, states[:-1], unreset)
        d_h, by_gate = last.clone(), found.unflatten(-1, (4, width))
        for d, hidden, z, d_output in zip(
            *map(_from_the_end, (by_gate, found[..., width:], keep, outputs.transpose(0, 1))), strict=True
        ):
            d_h.add_(d_output)
            d.mul_(d_h[:, None])
            d_h.mul_(z).addmm_(hidden, weight_hh)
        of_input, of_hidden = found[..., : 3 * width].flatten(0, 1), found[..., width:].flatten(0, 1)
        d_x = None
        if wanted[0]:
            d_x = (of_input @ weight_ih.roll(width, 0)).view(time, batch, n_features).transpose(0, 1)
        # `found` has n in front of r and z, the weights have it behind them
        d_weight_ih = (of_input.t() @ x.transpose(0, 1).flatten(0, 1)).roll(-width, 0)
        d_weight_hh = of_hidden.t() @ states[:-1].flatten(0, 1)
        d_biases = found.sum((0, 1))
        return d_x, d_h, d_weight_ih, d_weight_hh, d_biases[: 3 * width].roll(-width), d_biases[width:]


def _factors(
    out: Sequence[Tensor], reset: Tensor, keep: Tensor, new: Tensor, before: Tensor, unreset: Tensor
) -> None:
    """Write by what the gradient of the state after a step is multiplied to be that of each sum before it."""
    of_new, of_reset, of_keep, of_unreset = out
    tanh_back(1 - keep, new, of_new)
    sigmoid_back(torch.mul(of_new, unreset, out=of_reset), reset, of_reset)
    sigmoid_back(torch.sub(before, new, out=of_keep), keep, of_keep)
    torch.mul(of_new, reset, out=of_unreset)


def _only_gates(bias: Tensor, width: int) -> Tensor:
    """The bias without the part that the reset gate hides."""
    return torch.cat([bias[: 2 * width], bias.new_zeros(width)])


def _from_the_end(steps: Tensor) -> list[Tensor]:
    return list(reversed(steps.unbind(0)))


def _tanh_by_sigmoid(sums: Tensor) -> Tensor:
    return sums.mul_(2).sigmoid_().mul_(2).sub_(1)
