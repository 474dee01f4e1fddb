"""The simple recurrent unit: gates from the input alone, so that time runs in parallel."""

import math
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers.recurrent.parallel_scan import linear_recurrence
from netwright.layers.recurrent.row_blocks import blocks_serve
from netwright.layers.recurrent.simple_recurrent_unit_blocks import SRUBlocks


@final
class SRU(nn.Module):
    """Recurrent layer with a forget gate, a highway past it, and no matrix product between steps.

    Use it in place of an LSTM where speed counts, mostly several on top of each other. Its gates see the
    input alone, all steps are computed together, and only the cheap recurrence of the state is left, as a
    parallel scan.

        f_t = sigmoid(W_f x_t + b_f)            r_t = sigmoid(W_r x_t + b_r)
        c_t = f_t * c_(t-1) + (1 - f_t) * W x_t
        h_t = r_t * c_t + (1 - r_t) * skip_t,   skip_t = a x_t  or  W_s x_t where the sizes differ
        with state_in_gates: + v_f * c_(t-1) and + v_r * c_(t-1) inside the sigmoids
        with rescale: a = sqrt(1 + 2 exp(highway_bias)), else 1

    Outputs are (batch, time, hidden) and the state is (c,) after the last step; of both directions side by
    side. A step whose mask is False leaves the state as it is and gives zero. With `state_in_gates`, the
    paper's later form, a gate waits for the state, and the steps run one after another.

    Args:
        input_size: features of the input.
        hidden_size: features of the state, for each direction.
        state_in_gates: whether the gates also see the last state, each feature its own.
        bidirectional: whether a second state runs from the end to the beginning.
        tanh: whether the output has tanh(c_t) in place of c_t.
        highway_bias: first value of b_r; below zero, the input passes at first.
        rescale: whether the skip is scaled so that the variance of the input is kept at the start.
        dropout: share of the states that outputs do not see, the same at all steps of a row.

    Raises:
        InputError: when a size is below 1, when dropout is not from 0 to below 1, or when there is no step.

    Example:
        >>> outputs, (c,) = SRU(input_size=3, hidden_size=4)(torch.zeros(2, 5, 3))
        >>> outputs.shape, c.shape
        (torch.Size([2, 5, 4]), torch.Size([2, 4]))

    Source:
        Lei, Zhang, Wang, Dai and Artzi (2017), "Simple Recurrent Units for Highly Parallelizable Recurrence",
        arXiv:1709.02755.
    """

    state_weight: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        state_in_gates: bool = False,
        bidirectional: bool = False,
        tanh: bool = False,
        highway_bias: float = 0.0,
        rescale: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if min(input_size, hidden_size) < 1:
            sizes = f"{input_size} and {hidden_size}"
            raise InputError("input_size and hidden_size must be at least 1", sizes, "count the features")
        if not 0 <= dropout < 1:
            raise InputError("dropout must be from 0 to below 1", str(dropout), "0.1 to 0.5 is usual")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.directions = 1 + bidirectional
        self.tanh, self.highway_bias, self.dropout = tanh, highway_bias, dropout
        self.scale = math.sqrt(1 + 2 * math.exp(highway_bias)) if rescale else 1.0
        width = hidden_size * self.directions
        self.n_matrices = 3 if input_size == width else 4
        self.weight = nn.Parameter(torch.empty(self.n_matrices * width, input_size))
        self.bias = nn.Parameter(torch.empty(2 * width))
        self.state_weight = nn.Parameter(torch.empty(2 * width)) if state_in_gates else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights of variance 1 / input_size and begin with the biases at 0 and `highway_bias`."""
        bound = math.sqrt(3 / self.input_size)
        nn.init.uniform_(self.weight, -bound, bound)
        with torch.no_grad():
            value, *gates_and_skip = self.weight.chunk(self.n_matrices)
            value.mul_(math.sqrt(1 - self.dropout))
            if self.n_matrices == 4:
                gates_and_skip[2].mul_(self.scale)
            self.bias.zero_()
            self.bias.chunk(2)[1].fill_(self.highway_bias)
            if self.state_weight is not None:  # two terms in each gate share the variance
                gates_and_skip[0].mul_(math.sqrt(0.5))
                gates_and_skip[1].mul_(math.sqrt(0.5))
                self.state_weight.uniform_(-math.sqrt(1.5), math.sqrt(1.5))

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        state: tuple[Float[Tensor, "batch hidden"]] | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch time hidden"], tuple[Float[Tensor, "batch hidden"]]]:
        if not x.shape[1]:
            raise InputError("x must have at least one step", str(tuple(x.shape)), "leave out empty rows")
        real = None if mask is None else mask.unsqueeze(-1)
        if real is not None:
            x = torch.where(real, x, 0.0)
        width = self.hidden_size * self.directions
        before = x.new_zeros(x.shape[0], width) if state is None else state[0]
        thinning = self._thinning(before)
        inputs = (x, self.weight, self.bias, before, thinning, real)
        if self.state_weight is None and blocks_serve(*inputs):
            outputs, last = SRUBlocks(self._plain, self.directions, self.tanh, self.scale)(*inputs)
        else:
            outputs, last = self._plain(*inputs)
        return outputs, (last,)

    def _plain(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        before: Tensor,
        thinning: Tensor | None,
        real: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The formulas as they stand: outputs and the last state."""
        still = torch.zeros(before.shape[-1], dtype=x.dtype, device=x.device)
        biases = torch.cat([still, bias, *[still] * (self.n_matrices - 3)])
        value, forget, reset, *skip = F.linear(x, weight, biases).to(x.dtype).chunk(self.n_matrices, -1)
        parts = zip(*(one.chunk(self.directions, -1) for one in (value, forget, before)), strict=True)
        runs = [self._run(number, u, f, c, real) for number, (u, f, c) in enumerate(parts)]
        seen, states, last = (
            torch.cat(one, -1) if len(one) > 1 else one[0] for one in zip(*runs, strict=True)
        )
        if self.state_weight is not None:
            reset = torch.addcmul(reset, self.state_weight.chunk(2)[1], seen)
        share = reset.sigmoid() if thinning is None else reset.sigmoid() * thinning
        outputs = torch.lerp(
            skip[0] if skip else x * self.scale, states.tanh() if self.tanh else states, share
        )
        return outputs if real is None else torch.where(real, outputs, 0.0), last

    def _run(
        self, number: int, value: Tensor, forget: Tensor, before: Tensor, real: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """States before and after every step of one direction, and the last one."""
        reverse = number == 1
        if self.state_weight is None:
            keep = forget.sigmoid()
            added = torch.addcmul(value, keep, value, value=-1)
            if real is not None:
                keep, added = torch.where(real, keep, 1.0), torch.where(real, added, 0.0)
            states = linear_recurrence(keep, added, before, reverse=reverse)
            return states, states, states[:, 0 if reverse else -1]
        weight = self.state_weight.chunk(2)[0].chunk(self.directions)[number]
        states = _by_steps(weight, value, forget, before, real, reverse)
        first = before.unsqueeze(1)
        seen = torch.cat([states[:, 1:], first] if reverse else [first, states[:, :-1]], 1)
        return seen, states, states[:, 0 if reverse else -1]

    def _thinning(self, before: Tensor) -> Tensor | None:
        """Factor by which the states count in a row's outputs, drawn for each feature: (batch, 1, hidden)."""
        if not (self.training and self.dropout):
            return None
        return F.dropout(torch.ones_like(before), self.dropout).unsqueeze(1)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, directions={self.directions}, scale={self.scale:.3g}"


def _by_steps(
    weight: Tensor, value: Tensor, forget: Tensor, state: Tensor, real: Tensor | None, reverse: bool
) -> Tensor:
    """States of the form whose forget gate sees the state: each step waits for the one before it."""
    states = []
    order = range(value.shape[1])
    for step in reversed(order) if reverse else order:
        keep = torch.addcmul(forget[:, step], weight, state).sigmoid()
        new = torch.lerp(value[:, step], state, keep)
        state = new if real is None else torch.where(real[:, step], new, state)
        states.append(state)
    return torch.stack(states[::-1] if reverse else states, 1)
