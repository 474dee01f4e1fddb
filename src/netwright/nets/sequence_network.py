"""Recurrent cells over a sequence, and one answer for it, or one for each step."""

from typing import Literal, cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import AverageOverTime, GRUCell, MaxOverTime, Recurrent, StructuredSelfAttention
from netwright.nets.recurrent_stack import CellMaker, State, stack_cells

Pooling = Literal["last", "mean", "max", "attention", "each"]
POOLINGS = ("last", "mean", "max", "attention", "each")


@final
class SequenceNetwork(nn.Module):
    """Recurrent layers whose states become one answer for a sequence, or an answer for each step.

    Use it to classify series, to foretell a number of one, or with "each" to label steps; estimators of
    `netwright.sequence` do. Steps that are not real have no influence, and their answers are zero.

        h_t = cells(x_t, h_(t-1));   y = W pool(h_1 ... h_T) + b,  or y_t = W h_t + b

    Args:
        n_features: of a step.
        n_outputs: numbers of an answer.
        cell: (features in, features out) -> cell.
        width: features of each cell.
        depth: layers.
        bidirectional: whether each layer reads from both ends.
        dropout: share of each layer's output that the next one, the last one's that the answer, does not see.
        pooling: "last" state of each direction, "mean" or "max" of all, "attention" for a mean by learned
            weights, or "each" for an answer at every step.

    Raises:
        InputError: when pooling is none of these.

    Example:
        >>> network = SequenceNetwork(n_features=3, n_outputs=2, width=8)
        >>> network(torch.zeros(4, 10, 3)).shape
        torch.Size([4, 2])

    Source:
        Elman (1990), "Finding Structure in Time", doi:10.1207/s15516709cog1402_1; both ends: Schuster and
        Paliwal (1997), "Bidirectional Recurrent Neural Networks", doi:10.1109/78.650093; attention: Lin et
        al. (2017), "A Structured Self-attentive Sentence Embedding", arXiv:1703.03130.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        cell: CellMaker = GRUCell,
        width: int = 64,
        depth: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        pooling: str = "last",
    ) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise InputError(f"pooling must be one of {', '.join(POOLINGS)}", repr(pooling), "try 'last'")
        directions = 2 if bidirectional else 1
        cells = stack_cells(cell, n_features, width, depth, directions)
        backward = stack_cells(cell, n_features, width, depth, directions) if bidirectional else None
        self.layers = Recurrent(cells, backward, dropout=dropout, return_sequences=pooling != "last")
        features, self.pooling = directions * width, pooling
        self.pool: nn.Module | None = None
        if pooling == "mean":
            self.pool = AverageOverTime()
        elif pooling == "max":
            self.pool = MaxOverTime()
        elif pooling == "attention":
            self.pool = StructuredSelfAttention(features, features, 1)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(features, n_outputs)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch *time outputs"]:
        return self.proceed(x, None, mask)[0]

    def proceed(
        self,
        x: Float[Tensor, "batch time features"],
        state: tuple[State, ...] | None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> tuple[Float[Tensor, "batch *time outputs"], tuple[State, ...]]:
        """Return the answer and the state that is left, with which the next piece of the sequence goes on.

        Args:
            x: a sequence, or a piece of one.
            state: that the piece before has left; None at the beginning.
            mask: True where a step is real; None for everywhere.
        """
        states, left = cast("tuple[Tensor, tuple[State, ...]]", self.layers(x, state, mask))
        if self.pool is not None:
            states = self.pool(states, mask)
            states = states.flatten(1)
        answers = self.out(self.dropout(states))
        if mask is not None and self.pooling == "each":
            answers = torch.where(mask[:, :, None], answers, 0)
        return answers, left
