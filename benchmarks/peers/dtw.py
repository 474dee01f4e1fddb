"""The nearest neighbour by dynamic time warping, the reference of the UCR and UEA archives."""

from collections.abc import Sequence

import numba
import numpy as np


def nearest(X: Sequence[np.ndarray], y: np.ndarray, X_new: Sequence[np.ndarray]) -> np.ndarray:
    """The label of the nearest of X for each series of (time, features): full window, features together.

    Series are taken as they are in the file, as the archive's own figures have them.
    """
    flat = np.concatenate([np.asarray(series, np.float64) for series in X])
    ends = np.cumsum([len(series) for series in X])
    return np.array([y[_nearest(flat, ends, np.asarray(series, np.float64))] for series in X_new])


@numba.njit(cache=True)
def _nearest(flat: np.ndarray, ends: np.ndarray, series: np.ndarray) -> int:
    best, place, start = np.inf, 0, 0
    for row in range(len(ends)):
        found = _distance(flat[start : ends[row]], series, best)
        if found < best:
            best, place = found, row
        start = ends[row]
    return place


@numba.njit(cache=True)
def _distance(one: np.ndarray, other: np.ndarray, best: float) -> float:
    """The squared cost of the best path; infinite as soon as it is sure to be above the best so far."""
    n = len(other)
    last = np.full(n + 1, np.inf)
    last[0] = 0.0
    here = np.empty(n + 1)
    for i in range(len(one)):
        here[0] = np.inf
        least = np.inf
        for j in range(n):
            cost = 0.0
            for k in range(one.shape[1]):
                cost += (one[i, k] - other[j, k]) ** 2
            here[j + 1] = cost + min(last[j], last[j + 1], here[j])
            least = min(least, here[j + 1])
        if least >= best:
            return np.inf
        last, here = here, last
    return last[n]
