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
def next_sentence(stream: Any, at: int, end: int, keep: Any, state: Any, words: Any) -> tuple[int, int, int]:
    """Read the next sentence, or a piece of it, into `words`.

    Returns:
        (where to go on, words that were kept, words that were read).
    """
    n = read = 0
    while at < end:
        one = stream[at]
        at += 1
        if one < 0:
            break
        read += 1
        if keep[one] < np.uint64(4294967296) and (next_random(state) >> np.uint64(32)) >= keep[one]:
            continue
        words[n] = one
        n += 1
        if n == len(words):
            break
    return at, n, read


@njit(nogil=True, cache=True, inline="always")
def reach(state: Any, window: Any, dynamic: Any) -> Any:
    """How far a window reaches to each side: drawn from 1 to its size, or always its size."""
    return 1 + int(uniform(next_random(state), window)) if dynamic else window


@njit(nogil=True, cache=True)
def rate_now(
    counts: Any, place: int, done: int, before: int, total: int, rate: float, last_rate: float
) -> Any:
    """Tell how far this part is, and return the rate, which falls by the words of all parts."""
    counts[place, 0] = done
    share = min(1.0, (before + counts[:, 0].sum()) / total)
    return np.float32(rate + (last_rate - rate) * share)
