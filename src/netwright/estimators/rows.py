"""Which rows an estimator learns from, in which order, and how much each counts."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64
from sklearn.utils.validation import _check_sample_weight

from netwright.core.errors import InputError

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
    if isinstance(X, np.ndarray) and X.ndim == 2:
        X = pd.DataFrame(X)
    if not isinstance(X, pd.DataFrame):
        return np.arange(len(y))
    key = pd.util.hash_pandas_object(X, index=False).to_numpy()
    target = pd.util.hash_pandas_object(pd.DataFrame(y.reshape(len(y), -1)), index=False).to_numpy()
    return np.argsort(key * np.uint64(31) + target, kind="stable")
