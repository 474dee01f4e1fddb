"""Compiled: pairs of words that stand near each other, and the words around and between them."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PAD, FIRST, SECOND, N_SIGNS = 0, 1, 2, 3
"""Numbers that stand for nothing, for the two words of a pair; those of words begin behind them."""


@njit(nogil=True, cache=True)
def pair_places(
    ids: NDArray[np.int32], pairing: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the first word of each pair stands, and how far behind it the second does.

    Args:
        ids: numbers of words; negative ones end sentences.
        pairing: whether a word may be one of a pair.
        window: words between the two at most.

    Example:
        >>> starts, steps = pair_places(np.array([0, 1, 2, -1], np.int32), np.array([True, False, True]), 5)
        >>> starts.tolist(), steps.tolist()
        ([0], [2])
    """
    n = 0
    starts, steps = np.empty(1024, np.int64), np.empty(1024, np.int64)
    for start in range(len(ids)):
        if ids[start] < 0 or not pairing[ids[start]]:
            continue
        for step in range(1, min(window + 1, len(ids) - 1 - start) + 1):
            other = ids[start + step]
            if other < 0:
                break
            if pairing[other] and other != ids[start]:
                if n == len(starts):
                    starts = np.concatenate((starts, np.empty(n, np.int64)))
                    steps = np.concatenate((steps, np.empty(n, np.int64)))
                starts[n], steps[n] = start, step
                n += 1
    return starts[:n], steps[:n]


@njit(nogil=True, cache=True)
def contexts_of(
    ids: NDArray[np.int32], starts: NDArray[np.int64], steps: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words from before each pair to behind it, with signs for the pair, and how many they are.

    Args:
        ids: numbers of words; negative ones end sentences.
        starts: places of first words.
        steps: how far behind them the second ones stand.
        width: columns, 3 more than the farthest step.

    Example:
        >>> ids, starts, steps = np.array([7, 0, 8, 1, -1], np.int32), np.array([1]), np.array([2])
        >>> contexts, lengths = contexts_of(ids, starts, steps, 5)
        >>> contexts.tolist(), lengths.tolist()  # the word before, X, the word between, Y
        ([[10, 1, 11, 2, 0]], [4])
    """
    found, lengths = np.zeros((len(starts), width), np.int64), np.zeros(len(starts), np.int64)
    for row in range(len(starts)):
        start, end = starts[row], starts[row] + steps[row]
        n = 0
        for at in range(max(start - 1, 0), min(end + 2, len(ids))):
            if ids[at] < 0:
                continue  # the end of a sentence, beside the pair
            found[row, n] = FIRST if at == start else SECOND if at == end else ids[at] + N_SIGNS
            n += 1
        lengths[row] = n
    return found, lengths


def negative_share(counts: NDArray[Any], pairing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how likely each word is drawn in the place of one of a pair.

    Args:
        counts: of the words.
        pairing: whether a word may be one of a pair.

    Example:
        >>> negative_share(np.array([16, 1, 5]), np.array([True, True, False])).round(2).tolist()
        [0.89, 0.11, 0.0]
    """
    weights = np.where(pairing, counts, 0).astype(np.float64) ** 0.75
    return np.asarray(weights / weights.sum())
