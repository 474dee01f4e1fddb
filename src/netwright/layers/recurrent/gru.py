"""The gated recurrent unit."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from netwright.layers.recurrent.cell import Cell, State
from netwright.layers.recurrent.fused import fused_scan, kernel_serves, run_kernel
from netwright.layers.recurrent.gru_passes import GRUPasses
from netwright.layers.recurrent.row_blocks import blocks_serve


@final
class GRUCell(Cell):
    """Gated recurrent unit: one gate mixes the old state with a new one, another hides the old from the new.

    Use it, in `Recurrent`, where an LSTM would do: it has three quarters of the weights and often learns as
    well. Its weights are named and ordered as those of `nn.GRUCell`, whose state dicts it loads. Unless
    reset_after is False, whole sequences are computed at once, on a processor by passes of our own, elsewhere
    by torch's kernel.

        r = sigmoid(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr)
        z = sigmoid(W_iz x_t + b_iz + W_hz h_(t-1) + b_hz)
        n = tanh(W_in x_t + b_in + r * (W_hn h_(t-1) + b_hn))
        h_t = (1 - z) * n + z * h_(t-1)

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        bias: whether there are biases.
        reset_after: whether r comes after the product, as above and in torch; if not, before, as in the
            paper: W_hn (r * h_(t-1)) + b_hn.

    Example:
        >>> (h,) = GRUCell(3, 4)(torch.zeros(2, 3))
        >>> h.shape
        torch.Size([2, 4])

    Source:
        Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014), "Learning Phrase
        Representations using RNN Encoder-Decoder for Statistical Machine Translation", arXiv:1406.1078.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, reset_after: bool = True
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.reset_after = reset_after
        self.add_weights(3, bias)

    def project(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time gates"]:
        return F.linear(x, self.weight_ih, self.bias_ih)

    def step(self, x: Tensor, state: State, seen: Tensor) -> State:
        x_gates, x_new = x.tensor_split([2 * self.hidden_size], -1)
        if self.reset_after:
            gates, new = F.linear(seen, self.weight_hh, self.bias_hh).tensor_split([2 * self.hidden_size], -1)
            r, z = torch.sigmoid(x_gates + gates).chunk(2, -1)
            n = torch.tanh(x_new + r * new)
        else:
            gates, new = self.weight_hh.tensor_split([2 * self.hidden_size])
            b_gates, b_new = (
                (None, None) if self.bias_hh is None else self.bias_hh.tensor_split([2 * self.hidden_size])
            )
            r, z = torch.sigmoid(x_gates + F.linear(seen, gates, b_gates)).chunk(2, -1)
            n = torch.tanh(x_new + F.linear(r * seen, new, b_new))
        return ((1 - z) * n + z * state[0],)

    def scan(
        self,
        x: Float[Tensor, "batch time features"],
        state: State,
        mask: Bool[Tensor, "batch time"] | None = None,
        keep: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        if not self.reset_after or keep is not None or not kernel_serves():
            return super().scan(x, state, mask, keep)
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if blocks_serve(x, state[0], *weights):
            return fused_scan(lambda x, before: GRUPasses()(x, before, *weights), x, state, mask)
        return fused_scan(lambda x, before: run_kernel(torch.gru, x, before, weights), x, state, mask)
