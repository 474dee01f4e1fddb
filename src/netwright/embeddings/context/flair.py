"""Flair: vectors of words from the states of two character language models at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.data import Tokenizer
from netwright.embeddings.characters.alphabet import TEXT_BEGIN, TEXT_END, Alphabet
from netwright.embeddings.context.learning import TextObjective, draw_seed, learn
from netwright.embeddings.context.reading import batches_of_like_length, listed_texts, padded, starts_of
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists
from netwright.nets import CharacterLanguageModel
from netwright.training import Training

PIECE = 64
"""Characters that are learned from in one row."""
DEFAULTS = Training(epochs=10, batch_size=32, learning_rate=5e-3, validation=0.0)


@final
@dataclass(eq=False, repr=False)
class FlairEmbedder(TokenEmbedder):
    """Contextual string embeddings: what two character language models know at the ends of a word.

    Use it for names, rare words and spellings of the day, where even a vocabulary of subwords fails: nothing
    in it knows of words. The forward model has read the text up to the word's last letter, the backward
    model the text behind it down to the word's first letter.

        vector of a word = [forward state after its last character ; backward state after its first one]

    Tokens are joined by single blanks.

    Args:
        hidden: features of each model's state; vectors have twice as many.
        character_width: features of a character.
        tokenizer: how texts are cut into words in `transform`.
        training: the recipe of both models; by default 10 epochs in batches of 32 pieces of 64 characters.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when the texts hold no character.

    Example:
        >>> texts = ["the river bank was wet", "the bank lent money"] * 10
        >>> model = FlairEmbedder(hidden=8, training=Training(epochs=1), random_state=0).fit(texts)
        >>> river, money = model.transform_tokens([["river", "bank"], ["the", "bank"]])
        >>> river.shape, bool(np.allclose(river[1], money[1]))
        ((2, 16), False)

    Source:
        Akbik, Blythe and Vollgraf (2018), "Contextual String Embeddings for Sequence Labeling",
        https://aclanthology.org/C18-1139.
        Differs: states are taken at the word's own characters, as the paper's text has it, where flair reads
        on to the blank beside; each piece of 64 characters is learned from an empty state.
    """

    hidden: int = 128
    character_width: int = 32
    tokenizer: Tokenizer | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train both models on texts, characters as they stand.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        texts = listed_texts(X)
        self.alphabet_ = Alphabet.learn(texts)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        flat = _framed(self.alphabet_.numbers("".join(texts)), lengths)
        seed = draw_seed(self.random_state)
        self.network_, self.record_ = self._trained(flat, seed)
        self.backward_network_, self.backward_record_ = self._trained(np.ascontiguousarray(flat[::-1]), seed)
        return self

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, 2 * hidden).

        Args:
            tokens: of each text.
        """
        check_is_fitted(self)
        rows = check_token_lists(tokens)
        texts = [" ".join(row) for row in rows]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        numbers = self.alphabet_.numbers("".join(texts))
        starts = starts_of(lengths)
        found: list[NDArray[np.float32]] = [np.zeros((0, 2 * self.hidden), np.float32)] * len(rows)
        for some in batches_of_like_length(lengths + 1):
            states = self._states(padded(numbers, starts[some], lengths[some]), lengths[some])
            for row, (after, before) in zip(some.tolist(), zip(*states, strict=True), strict=True):
                sizes = np.fromiter(map(len, rows[row]), np.int64, len(rows[row]))
                first = starts_of(sizes + 1)
                last = np.maximum(first + sizes - 1, 0)
                found[row] = np.concatenate([after[last + 1], before[first + 1]], 1)
        return found

    @property
    def width_(self) -> int:
        """Features of each token's vector."""
        return 2 * self.hidden

    def _trained(self, flat: NDArray[np.int64], seed: int) -> tuple[CharacterLanguageModel, Any]:
        with isolated_seed(seed):
            n_characters = self.alphabet_.n_characters
            network = CharacterLanguageModel(n_characters, self.hidden, self.character_width)
        record = learn(network, CharacterGuessing(), PieceSamples(flat), self.training, DEFAULTS, seed)
        return network, record

    @torch.inference_mode()
    def _states(
        self, characters: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """States after each character at its place + 1: of the forward model, and of the backward one."""
        ends = lengths[:, None]
        places = np.arange(characters.shape[1] + 1)
        turned = np.take_along_axis(characters, np.maximum(ends - 1 - places[:-1], 0), 1)
        read = [
            network.states(torch.from_numpy(np.pad(text, ((0, 0), (1, 0)), constant_values=mark))).numpy()
            for network, text, mark in (
                (self.network_, characters, TEXT_BEGIN),
                (self.backward_network_, turned, TEXT_END),
            )
        ]
        home = np.clip(ends + 1 - places, 0, places[-1])
        return read[0], np.take_along_axis(read[1], home[..., None], 1)


class Pieces(NamedTuple):
    """Pieces of text.

    Args:
        characters: (batch, time).
        following: (batch, time), the next of each.
        real: (batch, time), whether there is one.
    """

    characters: Tensor
    following: Tensor
    real: Tensor


@final
class PieceSamples:
    """One long text in pieces, each with the character behind it.

    Args:
        flat: its characters.

    Example:
        >>> PieceSamples(np.array([4, 6, 5]))[torch.tensor([0])].following
        tensor([[6, 5]])
    """

    def __init__(self, flat: NDArray[np.int64]) -> None:
        self.flat = flat
        self.starts = np.arange(0, max(len(flat) - 1, 0), PIECE)
        self.lengths = np.minimum(len(flat) - 1 - self.starts, PIECE)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: Tensor) -> Pieces:
        some = rows.numpy()
        starts, lengths = self.starts[some], self.lengths[some]
        characters, following = (padded(self.flat, starts + shift, lengths) for shift in (0, 1))
        real = np.arange(characters.shape[1]) < lengths[:, None]
        return Pieces(*map(torch.from_numpy, (characters, following, real)))


@final
class CharacterGuessing(TextObjective):
    """Mean cross-entropy of the next character.

    Example:
        >>> CharacterGuessing().n_rows((torch.zeros(3, 2),))
        3
    """

    def loss(self, network: nn.Module, batch: Pieces) -> Tensor:
        """Return the mean over all characters."""
        guesses = network(batch.characters)
        return F.cross_entropy(guesses[batch.real], batch.following[batch.real])


def _framed(flat: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Texts one behind the other, a mark before and behind each."""
    ends = np.cumsum(lengths)
    return np.insert(
        np.insert(flat, ends, TEXT_END), starts_of(lengths) + np.arange(len(lengths)), TEXT_BEGIN
    )
