"""The Jordan network: what it remembers is its own output."""

from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import Cell, Recurrent
from netwright.layers.recurrent.cell import State


@final
class JordanNetwork(nn.Module):
    """A network of one hidden layer that reads, beside its input, a fading memory of its own outputs.

    Use it where the output is all that need be remembered, as in a movement that goes on from where it is, or
    a plan that is carried out: the input may stay the same and the answers still follow each other. An Elman
    network (`Recurrent(ElmanCell(...))`) remembers its hidden layer instead.

        h_t = tanh(W x_t + U s_t + b),   y_t = V h_t + c
        s_(t+1) = memory s_t + y_t,   s_1 = 0

    Args:
        features: of each step.
        n_outputs: numbers at each step.
        hidden: units.
        memory: share of what is remembered that is left a step later, from 0 to below 1.

    Raises:
        InputError: when memory is not from 0 to below 1.

    Example:
        >>> JordanNetwork(features=3, n_outputs=2, hidden=8)(torch.zeros(4, 6, 3)).shape
        torch.Size([4, 6, 2])

    Source:
        Jordan (1986), "Serial Order: A Parallel Distributed Processing Approach", ICS Report 8604, University
        of California, San Diego.
        Differs: hidden units are tanh instead of logistic, and outputs are linear.
    """

    def __init__(self, features: int, n_outputs: int, hidden: int = 32, memory: float = 0.5) -> None:
        super().__init__()
        if not 0 <= memory < 1:
            raise InputError("memory must be from 0 to below 1", str(memory), "0.5 is usual")
        self.steps = Recurrent(_JordanCell(features, n_outputs, hidden, memory), return_state=False)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time outputs"]:
        y: Tensor = self.steps(x, mask=mask)
        return y


@final
class _JordanCell(Cell):
    """One step: the state is the output and the memory of it."""

    state_parts = 2

    def __init__(self, input_size: int, hidden_size: int, hidden: int, memory: float) -> None:
        super().__init__(input_size, hidden_size)
        self.memory = memory
        self.read = nn.Linear(input_size, hidden)
        self.recall = nn.Linear(hidden_size, hidden, bias=False)
        self.out = nn.Linear(hidden, hidden_size)

    def project(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time hidden"]:
        y: Tensor = self.read(x)
        return y

    def step(self, x: Tensor, state: State, seen: Tensor) -> State:
        y = self.out(torch.tanh(x + self.recall(state[1])))
        return y, self.memory * state[1] + y

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, memory={self.memory}"
