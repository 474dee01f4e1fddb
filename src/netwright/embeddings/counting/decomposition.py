"""Singular vectors of large sparse matrices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, svds
from sklearn.utils.extmath import svd_flip

from netwright.core.errors import InputError


def largest_singular(
    matrix: Any, n: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the n largest singular values of a matrix and their vectors, the largest first.

    Each left vector has its largest number above zero, so that signs do not depend on the start.

    Args:
        matrix: sparse, or a linear operator.
        n: less than its rows and columns.
        seed: of the iteration's start.

    Raises:
        InputError: when n is not below the number of words.

    Returns:
        (rows, n), (n,), (n, columns).

    Example:
        >>> from scipy import sparse
        >>> left, values, right = largest_singular(sparse.diags_array([1.0, 3.0, 2.0]), 2, seed=0)
        >>> values.round(6).tolist(), (left * values @ right).round(6).diagonal().tolist()
        ([3.0, 2.0], [0.0, 3.0, 2.0])
    """
    if not 0 < n < min(matrix.shape):
        raise InputError(
            "width must be from 1 to the number of words less one",
            f"{n} for {min(matrix.shape)} words",
            "lower width or min_count, or give more text",
        )
    start = np.random.default_rng(seed).uniform(-1, 1, min(matrix.shape))
    matrix = matrix if isinstance(matrix, LinearOperator) else matrix.astype(np.float64)
    left, values, right = svds(matrix, n, v0=start, solver="arpack")
    order = np.argsort(-values)
    left, right = svd_flip(left[:, order], right[order])
    return left, values[order], right
