"""Sequence to sequence: one sequence of symbols is read, another is written, with or without attention."""

from typing import NamedTuple, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import AttentionalState, LSTMCell, MonotonicLocalAttention, Recurrent
from netwright.nets.beam_search import PADDING, START, search_beams
from netwright.nets.recurrent_stack import CellMaker, State, stack_cells


class Written(NamedTuple):
    """What a `Seq2Seq` has written.

    Args:
        symbols: of each sequence, END included, and PADDING behind it.
        scores: logarithms of their probabilities.
        weights: where the attention looked for each symbol; None without one.

    Example:
        >>> Written(torch.tensor([[5, 2, 0]]), torch.tensor([-0.1]), None).symbols.shape
        torch.Size([1, 3])
    """

    symbols: Int[Tensor, "batch steps"]
    scores: Float[Tensor, "batch"]
    weights: Float[Tensor, "batch steps key"] | None


@final
class Seq2Seq(nn.Module):
    """A recurrent encoder reads symbols; a recurrent decoder, begun with its state, writes others.

    Use it to translate, to transliterate, to transform strings. Without attention all that is written comes
    from one state of fixed size, which is too small for long sequences; with it, the decoder looks at the
    states of the encoder at every step, and shows where it looked. Any attention of `layers` serves that
    takes queries and keys of `hidden` features: `GlobalAttention` with a score by Luong, `AdditiveAttention`,
    or local attention.

        keys = encoder(source),  h_t = decoder(y_(t-1), h_(t-1)),  h_0 = the encoder's last state
        p(y_t | y_1 ... y_(t-1)) = softmax(W h_t + b), with attention softmax(W h~_t + b) with
        h~_t = tanh(W_c [attention(h_t, keys); h_t])

    Symbols are numbers: 0 is padding, 1 the start, 2 the end; others begin with 3. A target ends with 2 and
    does not show the start. In training, the decoder reads the true symbol or, with probability
    1 - `teacher_forcing`, its own most probable one.

    Args:
        n_source: symbols that are read, the three above included.
        n_target: symbols that are written, the three above included.
        width: features of a symbol.
        hidden: features of each layer, of encoder and decoder.
        depth: layers of either.
        cell: (features in, features out) -> cell.
        attention: of queries and keys with `hidden` features; None for none.
        bidirectional: whether the encoder reads from both ends, with half of the features each.
        teacher_forcing: probability that the decoder reads the true symbol in training.
        dropout: share of the features of symbols, and between layers, that is not seen.

    Raises:
        InputError: when teacher_forcing is not from 0 to 1, or `hidden` is odd for two directions.

    Example:
        >>> from netwright.layers import DotScore, GlobalAttention
        >>> network = Seq2Seq(n_source=9, n_target=7, hidden=8, attention=GlobalAttention(DotScore()))
        >>> source, target = torch.tensor([[3, 8, 4, 2]]), torch.tensor([[5, 6, 2]])
        >>> network(source, target).shape, network.write(source, steps=4).weights.shape
        (torch.Size([1, 3, 7]), torch.Size([1, 4, 4]))

    Source:
        Sutskever, Vinyals and Le (2014), "Sequence to Sequence Learning with Neural Networks",
        arXiv:1409.3215; attention: Luong, Pham and Manning (2015), "Effective Approaches to Attention-based
        Neural Machine Translation", arXiv:1508.04025; of characters: wanasit, "katakana",
        https://github.com/wanasit/katakana; own symbols in training: Bengio, Vinyals, Jaitly and Shazeer
        (2015), "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks", arXiv:1506.03099.
        Differs: additive attention, too, looks from the state of the same step; `layers.AttentionDecoder`
        looks from the one before, as Bahdanau, Cho and Bengio's.
    """

    def __init__(
        self,
        n_source: int,
        n_target: int,
        width: int = 32,
        hidden: int = 64,
        depth: int = 1,
        cell: CellMaker = LSTMCell,
        attention: nn.Module | None = None,
        bidirectional: bool = True,
        teacher_forcing: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 <= teacher_forcing <= 1:
            raise InputError("teacher_forcing must be from 0 to 1", str(teacher_forcing), "1 is always")
        if bidirectional and hidden % 2:
            raise InputError("hidden must be even for two directions", str(hidden), "add 1")
        self.teacher_forcing = teacher_forcing
        self.source = nn.Embedding(n_source, width, padding_idx=PADDING)
        self.target = nn.Embedding(n_target, width, padding_idx=PADDING)
        half = hidden // 2 if bidirectional else hidden
        directions = 2 if bidirectional else 1
        forward = stack_cells(cell, width, half, depth, directions)
        backward = stack_cells(cell, width, half, depth, directions) if bidirectional else None
        self.encoder = Recurrent(forward, backward, dropout=dropout)
        self.decoder = Recurrent(stack_cells(cell, width, hidden, depth), dropout=dropout)
        self.attention = attention
        self.join = None if attention is None else AttentionalState(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, n_target)

    def forward(
        self,
        source: Int[Tensor, "batch time"],
        target: Int[Tensor, "batch steps"],
        *,
        return_weights: bool = False,
    ) -> (
        Float[Tensor, "batch steps vocabulary"]
        | tuple[Float[Tensor, "batch steps vocabulary"], Float[Tensor, "batch steps time"] | None]
    ):
        """Score every symbol that may stand at each step of the target.

        Args:
            source: what is read, 0 behind its end.
            target: what is to be written, with the end, and 0 behind it.
            return_weights: whether it is told where the attention looked, too.
        """
        keys, state, mask = self._read(source)
        if self.training and self.teacher_forcing < 1:
            scores, weights = self._free(target, state, keys, mask)
        else:
            scores, _, weights = self._tell(_behind_start(target), state, keys, mask, 0)
        return (scores, weights) if return_weights else scores

    @torch.no_grad()
    def write(self, source: Int[Tensor, "batch time"], steps: int, beams: int = 1) -> Written:
        """Write the most probable sequence that is found.

        Args:
            source: what is read, 0 behind its end.
            steps: most symbols to write, the end included.
            beams: beginnings to keep at every step; 1 is greedy.
        """
        keys, state, mask = self._read(source)
        every, real = keys.repeat_interleave(beams, 0), mask.repeat_interleave(beams, 0)

        def step(last: Tensor, state: tuple[State, ...], number: int) -> tuple[Tensor, tuple[State, ...]]:
            scores, state, _ = self._tell(last, state, every, real, number)
            return scores[:, 0], state

        symbols, scores = search_beams(step, state, steps, beams)
        best = symbols[:, 0]
        _, _, weights = self._tell(_behind_start(best), state, keys, mask, 0)
        if weights is not None:
            weights = torch.where((best != PADDING)[..., None], weights, 0)
        return Written(best, scores[:, 0], weights)

    def _read(self, source: Tensor) -> tuple[Tensor, tuple[State, ...], Tensor]:
        """The encoder's outputs, the state that the decoder begins with, and which symbols are real."""
        mask = source != PADDING
        keys, state = self.encoder(self.dropout(self.source(source)), mask=mask)
        if self.encoder.backward_cells is not None:
            pairs = zip(state[::2], state[1::2], strict=True)
            state = tuple(
                tuple(torch.cat(parts, 1) for parts in zip(one, other, strict=True)) for one, other in pairs
            )
        return keys, state, mask

    def _tell(
        self, words: Tensor, state: tuple[State, ...], keys: Tensor, mask: Tensor, place: int
    ) -> tuple[Tensor, tuple[State, ...], Tensor | None]:
        """Scores of the symbols behind each of these, the state after them, and where was looked."""
        h, state = self.decoder(self.dropout(self.target(words)), state)
        if self.attention is None or self.join is None:
            return self.out(h), state, None
        if isinstance(self.attention, MonotonicLocalAttention):
            places = torch.arange(place, place + words.shape[1], device=words.device)[None]
            context, weights = self.attention(h, keys, None, mask, positions=places, return_weights=True)
        else:
            context, weights = self.attention(h, keys, None, mask, return_weights=True)
        return self.out(self.join(context, h)), state, weights

    def _free(
        self, target: Tensor, state: tuple[State, ...], keys: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Scores and looks where the decoder reads its own symbols as often as it is let."""
        word = torch.full_like(target[:, :1], START)
        scores: list[Tensor] = []
        looks: list[Tensor] = []
        for number in range(target.shape[1]):
            told, state, weights = self._tell(word, state, keys, mask, number)
            scores.append(told)
            looks += [] if weights is None else [weights]
            true = torch.rand(word.shape, device=word.device) < self.teacher_forcing
            word = torch.where(true, target[:, number : number + 1], told.argmax(-1))
        return torch.cat(scores, 1), torch.cat(looks, 1) if looks else None


def _behind_start(target: Tensor) -> Tensor:
    """What is read before each symbol of a target."""
    return torch.cat([torch.full_like(target[:, :1], START), target[:, :-1]], 1)
