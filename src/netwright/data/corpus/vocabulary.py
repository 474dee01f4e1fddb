"""The words of a corpus, the frequent ones first."""

import difflib
from collections.abc import Iterable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError


class UnknownWordError(InputError, KeyError):
    """Words that a vocabulary does not have, with words of a like spelling."""

    def __str__(self) -> str:
        return ValueError.__str__(self)


@final
class Vocabulary:
    """Words with their numbers and how often they come.

    Args:
        words: all different.
        counts: of each, 1 where it is not known.

    Raises:
        InputError: when a word comes twice, or there are not as many counts as words.

    Example:
        >>> vocabulary = Vocabulary(["the", "cat"], [7, 2])
        >>> len(vocabulary), "cat" in vocabulary, vocabulary.ids(["cat", "the"]).tolist()
        (2, True, [1, 0])
        >>> vocabulary.ids(["cats"])
        Traceback (most recent call last):
        netwright.data.corpus.vocabulary.UnknownWordError: words must be among the 2 known ...
    """

    def __init__(self, words: Iterable[str], counts: Sequence[int] | NDArray[np.int64] | None = None) -> None:
        self.words = list(words)
        n = len(self.words)
        self.counts = np.ones(n, np.int64) if counts is None else np.asarray(counts, np.int64)
        self._ids = {word: number for number, word in enumerate(self.words)}
        if len(self._ids) != n:
            twice = next(word for number, word in enumerate(self.words) if self._ids[word] != number)
            raise InputError("words must all be different", f"{twice!r} twice", "drop one of them")
        if len(self.counts) != n:
            raise InputError(
                "counts must be one for each word", f"{len(self.counts)} for {n}", "give both of one length"
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def get(self, word: str) -> int | None:
        """Return the number of a word, None for an unknown one.

        Args:
            word: any.
        """
        return self._ids.get(word)

    def ids(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Return the numbers of words.

        Args:
            words: all known.

        Raises:
            UnknownWordError: names those that are not, and words of a like spelling.
        """
        wanted = list(words)
        unknown = [word for word in wanted if word not in self._ids]
        if unknown:
            near = {word: self.alike(word) for word in unknown[:3]}
            told = "; ".join(f"near {word!r} stand {', '.join(n)}" for word, n in near.items() if n)
            raise UnknownWordError(
                f"words must be among the {len(self)} known ones",
                ", ".join(map(repr, unknown[:10])),
                told or "train with a lower min_count, or on texts that have them",
            )
        return np.array([self._ids[word] for word in wanted], np.int64)

    def alike(self, word: str, n: int = 3) -> list[str]:
        """Return known words of a like spelling, the likest first.

        Args:
            word: that is not known.
            n: at most so many.

        Example:
            >>> Vocabulary(["house", "mouse", "tree"]).alike("hause")
            ['house', 'mouse']
        """
        return difflib.get_close_matches(word, self.words, n=n, cutoff=0.6)
