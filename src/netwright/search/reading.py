"""Vectors as they come in: checked, and made float32 rows."""

from typing import Any

import numpy as np

from netwright.core.errors import InputError
from netwright.search.errors import DimensionError
from netwright.search.metric import Floats, Metric


def read_vectors(name: str, given: Any, width: int | None, metric: Metric) -> Floats:
    """Return float32 rows, one vector each; of length one under the cosine.

    Args:
        name: what the argument is called in errors.
        given: a matrix, or one vector.
        width: what the index holds; None when it holds nothing yet.
        metric: the cosine needs a direction, which a vector of zeros lacks.

    Raises:
        DimensionError: when the width is another one.
        InputError: when they are no finite numbers, or a direction is lacking.
    """
    try:
        vectors = np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{name} must be numbers", type(given).__name__, "pass an array of floats"
        ) from error
    vectors = np.ascontiguousarray(vectors[None] if vectors.ndim == 1 else vectors)
    if vectors.ndim != 2 or not vectors.shape[1]:
        raise InputError(f"{name} must be rows of numbers", f"the shape {vectors.shape}", "use (rows, width)")
    if width is not None and vectors.shape[1] != width:
        raise DimensionError(
            f"{name} must have {width} dimensions, as the index has",
            f"{vectors.shape[1]}",
            "embed them with what embedded the index",
        )
    _check_finite(name, vectors)
    return _unit(name, vectors) if metric is Metric.cosine else vectors


def read_k(k: Any) -> int:
    """Return k, the number of neighbours asked for."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError("k must be a whole number from 1", repr(k), "ask for one neighbour at least")
    return int(k)


def _check_finite(name: str, vectors: Floats) -> None:
    if np.isfinite(np.dot(vectors.ravel(), vectors.ravel())):  # one pass, without a matrix of booleans
        return
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(
            f"{name} must be finite float32 numbers", f"others in row {bad[0]}", "remove or fill such rows"
        )


def _unit(name: str, vectors: Floats) -> Floats:
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    zero = np.flatnonzero(lengths == 0)
    if len(zero):
        raise InputError(
            f"{name} must have a direction under the cosine",
            f"only zeros in row {zero[0]}",
            "leave such rows out, or use metric='l2'",
        )
    return np.asarray(vectors / lengths[:, None], dtype=np.float32)
