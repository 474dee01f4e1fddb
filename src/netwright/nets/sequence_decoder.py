"""A sequence of numbers, written step by step from the state that an encoder has left."""

from typing import cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent
from netwright.nets.recurrent_stack import CellMaker, State, stack_cells


@final
class SequenceDecoder(nn.Module):
    """Recurrent cells that write numbers, beginning with the state that others have left.

    Use it behind a recurrent encoder with cells of the same kind, depth and width. By itself it reads nothing
    and goes on from its state alone; it may read a vector at every step, such as a summary of what was read,
    the same every time, or what is known of each step beforehand; and its own last answer, for series whose
    next value hangs on the last one.

        h_t = cells([v_t; y_(t-1)], h_(t-1)),  y_t = W h_t + b

    Args:
        n_outputs: numbers at each step.
        hidden: features of each layer.
        depth: layers.
        cell: (features in, features out) -> cell.
        n_vector: features of the vectors v that are read; 0 for none.
        feed_back: whether the last answer is read.
        dropout: share of each layer's output that the next one does not see.

    Raises:
        InputError: in forward, when a vector is given to a decoder that reads none, is not given to one that
            does, or is of other steps, or when there is no step to write.

    Example:
        >>> decoder = SequenceDecoder(n_outputs=2, hidden=4, feed_back=True)
        >>> state = ((torch.zeros(3, 4), torch.zeros(3, 4)),)
        >>> decoder(state, 5).shape
        torch.Size([3, 5, 2])

    Source:
        Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014), "Learning Phrase
        Representations using RNN Encoder-Decoder for Statistical Machine Translation", arXiv:1406.1078;
        without inputs: Srivastava, Mansimov and Salakhutdinov (2015), "Unsupervised Learning of Video
        Representations using LSTMs", arXiv:1502.04681.
        Differs: numbers in place of words, and the answer is read from the state alone.
    """

    def __init__(
        self,
        n_outputs: int,
        hidden: int = 64,
        depth: int = 1,
        cell: CellMaker = LSTMCell,
        n_vector: int = 0,
        feed_back: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.n_outputs, self.n_vector, self.feed_back = n_outputs, n_vector, feed_back
        read = n_vector + (n_outputs if feed_back else 0)
        self.layers = Recurrent(stack_cells(cell, max(read, 1), hidden, depth), dropout=dropout)
        self.out = nn.Linear(hidden, n_outputs)

    def forward(
        self,
        state: tuple[State, ...],
        steps: int,
        vector: Float[Tensor, "batch features"] | Float[Tensor, "batch steps features"] | None = None,
        first: Float[Tensor, "batch outputs"] | None = None,
        truth: Float[Tensor, "batch steps outputs"] | None = None,
        mask: Bool[Tensor, "batch steps"] | None = None,
    ) -> Float[Tensor, "batch steps outputs"]:
        """Write.

        Args:
            state: to begin with, of every layer.
            steps: to write.
            vector: one that is read at every step, or one for each step.
            first: read as the answer before the first; None for zeros.
            truth: read in place of the answers, as in training; None for the answers themselves.
            mask: True where a step is real; the others leave the state as it is and give zeros.
        """
        self._check(steps, vector)
        if vector is not None and vector.ndim == 2:
            vector = vector[:, None].expand(-1, steps, -1)
        begin = state[0][0].new_zeros(state[0][0].shape[0], self.n_outputs) if first is None else first
        if not self.feed_back:
            fed = begin.new_zeros(begin.shape[0], steps, 0)
        elif truth is not None and mask is None:
            fed = torch.cat([begin[:, None], truth[:, :-1]], 1)
        else:
            return self._step_by_step(state, steps, vector, begin, truth, mask)
        states, _ = self.layers(self._beside(vector, fed), state, mask)
        return self._answer(states, mask)

    def _step_by_step(
        self,
        state: tuple[State, ...],
        steps: int,
        vector: Tensor | None,
        last: Tensor,
        truth: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        """What is written where each answer, or the truth of the last real step, is read at the next step."""
        written = []
        for step in range(steps):
            real = None if mask is None else mask[:, step : step + 1]
            beside = None if vector is None else vector[:, step : step + 1]
            h, state = self.layers(self._beside(beside, last[:, None]), state, real)
            written.append(self._answer(h, real))
            said = (written[-1] if truth is None else truth[:, step : step + 1])[:, 0]
            last = said if real is None else torch.where(real, said, last)
        return torch.cat(written, 1)

    def _answer(self, states: Tensor, mask: Tensor | None) -> Tensor:
        answers = cast("Tensor", self.out(states))
        return answers if mask is None else torch.where(mask[..., None], answers, 0)

    def _beside(self, vector: Tensor | None, fed: Tensor) -> Tensor:
        """What the lowest cell reads: the vectors, what is fed, or one zero where there is neither."""
        if vector is not None:
            fed = torch.cat([vector.to(fed), fed], -1)
        return fed if fed.shape[-1] else fed.new_zeros(*fed.shape[:2], 1)

    def _check(self, steps: int, vector: Tensor | None) -> None:
        if steps < 1:
            raise InputError("steps must be at least 1", str(steps), "count what is to be written")
        came = 0 if vector is None else vector.shape[-1]
        if came != self.n_vector:
            wanted = f"vectors of {self.n_vector} features" if self.n_vector else "no vector"
            raise InputError(f"the decoder reads {wanted}", str(came), "build it with n_vector")
        if vector is not None and vector.ndim == 3 and vector.shape[1] != steps:
            raise InputError(f"vectors must be of {steps} steps", str(vector.shape[1]), "cut them alike")
