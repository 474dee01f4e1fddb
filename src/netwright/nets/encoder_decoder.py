"""Encoder and decoder for numbers: a series is read, and so many steps are written, all from its summary."""

from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent
from netwright.nets.recurrent_stack import CellMaker, stack_cells
from netwright.nets.sequence_decoder import SequenceDecoder


@final
class EncoderDecoder(nn.Module):
    """Reads a series of any length and writes another of fixed length from what it remembers.

    Use it to forecast many steps of a series at once, or to turn one series into another. The decoder begins
    with the encoder's state. With `repeat` it also reads the summary at every step, so that it need not
    remember it; with `feed_back` it reads its last answer, so that each step goes on from the one before; and
    it reads what is known of the steps beforehand, such as a calendar.

        s = encoder(x_1 ... x_T) at the end,  h_0 = s
        h_t = decoder([s; known_t; y_(t-1)], h_(t-1)),  y_t = W h_t + b

    Steps that are not real change nothing.

    Args:
        n_features: of each step that is read.
        n_outputs: numbers at each step that is written.
        horizon: steps that are written.
        hidden: features of each layer.
        depth: layers of either.
        cell: (features in, features out) -> cell.
        repeat: whether the summary is read at every step.
        feed_back: whether the last answer is read; while training, the truth where it is given.
        n_known: features that are known of each step beforehand.
        dropout: share of each layer's output that the next one does not see.

    Raises:
        InputError: when there is nothing to write; in forward, when what is read has other features.

    Example:
        >>> network = EncoderDecoder(n_features=3, n_outputs=1, horizon=4, hidden=8)
        >>> network(torch.zeros(2, 6, 3)).shape
        torch.Size([2, 4, 1])

    Source:
        Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014), "Learning Phrase
        Representations using RNN Encoder-Decoder for Statistical Machine Translation", arXiv:1406.1078; fed
        with its own answers: Sutskever, Vinyals and Le (2014), "Sequence to Sequence Learning with Neural
        Networks", arXiv:1409.3215.
        Differs: numbers in place of words, and the answer is read from the state alone.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        horizon: int,
        hidden: int = 64,
        depth: int = 1,
        cell: CellMaker = LSTMCell,
        repeat: bool = True,
        feed_back: bool = False,
        n_known: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if horizon < 1:
            raise InputError("horizon must be at least 1", str(horizon), "count the steps to write")
        self.n_features, self.horizon, self.repeat = n_features, horizon, repeat
        self.encoder = Recurrent(stack_cells(cell, n_features, hidden, depth), dropout=dropout)
        read = n_known + (hidden if repeat else 0)
        self.decoder = SequenceDecoder(n_outputs, hidden, depth, cell, read, feed_back, dropout)

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        mask: Bool[Tensor, "batch time"] | None = None,
        known: Float[Tensor, "batch horizon known"] | None = None,
        first: Float[Tensor, "batch outputs"] | None = None,
        truth: Float[Tensor, "batch horizon outputs"] | None = None,
    ) -> Float[Tensor, "batch horizon outputs"]:
        """Return what is written.

        Args:
            x: what is read.
            mask: True where a step is real.
            known: of each step beforehand.
            first: read as the answer before the first, such as the last value seen; None for zeros.
            truth: what is right, read in place of the answers while training; None for the answers.
        """
        if x.shape[2] != self.n_features:
            mend = "build the network with n_features"
            raise InputError(f"steps must have {self.n_features} features", str(x.shape[2]), mend)
        state = self.encoder(x, mask=mask)[1]
        summary = state[-1][0][:, None].expand(-1, self.horizon, -1) if self.repeat else None
        parts = [part for part in (summary, known) if part is not None]
        vectors = torch.cat(parts, 2) if parts else None
        given = truth if self.training else None
        written: Tensor = self.decoder(state, self.horizon, vectors, first, given)
        return written
