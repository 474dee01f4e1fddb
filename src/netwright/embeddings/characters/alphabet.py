"""The characters of a corpus as numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.embeddings.context.reading import padded, starts_of

PADDING, UNKNOWN, WORD_BEGIN, WORD_END, TEXT_BEGIN, TEXT_END = range(6)
N_MARKS = 6
"""Numbers that stand for no character."""
MAX_LETTERS = 50
"""Letters of a word that are read."""


@final
@dataclass(frozen=True, eq=False)
class Alphabet:
    """Characters that were seen, each with its number; all others share one.

    Args:
        codes: code points of the known ones, rising.

    Example:
        >>> alphabet = Alphabet.learn(["abba", "bc"])
        >>> alphabet.n_characters, alphabet.words(["ab", "x"]).tolist()
        (9, [[2, 6, 7, 3], [2, 1, 3, 0]])
    """

    codes: NDArray[np.uint32]

    @classmethod
    def learn(cls, texts: Iterable[str], most: int = 500) -> "Alphabet":
        """Return the alphabet of texts.

        Args:
            texts: or words.
            most: so many characters at most, the most frequent ones.

        Raises:
            InputError: when there is no character.

        Example:
            >>> len(Alphabet.learn(["aab"], most=1).codes)
            1
        """
        codes, counts = np.unique(_codes("".join(texts)), return_counts=True)
        if not len(codes):
            raise InputError("the texts must hold characters", "none", "give texts that are not empty")
        kept = np.argsort(-counts, kind="stable")[:most]
        return cls(np.sort(codes[kept]))

    @property
    def n_characters(self) -> int:
        """How many numbers there are, the marks counted."""
        return len(self.codes) + N_MARKS

    def numbers(self, text: str) -> NDArray[np.int64]:
        """Return the numbers of the characters of a text.

        Args:
            text: any.

        Example:
            >>> Alphabet.learn(["ab"]).numbers("ba!").tolist()
            [7, 6, 1]
        """
        codes = _codes(text)
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[places] == codes, places + N_MARKS, UNKNOWN).astype(np.int64)

    def rows(self, texts: Sequence[str], most: int) -> NDArray[np.int64]:
        """Return texts as rows of numbers with zeros behind.

        Args:
            texts: any.
            most: characters of each that are read.

        Example:
            >>> Alphabet.learn(["ab"]).rows(["a", "abb"], most=2).tolist()
            [[6, 0], [6, 7]]
        """
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        return padded(self.numbers("".join(texts)), starts_of(lengths), np.minimum(lengths, most))

    def words(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Return words as rows of numbers, with a mark at both of their ends and zeros behind.

        Args:
            words: any.
        """
        letters = self.rows(words, MAX_LETTERS)
        framed = np.pad(letters, ((0, 0), (1, 1)))
        framed[:, 0] = WORD_BEGIN
        framed[np.arange(len(words)), 1 + (letters != PADDING).sum(1)] = WORD_END
        return framed


def mark_words() -> NDArray[np.int64]:
    """Return the two words that stand before and behind a sentence.

    Example:
        >>> mark_words().tolist()
        [[2, 4, 3], [2, 5, 3]]
    """
    return np.array([[WORD_BEGIN, TEXT_BEGIN, WORD_END], [WORD_BEGIN, TEXT_END, WORD_END]], np.int64)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint32)
