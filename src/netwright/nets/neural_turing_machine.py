"""The neural Turing machine: a recurrent controller beside a memory that it reads and writes."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.layers import LSTMCell, NTMRead, NTMWrite
from netwright.layers.recurrent.cell import State, where_real

EMPTY = 1e-6
"""What stands in the memory at the beginning; not zero, which is alike to no key."""


@final
class NeuralTuringMachine(nn.Module):
    """A recurrent network with a memory beside it, which it reads and writes by soft addresses.

    Use it for sequences that need a store larger than a state, and algorithms that go on beyond the lengths
    they were learned on: copying, repeating, looking up. For ordinary series an LSTM learns sooner. Clip the
    gradient, and begin with short sequences.

        h_t = LSTM([x_t, r_(t-1)], h_(t-1))
        r_t = read(M_(t-1)),   M_t = write(M_(t-1))   with addresses from h_t
        y_t = W [h_t, r_t] + b

    The state is (h, c, what was read, the memory, the read addresses, the write addresses). The number of
    places is no matter of the weights: `initial_state` gives a larger memory to a network that has learned.

    Args:
        input_size: features of each step.
        output_size: numbers given at each step; logits where they are bits.
        hidden: units of the controller.
        n_places: of the memory.
        memory_width: features of a place.
        n_heads: vectors read, and written, side by side.
        max_shift: places that one step may move, either way.

    Example:
        >>> machine = NeuralTuringMachine(input_size=5, output_size=4, n_places=10)
        >>> y, state = machine(torch.zeros(2, 7, 5))
        >>> y.shape, state[3].shape
        (torch.Size([2, 7, 4]), torch.Size([2, 10, 20]))

    Source:
        Graves, Wayne and Danihelka (2014), "Neural Turing Machines", arXiv:1410.5401; the first content, the
        same small number everywhere: Collier and Beel (2018), "Implementing Neural Turing Machines",
        arXiv:1807.08518.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        hidden: int = 100,
        n_places: int = 128,
        memory_width: int = 20,
        n_heads: int = 1,
        max_shift: int = 1,
    ) -> None:
        super().__init__()
        self.n_places, self.memory_width, self.n_heads = n_places, memory_width, n_heads
        self.controller = LSTMCell(input_size + n_heads * memory_width, hidden)
        self.read = NTMRead(hidden, memory_width, n_heads, max_shift)
        self.write = NTMWrite(hidden, memory_width, n_heads, max_shift)
        self.out = nn.Linear(hidden + n_heads * memory_width, output_size)

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        state: State | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch time outputs"], State]:
        """The outputs and the last state; a step that is not real changes nothing and gives 0.

        Args:
            x: steps.
            state: before the first of them; None for the beginning.
            mask: True where a step is real.
        """
        outputs, states = self._run(x, state, mask)
        return torch.stack(outputs, 1), states[-1]

    def initial_state(self, x: Float[Tensor, "batch features"], n_places: int | None = None) -> State:
        """An empty memory, with all heads at its first place.

        Args:
            x: the first step.
            n_places: of the memory; None for as many as the network was built with.
        """
        n_rows, n_places = len(x), n_places or self.n_places
        nothing = x.new_zeros(n_rows, self.controller.hidden_size)
        nothing_read = x.new_zeros(n_rows, self.n_heads * self.memory_width)
        memory = x.new_full((n_rows, n_places, self.memory_width), EMPTY)
        first = F.pad(x.new_ones(n_rows, self.n_heads, 1), (0, n_places - 1))
        return nothing, nothing, nothing_read, memory, first, first

    @torch.no_grad()
    def addresses(
        self, x: Float[Tensor, "batch time features"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time heads places"], Float[Tensor, "batch time heads places"]]:
        """Where the heads read and where they write at each step: how much of each place.

        Use it to see what the network does: copying is a diagonal of writing, then one of reading.

        Args:
            x: steps.
            state: before the first of them; None for the beginning.
        """
        _, states = self._run(x, state, None)
        return torch.stack([one[4] for one in states], 1), torch.stack([one[5] for one in states], 1)

    def _run(self, x: Tensor, state: State | None, mask: Tensor | None) -> tuple[list[Tensor], list[State]]:
        x = x if mask is None else where_real(mask, x, torch.zeros_like(x))
        state = self.initial_state(x[:, 0]) if state is None else state
        outputs: list[Tensor] = []
        states: list[State] = []
        for t, step in enumerate(x.unbind(1)):
            output, new = self._step(step, state)
            if mask is not None:
                output = where_real(mask[:, t], output, torch.zeros_like(output))
                new = tuple(where_real(mask[:, t], *pair) for pair in zip(new, state, strict=True))
            state = new
            outputs.append(output)
            states.append(state)
        return outputs, states

    def _step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h, c, seen, memory, reading, writing = state
        h, c = self.controller(torch.cat([x, seen], -1), (h, c))
        vectors, reading = self.read(h, memory, reading)
        memory, writing = self.write(h, memory, writing)
        seen = vectors.flatten(1)
        output: Tensor = self.out(torch.cat([h, seen], -1))
        return output, (h, c, seen, memory, reading, writing)

    def extra_repr(self) -> str:
        return f"n_places={self.n_places}, memory_width={self.memory_width}, n_heads={self.n_heads}"
