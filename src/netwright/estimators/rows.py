"""Which rows an estimator learns from, in which order, and how much each counts."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64
from sklearn.utils.validation import _check_sample_weight

from netwright.core.errors import InputError
from netwright.estimators.row_keys import row_keys

NUMBERS = "fiub"
"""Kinds of numpy's numbers and truth values."""

FRAME_ROWS_AT_ONCE = 8192
"""Rows of a frame that are laid out as a matrix at once, so that it is never copied whole."""

MOST_REPETITIONS = 10
"""Whole-number weights are taken as repetitions while their mean stays below this."""


def learning_rows(
    X: Any, y: np.ndarray, sample_weight: Any
) -> tuple[Int64[np.ndarray, " rows"], Float[np.ndarray, " rows"] | None]:
    """Return the rows to learn from, in an order of their own, and the weight of each, or None.

    The order follows from the content of the rows, so that the same table in another order gives the same
    network. Whole-number weights mean that a row stands there so many times, and are carried out to the
    letter; rows of weight 0 are left out.

    Args:
        X: the table, or anything else with rows, which keeps its order.
        y: the target, (rows) or (rows, targets).
        sample_weight: (rows), not negative; None for equal weights.

    Raises:
        InputError: when a weight is negative or all are zero.

    Example:
        >>> learning_rows(np.array([[3.0], [5.0]]), np.array([0, 1]), [0, 2])[0]
        array([1, 1])
    """
    order = _canonical_order(X, y)
    if sample_weight is None:
        return order, None
    weight = _check_sample_weight(sample_weight, y, dtype=np.float64)[order]
    if (weight < 0).any() or not weight.any():
        raise InputError(
            "sample_weight must not be negative, and not zero everywhere",
            "a negative weight" if (weight < 0).any() else "zero sample weights everywhere",
            "give each row a weight of 0 or more",
        )
    if (weight == np.rint(weight)).all() and weight.mean() <= MOST_REPETITIONS:
        return np.repeat(order, weight.astype(np.int64)), None
    return order[weight > 0], weight[weight > 0]


def _canonical_order(X: Any, y: np.ndarray) -> Int64[np.ndarray, " rows"]:
    if not isinstance(X, pd.DataFrame) and not (isinstance(X, np.ndarray) and X.ndim == 2):
        return np.arange(len(y))
    y = y.reshape(len(y), -1)
    if isinstance(X, np.ndarray) and X.dtype.kind in NUMBERS:
        key = row_keys(X) + row_keys(y, stream=1)
    elif isinstance(X, pd.DataFrame) and _of_one_kind(X):
        parts = (X.iloc[first : first + FRAME_ROWS_AT_ONCE] for first in range(0, len(X), FRAME_ROWS_AT_ONCE))
        key = np.concatenate([row_keys(part.to_numpy()) for part in parts]) + row_keys(y, stream=1)
    else:
        key, target = (
            pd.util.hash_pandas_object(pd.DataFrame(part), index=False).to_numpy() for part in (X, y)
        )
        key = key * np.uint64(31) + target
    order = np.argsort(key)
    # where no key stands twice, a stable order is the same and takes four times as long
    ranked = key[order]
    return order if (ranked[1:] != ranked[:-1]).all() else np.argsort(key, kind="stable")


def _of_one_kind(frame: pd.DataFrame) -> bool:
    """Whether a frame is a matrix with names, whose rows come in the same order as the matrix's."""
    kinds = set(frame.dtypes)
    kind = kinds.pop() if len(kinds) == 1 else None
    return isinstance(kind, np.dtype) and kind.kind in NUMBERS
