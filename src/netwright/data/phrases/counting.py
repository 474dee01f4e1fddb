"""Compiled: phrases as numbers made of their letters, how often they come, and which words are joined."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

NONE = 0
"""Stands where no phrase ends."""
_BASE = 0x9E3779B97F4A7C15 | 1


@final
class PhraseTable:
    """Counts of words and phrases by the hash of their letters, so that the same letters are the same thing.

    Args:
        n_slots: a power of 2.

    Example:
        >>> table = PhraseTable()
        >>> table.add(np.array([7, 7, 9], np.uint64), np.ones(3, np.int64))
        >>> len(table), table.counts_of(np.array([7, 8, 9], np.uint64)).tolist()
        (2, [2, 0, 1])
    """

    def __init__(self, n_slots: int = 1 << 16) -> None:
        self.keys = np.full(n_slots, NONE, np.uint64)
        self.counts = np.zeros(n_slots, np.int64)
        self.n = 0

    def __len__(self) -> int:
        return self.n

    def add(self, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        """Add to the counts of keys; `NONE` is passed over.

        Args:
            keys: any number of times each.
            counts: one for each.
        """
        start = 0
        while (start := _add(keys, counts, start, self.keys, self.counts)) < len(keys):
            self._grow()
        self.n = int(np.count_nonzero(self.keys))

    def _grow(self) -> None:
        keys, counts = self.keys, self.counts
        kept = keys != NONE
        self.keys = np.full(2 * len(keys), NONE, np.uint64)
        self.counts = np.zeros(2 * len(keys), np.int64)
        _add(keys[kept], counts[kept], 0, self.keys, self.counts)

    def counts_of(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return how often keys came.

        Args:
            keys: any.
        """
        found: NDArray[np.int64] = _look_up(keys, self.keys, self.counts)
        return found


def word_keys(words: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the key of each word, and what a key before it is multiplied by where both are joined.

    Args:
        words: any.

    Example:
        >>> keys, factors = word_keys(["new", "_", "york", "new_york"])
        >>> with np.errstate(over="ignore"):
        ...     joined = (keys[0] * factors[1] + keys[1]) * factors[2] + keys[2]
        >>> bool(joined == keys[3])
        True
    """
    coded = [word.encode(errors="surrogatepass") for word in words]
    ends = np.cumsum([len(one) for one in coded], dtype=np.int64)
    keys, factors = _hash(np.frombuffer(b"".join(coded) + b"\0", np.uint8), ends)
    return keys, factors


@njit(nogil=True, cache=True)
def _hash(letters: Any, ends: Any) -> Any:
    keys, factors = np.empty(len(ends), np.uint64), np.empty(len(ends), np.uint64)
    start = 0
    for word in range(len(ends)):
        key, factor = np.uint64(0), np.uint64(1)
        for at in range(start, ends[word]):
            key = key * np.uint64(_BASE) + np.uint64(letters[at]) + np.uint64(1)
            factor *= np.uint64(_BASE)
        keys[word], factors[word], start = key, factor, ends[word]
    return keys, factors


@njit(nogil=True, cache=True)
def _slot(key: Any, table: Any) -> int:
    """Where a key stands, or would stand."""
    mask = np.uint64(len(table) - 1)
    place = ((key ^ (key >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(20) & mask
    while table[place] != np.uint64(NONE) and table[place] != key:
        place = (place + np.uint64(1)) & mask
    return int(place)


@njit(nogil=True, cache=True)
def _add(keys: Any, amounts: Any, start: int, table: Any, counts: Any) -> int:
    """Add from a place on; returns where it stopped because the table is half full."""
    used = 0
    for key in table:
        used += key != np.uint64(NONE)
    for at in range(start, len(keys)):
        if keys[at] == np.uint64(NONE):
            continue
        place = _slot(keys[at], table)
        if table[place] == np.uint64(NONE):
            if 2 * used >= len(table):
                return at
            used += 1
            table[place] = keys[at]
        counts[place] += amounts[at]
    return len(keys)


@njit(nogil=True, cache=True)
def _look_up(keys: Any, table: Any, counts: Any) -> Any:
    found = np.zeros(len(keys), np.int64)
    for at in range(len(keys)):
        if keys[at] != np.uint64(NONE):
            found[at] = counts[_slot(keys[at], table)]
    return found


@njit(nogil=True, cache=True)
def candidates(
    ids: NDArray[np.int32],
    words: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    between: tuple[int, int],
    connects: NDArray[np.bool_],
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return, for each word of a stream, the key of the phrase that it may end, and that phrase's first word.

    Args:
        ids: numbers of words; negative ones end sentences.
        words: keys and factors of the words, as `word_keys` gives them.
        between: key and factor of the delimiter.
        connects: whether a word is a connector.

    Example:
        >>> words, (delimiter, factor) = word_keys(["york", "new"]), word_keys(["_"])
        >>> between = (delimiter[0], factor[0])
        >>> keys, firsts = candidates(np.array([1, 0, -1], np.int32), words, between, np.zeros(2, bool))
        >>> keys[1] == word_keys(["new_york"])[0][0], keys[2] == NONE, firsts.tolist()
        (np.True_, np.True_, [-1, 1, -1])
    """
    keys, firsts = np.zeros(len(ids), np.uint64), np.full(len(ids), -1, np.int32)
    key, first = np.uint64(NONE), -1
    for at in range(len(ids)):
        one = ids[at]
        if one < 0:
            first = -1
            continue
        if first >= 0:
            key = (key * between[1] + between[0]) * words[1][one] + words[0][one]
        if connects[one]:
            continue
        if first >= 0:
            keys[at], firsts[at] = key, first
        key, first = words[0][one], one
    return keys, firsts


@njit(nogil=True, cache=True)
def choose(
    ids: NDArray[np.int32], passes: NDArray[np.bool_], connects: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Return how many words before a place its phrase begins, 0 where none ends, -1 within phrases.

    From the left, a word is joined to the last one that is no connector, unless that ends a phrase itself.

    Args:
        ids: numbers of words; negative ones end sentences.
        passes: whether the phrase that may end at a place is one.
        connects: whether a word is a connector.

    Example:
        >>> passes = np.array([False, True, True])
        >>> choose(np.array([0, 1, 2], np.int32), passes, np.zeros(3, bool)).tolist()
        [-1, 1, 0]
    """
    spans = np.zeros(len(ids), np.int32)
    start = -1
    for at in range(len(ids)):
        one = ids[at]
        if one < 0:
            start = -1
        elif not connects[one]:
            if start >= 0 and passes[at]:
                spans[at] = at - start
                spans[start:at] = -1
                start = -1
            else:
                start = at
    return spans
