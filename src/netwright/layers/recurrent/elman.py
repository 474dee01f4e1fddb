"""The Elman network's cell: the simplest recurrence."""

from collections.abc import Callable
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from netwright.layers.recurrent.cell import Cell, State
from netwright.layers.recurrent.fused import fused_scan, kernel_serves, run_kernel


@final
class ElmanCell(Cell):
    """The simplest recurrent cell: the new state is an activation of the input and the last state.

    Use it, in `Recurrent`, for short memories and as the baseline of gated cells. Its weights are named as
    those of `nn.RNNCell`, whose state dicts it loads.

        h_t = activation(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        bias: whether there are biases.
        activation: of the state; with `torch.tanh` and `torch.relu`, torch's kernels run underneath.

    Example:
        >>> (h,) = ElmanCell(3, 4)(torch.zeros(2, 3))
        >>> h.shape
        torch.Size([2, 4])

    Source:
        Elman (1990), "Finding Structure in Time", doi:10.1207/s15516709cog1402_1.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.activation = activation
        self.add_weights(1, bias)

    def project(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time hidden"]:
        return F.linear(x, self.weight_ih, self.bias_ih)

    def step(self, x: Tensor, state: State, seen: Tensor) -> State:
        return (self.activation(x + F.linear(seen, self.weight_hh, self.bias_hh)),)

    def scan(
        self,
        x: Float[Tensor, "batch time features"],
        state: State,
        mask: Bool[Tensor, "batch time"] | None = None,
        keep: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        kernel = _KERNELS.get(self.activation)
        if kernel is None or keep is not None or not kernel_serves():
            return super().scan(x, state, mask, keep)
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return fused_scan(lambda x, before: run_kernel(kernel, x, before, weights), x, state, mask)


_KERNELS: dict[Callable[[Tensor], Tensor], Callable[..., object]] = {
    torch.tanh: torch.rnn_tanh,
    torch.relu: torch.rnn_relu,
}
