"""Some rows of whatever a user calls rows."""

from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from torch import Tensor


def take(values: Any, rows: np.ndarray) -> Any:
    """Return some rows of an array, a tensor, a data frame or a list.

    Args:
        values: with rows.
        rows: their numbers.

    Example:
        >>> take(["a", "b", "c"], np.array([2, 0]))
        ['c', 'a']
    """
    if isinstance(values, Tensor):
        return values[rows.tolist()]
    if isinstance(values, np.ndarray):
        return values[rows]
    return _safe_indexing(values, rows)
