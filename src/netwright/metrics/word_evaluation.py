"""What evaluations of word vectors share: reading their files, and finding words in a vocabulary."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of an evaluation file with their numbers, but for empty ones and comments.

    Args:
        path: a file of UTF-8.

    Raises:
        InputError: when there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("the evaluation must be a file or an iterable", str(path), "name another file")
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip() and not line.startswith("#"):
                yield number, line.rstrip("\n")


@final
class Space:
    """Words with their unit vectors, looked up with or without regard to upper case.

    Args:
        words: one a row, the frequent ones first.
        vectors: (words, width).
        max_words: so many of the first words are known.
        ignore_case: whether words that differ in case alone are one; the first of them is taken.

    Raises:
        InputError: when there are not as many words as vectors.

    Example:
        >>> space = Space(["Rome", "rome"], np.eye(2), max_words=None, ignore_case=True)
        >>> space.find(["ROME", "Paris"]).tolist()
        [0, -1]
    """

    def __init__(
        self, words: Sequence[str], vectors: ArrayLike, *, max_words: int | None, ignore_case: bool
    ) -> None:
        rows = np.asarray(vectors)
        if rows.ndim != 2 or len(rows) != len(words):
            raise InputError(
                "vectors must be (words, width)",
                f"{rows.shape} for {len(words)} words",
                "give one for each word",
            )
        self.words, rows = list(words)[:max_words], rows[:max_words]
        rows = np.ascontiguousarray(rows, np.float32 if rows.dtype.itemsize <= 4 else np.float64)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        self.units: NDArray[Any] = rows / np.where(norms > 0, norms, 1)
        self.ignore_case = ignore_case
        forms = [self.form(word) for word in self.words]
        self._first: dict[str, int] = {}
        for row, form in enumerate(forms):
            self._first.setdefault(form, row)
        self.firsts = np.fromiter((self._first[form] for form in forms), np.int64, len(forms))
        """Of each row, the first row of the same form."""

    def form(self, word: str) -> str:
        """Return a word as it is looked up.

        Args:
            word: any.
        """
        return word.upper() if self.ignore_case else word

    def find(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Return the row of each word, -1 for unknown ones.

        Args:
            words: any.
        """
        return np.fromiter((self._first.get(self.form(word), -1) for word in words), np.int64)

    def alike(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places in an array of rows, and beside them every row of the same form as the one there.

        Args:
            rows: (n,), first rows of their forms.
        """
        order = np.argsort(self.firsts, kind="stable")
        starts = np.searchsorted(self.firsts[order], rows)
        counts = np.searchsorted(self.firsts[order], rows, side="right") - starts
        places = np.repeat(np.arange(len(rows)), counts)
        within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        return places, order[np.repeat(starts, counts) + within]


def blocks(n: int, size: int) -> Iterator[slice]:
    """Yield slices that cover a range.

    Args:
        n: how long the range is.
        size: of each slice.

    Example:
        >>> list(blocks(3, 2))
        [slice(0, 2, None), slice(2, 3, None)]
    """
    for start, end in itertools.pairwise([*range(0, n, max(size, 1)), n]):
        yield slice(start, end)
