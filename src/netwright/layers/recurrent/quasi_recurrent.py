"""The quasi-recurrent layer: a convolution along time makes the gates, a running average is the memory."""

from typing import Literal, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers.recurrent.parallel_scan import linear_recurrence
from netwright.layers.recurrent.quasi_recurrent_blocks import QRNNBlocks
from netwright.layers.recurrent.row_blocks import blocks_serve

Pooling = Literal["f", "fo", "ifo"]
_GATES: dict[str, int] = {"f": 2, "fo": 3, "ifo": 4}


@final
class QRNN(nn.Module):
    """Recurrent layer whose gates come from the last few inputs by a convolution, not from its own output.

    Use it in place of an LSTM where speed counts: all steps are computed together, and only the cheap pooling
    of the state is left, as a parallel scan. A first layer mostly reads a window of 2, for text of single
    characters more.

        z_t = tanh(W_z X_t)   f_t = sigmoid(W_f X_t)   o_t, i_t alike;   X_t = x_(t-k+1), ..., x_t
        f:    h_t = c_t = f_t * c_(t-1) + (1 - f_t) * z_t
        fo:   the same c_t,                            h_t = o_t * c_t
        ifo:  c_t = f_t * c_(t-1) + i_t * z_t,         h_t = o_t * c_t

    Outputs are (batch, time, hidden); the state is (c, the last kernel_size - 1 inputs), or (c,) for a
    kernel_size of 1, by which the next part of a series goes on where this one ended. A step whose mask is
    False leaves the state as it is and gives zero.

    Args:
        input_size: features of the input.
        hidden_size: features of the output.
        kernel_size: how many inputs the gates see, the present one and those before it.
        pooling: which gates there are: forget; forget and output; input, forget and output.
        zoneout: share of the features whose state is carried on as it is, drawn anew at each step in
            training; in evaluation all move by their expected share.

    Raises:
        InputError: when a size is below 1, the pooling is none of the three, zoneout is not from 0 to below
            1, or there is no step.

    Example:
        >>> outputs, (c, last_inputs) = QRNN(input_size=3, hidden_size=4)(torch.zeros(2, 5, 3))
        >>> outputs.shape, c.shape, last_inputs.shape
        (torch.Size([2, 5, 4]), torch.Size([2, 4]), torch.Size([2, 1, 3]))

    Differs:
        Zoneout also closes the input gate of ifo, so that the state is carried on unchanged; the evaluation's
        expected share is the authors' code, and not in the paper.

    Source:
        Bradbury, Merity, Xiong and Socher (2016), "Quasi-Recurrent Neural Networks", arXiv:1611.01576.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        kernel_size: int = 2,
        pooling: Pooling = "fo",
        zoneout: float = 0.0,
    ) -> None:
        super().__init__()
        if min(input_size, hidden_size, kernel_size) < 1:
            sizes = f"{input_size}, {hidden_size} and {kernel_size}"
            expected = "input_size, hidden_size and kernel_size must be at least 1"
            raise InputError(expected, sizes, "a kernel_size of 2 is usual")
        if pooling not in _GATES:
            raise InputError("pooling must be one that there is", repr(pooling), f"one of {[*_GATES]}")
        if not 0 <= zoneout < 1:
            raise InputError("zoneout must be from 0 to below 1", str(zoneout), "0.1 is usual")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.kernel_size, self.pooling, self.zoneout = kernel_size, pooling, zoneout
        self.convolution = nn.Linear(kernel_size * input_size, _GATES[pooling] * hidden_size)

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        state: tuple[Tensor, ...] | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch time hidden"], tuple[Tensor, ...]]:
        batch, time, features = x.shape
        if not time:
            raise InputError("x must have at least one step", str(tuple(x.shape)), "leave out empty rows")
        real = None if mask is None else mask.unsqueeze(-1)
        if real is not None:
            x = torch.where(real, x, 0.0)
        past = x.new_zeros(batch, self.kernel_size - 1, features) if state is None else state[-1]
        before = None if state is None else state[0]
        if self._blocks_serve(x, past, before, real):
            outputs, last = self._in_blocks(x, past, before, real)
        else:
            outputs, last = self._pool(self.convolution(self._window(x, past)).to(x.dtype), before, real)
        return outputs, (last,) if self.kernel_size == 1 else (last, self._last_inputs(past, x, mask))

    def _blocks_serve(self, *inputs: Tensor | None) -> bool:
        """Whether it is the usual form, and nothing else has a part in the convolution or watches it."""
        part = self.convolution
        hooks = (part._forward_pre_hooks, part._forward_hooks, part._backward_pre_hooks, part._backward_hooks)
        bare = type(part) is nn.Linear and not any(hooks)
        return bare and self.kernel_size == 2 and not self.zoneout and blocks_serve(part.weight, *inputs)

    def _in_blocks(
        self, x: Tensor, past: Tensor, before: Tensor | None, real: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        time, weights = x.shape[1], (self.convolution.weight, self.convolution.bias)
        before = x.new_zeros(len(x), self.hidden_size) if before is None else before
        if time % 2:
            x, real = F.pad(x, (0, 0, 0, 1)), None if real is None else F.pad(real, (0, 0, 0, 1))
        outputs, last = QRNNBlocks(self._formulas, self.pooling, time)(x, *weights, past, before, real)
        return outputs[:, :time], last

    def _formulas(
        self, x: Tensor, weight: Tensor, bias: Tensor, past: Tensor, before: Tensor, real: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        return self._pool(F.linear(self._window(x, past), weight, bias), before, real)

    def _window(self, x: Tensor, past: Tensor) -> Tensor:
        known = x if self.kernel_size == 1 else torch.cat([past, x], 1)
        return torch.cat([known[:, step : step + x.shape[1]] for step in range(self.kernel_size)], -1)

    def _pool(self, sums: Tensor, before: Tensor | None, real: Tensor | None) -> tuple[Tensor, Tensor]:
        """Outputs and the last state."""
        value, forget, *others = sums.chunk(_GATES[self.pooling], -1)
        keep, added = self._moves(value.tanh(), forget.sigmoid(), others)
        if real is not None:
            keep, added = torch.where(real, keep, 1.0), torch.where(real, added, 0.0)
        states = linear_recurrence(keep, added, before)
        outputs = others[0].sigmoid() * states if others else states
        return outputs if real is None else torch.where(real, outputs, 0.0), states[:, -1]

    def _moves(self, value: Tensor, keep: Tensor, others: list[Tensor]) -> tuple[Tensor, Tensor]:
        """What is kept of the state, and what is added to it."""
        move = torch.full_like(keep[:, :1, :1], 1 - self.zoneout)
        if self.zoneout:
            move = torch.bernoulli(move.expand_as(keep)) if self.training else move
            keep = 1 - move * (1 - keep)
        if self.pooling == "ifo":
            return keep, others[1].sigmoid() * value * move
        return keep, torch.addcmul(value, keep, value, value=-1)

    def _last_inputs(self, past: Tensor, x: Tensor, mask: Tensor | None) -> Tensor:
        """The inputs that the next part's first window sees: those up to the last real step."""
        n_past = self.kernel_size - 1
        if mask is None:
            last = x[:, -n_past:]
            return last if last.shape[1] == n_past else torch.cat([past, last], 1)[:, -n_past:]
        number = torch.arange(1, mask.shape[1] + 1, device=mask.device)
        end = (mask * number).amax(1, keepdim=True)
        place = end + torch.arange(n_past, device=mask.device)
        return torch.cat([past, x], 1).gather(1, place.unsqueeze(-1).expand(-1, -1, x.shape[-1]))

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, pooling={self.pooling!r}, zoneout={self.zoneout}"
