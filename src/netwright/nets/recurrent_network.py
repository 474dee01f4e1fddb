"""The recurrent network: any cell, in layers and directions, with inputs and outputs in any topology."""

from typing import cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent
from netwright.nets.recurrent_stack import CellMaker, stack_cells
from netwright.nets.topologies import ManyToOne, Topology, check_steps


@final
class RecurrentNetwork(nn.Module):
    """Recurrent layers and a linear one, from sequences or vectors to answers.

    Use it as the first network for series and other sequences: `topology` says whether there is one answer
    for each sequence (`ManyToOne`), one for each step, at once or later (`ManyToMany`), or a sequence for
    each vector (`OneToMany`). Each layer reads the outputs of the one below, so that a higher one can tell
    what takes longer in time. Long sequences may be read in pieces: a stateful network goes on where the
    batch before ended, row by row, until `reset_states` is called; gradients stay within a piece.

        h^1 = cells_1(x), h^2 = cells_2(h^1) ...,  y = W h^depth + b at the steps that the topology picks

    A step that is not real leaves the state as it is; its own answer is zero.

    Args:
        n_features: of each step, or of each vector.
        n_outputs: numbers in an answer.
        hidden: features of each layer, and of each direction.
        depth: layers.
        cell: (features in, features out) -> cell: `layers.LSTMCell`, `GRUCell`, `ElmanCell`, or any other.
        topology: of inputs and outputs; None for `ManyToOne()`.
        bidirectional: whether each layer also reads from the end to the beginning.
        dropout: share of each layer's output that the next one does not see.
        stateful: whether a batch begins with the state that the batch before it left.

    Raises:
        InputError: when directions, topology and a carried state do not go together; in forward, when x has
            other features.

    Example:
        >>> network = RecurrentNetwork(n_features=3, n_outputs=2, hidden=8, depth=2, bidirectional=True)
        >>> mask = torch.arange(6) < torch.tensor([[6], [4]])
        >>> network(torch.zeros(2, 6, 3), mask).shape
        torch.Size([2, 2])

    Source:
        Topologies: Karpathy (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks",
        karpathy.github.io/2015/05/21/rnn-effectiveness; layers: Graves, Mohamed and Hinton (2013), "Speech
        Recognition with Deep Recurrent Neural Networks", arXiv:1303.5778; the carried state: Chollet and
        others (2015), "Keras", https://keras.io.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        hidden: int = 64,
        depth: int = 1,
        cell: CellMaker = LSTMCell,
        topology: Topology | None = None,
        bidirectional: bool = False,
        dropout: float = 0.0,
        stateful: bool = False,
    ) -> None:
        super().__init__()
        self.n_features, self.bidirectional = n_features, bidirectional
        self.topology = ManyToOne() if topology is None else topology
        self._check(stateful)
        directions = 2 if bidirectional else 1
        forward = stack_cells(cell, n_features, hidden, depth, directions)
        backward = stack_cells(cell, n_features, hidden, depth, directions) if bidirectional else None
        self.layers = Recurrent(forward, backward, dropout=dropout, stateful=stateful)
        self.out = nn.Linear(directions * hidden, n_outputs)

    def forward(
        self, x: Float[Tensor, "batch *axes"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch *outputs"]:
        check_steps(x, self.n_features, self.topology)
        read, real = self.topology.lay_out(x, mask)
        outputs, state = self.layers(read, mask=real)
        ends = torch.cat([one[0] for one in state[-2 if self.bidirectional else -1 :]], 1)
        answers = cast("Tensor", self.out(self.topology.pick(outputs, ends, mask)))
        if mask is None or answers.ndim == 2:
            return answers
        return torch.where(mask[..., None], answers, 0)

    def reset_states(self) -> None:
        """Forget what the last batch left, so that the next begins anew."""
        self.layers.reset_state()

    def _check(self, stateful: bool) -> None:
        if self.bidirectional and stateful:
            raise InputError("a state is carried in one direction", "both", "set bidirectional or stateful")
        if (self.bidirectional or stateful) and not self.topology.whole:
            wanted = "a topology that reads its inputs as they are"
            came = type(self.topology).__name__
            mend = "leave bidirectional and stateful off, or take ManyToOne() or ManyToMany()"
            raise InputError(wanted, came, mend)
