"""Pairs of words gathered in a table of a fixed size, and the sorted runs of what it held."""

import heapq
import threading
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

BYTES = 16
"""Of a pair: its two words as one number, the smaller one first, and what it counts."""
LEAST = 1 << 10
FULL_SHARE = 0.6


@final
class SortedRuns:
    """Sorted runs of pairs: a single one stays in memory, more go to a temporary file.

    Args:
        file: a temporary one, open for bytes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryFile() as file:
        ...     runs = SortedRuns(file)
        ...     runs.add(np.array([[1, 2], [5, 1]]))
        ...     runs.add(np.array([[5, 3]]))
        ...     runs.merged().tolist()
        [[1, 2], [5, 4]]
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.first: NDArray[np.int64] | None = None
        self.ends = [0]
        self.lock = threading.Lock()

    def add(self, run: NDArray[np.int64]) -> None:
        """Keep one more run.

        Args:
            run: (pairs, 2), keys that rise, and their sums.
        """
        with self.lock:
            if self.first is None:
                self.first = run
                return
            if len(self.ends) == 1:
                self._write(self.first)
            self._write(run)

    def _write(self, run: NDArray[np.int64]) -> None:
        run.tofile(self.file)
        self.ends.append(self.ends[-1] + len(run))

    def merged(self) -> NDArray[np.int64]:
        """Return the pairs of all runs, sorted, each once."""
        if len(self.ends) == 1:
            return np.empty((0, 2), np.int64) if self.first is None else self.first
        self.first = None
        self.file.flush()
        ends = np.array(self.ends)
        if not ends[-1]:
            return np.empty((0, 2), np.int64)
        pairs = np.memmap(self.file, np.int64, "r", shape=(int(ends[-1]), 2))
        out = np.empty((_merge(pairs, ends, np.empty((0, 2), np.int64)), 2), np.int64)
        _merge(pairs, ends, out)
        return out


@final
class PairTable:
    """An open table of pairs and their sums; each time it is full it becomes a sorted run.

    Args:
        memory: bytes of the table.
        n_pairs: as many as can come, so that short texts get a small table.
        window: of the pairs that will be counted.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryFile() as file:
        ...     runs = SortedRuns(file)
        ...     PairTable(1 << 20, 8, 2).count(np.array([0, 1, 0, -1]), (0, 4), 2, np.array([2, 1]), runs)
        ...     runs.merged().tolist()
        [[0, 1], [1, 4]]
    """

    def __init__(self, memory: int, n_pairs: int, window: int) -> None:
        wanted = min(memory // BYTES, int(n_pairs / FULL_SHARE) + 1)
        size = 1 << (max(wanted, LEAST, 8 * window).bit_length() - 1)
        size *= 2 if size < wanted and 2 * size * BYTES <= memory else 1
        self.keys = np.full(size, -1, np.int64)
        self.sums = np.zeros(size, np.int64)

    def count(
        self,
        ids: NDArray[Any],
        part: tuple[int, int],
        n_words: int,
        weights: NDArray[np.int64],
        runs: SortedRuns,
    ) -> None:
        """Count the pairs of a part of a stream.

        Args:
            ids: the stream.
            part: where the part starts and stops.
            n_words: of the vocabulary.
            weights: what pairs at distances 1, 2, ... count.
            runs: what the table held goes there.
        """
        at, stop = part
        while at < stop:
            at = _gather(ids, at, part[0], stop, n_words, weights, self.keys, self.sums)
            there = self.keys >= 0
            keys, sums = self.keys[there], self.sums[there]
            order = np.argsort(keys)
            runs.add(np.column_stack([keys[order], sums[order]]))
            self.keys.fill(-1)
            self.sums.fill(0)


@njit(nogil=True, cache=True)
def _gather(
    ids: Any, at: int, begin: int, stop: int, n_words: int, weights: Any, keys: Any, sums: Any
) -> int:
    """Add pairs from a place on until the table is full or the part ends; returns where it stopped."""
    mask = np.uint64(len(keys) - 1)
    window, filled = len(weights), 0
    most = int(len(keys) * FULL_SHARE) - window
    while at < stop and filled <= most:
        word = np.int64(ids[at])
        for d in range(1, window + 1):
            if word < 0 or at - d < begin or ids[at - d] < 0:
                break
            other = np.int64(ids[at - d])
            key = min(word, other) * n_words + max(word, other)
            place = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & mask
            while keys[place] >= 0 and keys[place] != key:
                place = (place + np.uint64(1)) & mask
            if keys[place] < 0:
                keys[place] = key
                filled += 1
            sums[place] += weights[d - 1]
        at += 1
    return at


@njit(nogil=True, cache=True)
def _merge(pairs: Any, ends: Any, out: Any) -> int:
    """Merge runs that stand one behind the other; returns how many pairs come out; an empty out counts."""
    at = ends[:-1].copy()
    heap = [(pairs[at[run], 0], run) for run in range(len(at)) if at[run] < ends[run + 1]]
    heapq.heapify(heap)
    n, last = 0, np.int64(-1)
    while heap:
        key, run = heap[0]
        if key != last:
            n, last = n + 1, key
            if len(out):
                out[n - 1, 0], out[n - 1, 1] = key, 0
        if len(out):
            out[n - 1, 1] += pairs[at[run], 1]
        at[run] += 1
        if at[run] < ends[run + 1]:
            heapq.heapreplace(heap, (pairs[at[run], 0], run))
        else:
            heapq.heappop(heap)
    return n
