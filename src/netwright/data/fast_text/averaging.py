"""Compiled: means of rows of a table, added up in the order of fastText's program, to its last bit."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def mean_rows(
    table: NDArray[np.float32], rows: NDArray[Any], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return (bags, width): the mean of the rows of each bag; zeros for an empty one.

    Args:
        table: (rows, width).
        rows: numbers of rows.
        starts: those of bag i stand in rows[starts[i] : starts[i + 1]].

    Example:
        >>> table = np.array([[1.0], [2.0], [6.0]], np.float32)
        >>> mean_rows(table, np.array([0, 2]), np.array([0, 2, 2])).tolist()
        [[3.5], [0.0]]
    """
    out = np.zeros((len(starts) - 1, table.shape[1]), np.float32)
    add_up: Any = _add_up
    add_up(table, rows, starts, out)
    return out


@njit(nogil=True, cache=True)
def _add_up(table: Any, rows: Any, starts: Any, out: Any) -> None:
    for bag in range(len(out)):
        n, mean = starts[bag + 1] - starts[bag], out[bag]
        for k in range(starts[bag], starts[bag + 1]):
            row = table[rows[k]]
            for d in range(len(mean)):
                mean[d] += row[d]
        if n:
            part = np.float32(1.0 / n)  # a product with the rounded share, not a quotient, as there
            for d in range(len(mean)):
                mean[d] *= part
