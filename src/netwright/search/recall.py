"""Recall: how many of the true neighbours were found."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError


def recall_at_k(found: ArrayLike, truth: ArrayLike, k: int | None = None) -> float:
    """Return the share of the true k nearest rows that are among the first k found, over all queries.

    Use it to judge an approximate index against an exact one: `recall_at_k(index.search(queries).ids,
    exact.search(queries).ids)`.

        mean over queries of |found_k and truth_k| / |truth_k|

    Args:
        found: ids, one line a query, the nearest first; -1 or None where nothing was found.
        truth: ids of the true neighbours, the nearest first.
        k: how many; the columns of `truth` when None.

    Raises:
        InputError: when the lines differ in number, or there are fewer than k columns of truth.

    Example:
        >>> recall_at_k([[1, 2, 9]], [[1, 2, 3]])
        0.6666666666666666
        >>> recall_at_k([[1, 2, 9]], [[1, 2, 3]], k=2)
        1.0

    Source:
        Aumüller, Bernhardsson and Faithfull (2018), "ANN-Benchmarks: A Benchmarking Tool for Approximate
        Nearest Neighbor Algorithms", arXiv:1807.05614.
    """
    return float(np.mean(recall_of_each(found, truth, k)))


def recall_of_each(found: ArrayLike, truth: ArrayLike, k: int | None = None) -> NDArray[np.float64]:
    """Return the recall of each query."""
    there, true = _read("found", found), _read("truth", truth)
    k = true.shape[1] if k is None else k
    if len(there) != len(true) or not len(true):
        raise InputError(
            "found and truth must have a line for each query", f"{len(there)} and {len(true)}", "align them"
        )
    if not 1 <= k <= true.shape[1]:
        raise InputError(f"k must be from 1 to the {true.shape[1]} columns of truth", str(k), "ask for fewer")
    there, true = there[:, :k], true[:, :k]
    real = ~_is_nothing(true)
    hit = (true[:, :, None] == there[:, None, :]).any(axis=2) & real
    sizes = real.sum(axis=1)
    return np.asarray(np.where(sizes > 0, hit.sum(axis=1) / np.maximum(sizes, 1), 1.0), np.float64)


def _read(name: str, given: ArrayLike) -> NDArray[Any]:
    ids = np.asarray(given)
    if ids.ndim != 2:
        raise InputError(f"{name} must be (queries, k)", f"the shape {ids.shape}", "pass one line a query")
    return ids


def _is_nothing(ids: NDArray[Any]) -> NDArray[np.bool_]:
    if ids.dtype == object:
        return np.array([[one is None for one in line] for line in ids], np.bool_)
    return np.asarray(ids == -1) if ids.dtype.kind in "iu" else np.zeros(ids.shape, bool)
