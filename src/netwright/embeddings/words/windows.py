"""Compiled: sentences are read from a stream, frequent words left out by chance."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netwright.training.hogwild.tables import next_random, uniform

LONGEST = 10_000
"""Words of a sentence that are looked at together; windows end where such a piece does."""
DYNAMIC, FREE = True, False
"""Windows whose size is drawn; output vectors that move."""
EVERY = 10_000
"""Words after which the rate is looked at anew."""


def keep_thresholds(counts: NDArray[np.int64], subsample: float) -> NDArray[np.uint64]:
    """Return for each word the bound below which 32 random bits keep it.

    A word of share f of the corpus is kept with probability min(1, (sqrt(f / t) + 1) t / f), as word2vec's
    program does it.

    Args:
        counts: of each word.
        subsample: t, the share from which on words are thinned out; 0 keeps all.

    Example:
        >>> (keep_thresholds(np.array([990, 10]), 0.01) / 2**32).round(3).tolist()
        [0.111, 1.0]
    """
    if subsample <= 0:
        return np.full(len(counts), 2**32, np.uint64)
    over = counts / (subsample * counts.sum())
    kept = np.minimum(1.0, (np.sqrt(over) + 1) / over)
    bounds: NDArray[np.uint64] = (kept * 2.0**32).astype(np.uint64)
    return bounds


@njit(nogil=True, cache=True)
def _kept(threshold: Any, state: Any) -> Any:
    """Whether a word stays; chance is asked only where it may go."""
    return threshold >= np.uint64(4294967296) or (next_random(state) >> np.uint64(32)) < threshold


@njit(nogil=True, cache=True)
def next_sentence(stream: Any, at: int, end: int, keep: Any, state: Any, words: Any) -> tuple[int, int, int]:
    """Read the next sentence, or a piece of it, into `words`.

    Returns:
        (where to go on, words that were kept, words that were read).
    """
    n = read = one = 0
    while at < end and one >= 0 and n < len(words):
        one = stream[at]
        at += 1
        if one >= 0:
            read += 1
            if _kept(keep[one], state):
                words[n] = one
                n += 1
    return at, n, read


@njit(nogil=True, cache=True, inline="always")
def reach(state: Any, window: Any, dynamic: Any) -> Any:
    """How far a window reaches to each side: drawn from 1 to its size, or always its size."""
    return 1 + int(uniform(next_random(state), window)) if dynamic else window


@njit(nogil=True, cache=True)
def window_of(words: Any, i: int, size: int, n: int, inside: Any) -> int:
    """Write the words of a window, without the one in its middle; returns how many."""
    n_in = 0
    for j in range(max(0, i - size), min(n, i + size + 1)):
        if j != i:
            inside[n_in] = words[j]
            n_in += 1
    return n_in


@njit(nogil=True, cache=True)
def rate_now(
    counts: Any, place: int, done: int, before: int, total: int, rate: float, last_rate: float
) -> Any:
    """Tell how far this part is, and return the rate, which falls by the words of all parts."""
    counts[place, 0] = done
    share = min(1.0, (before + counts[:, 0].sum()) / total)
    return np.float32(rate + (last_rate - rate) * share)
