"""What samplers for imbalanced classes share: the classes' rows, and sampled data of any type."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from netwright.core.errors import TableError

Strategy = Literal["balanced"] | float


def rows_by_class(y: Any) -> list[Int[np.ndarray, "rows"]]:
    """Return the rows of each class, the classes sorted.

    Args:
        y: the class of each row.

    Raises:
        TableError: when y is not one column of classes, or has one class.

    Example:
        >>> rows_by_class(["b", "a", "b"])
        [array([1]), array([0, 2])]
    """
    values = np.asarray(y)
    if values.ndim != 1:
        raise TableError(
            "y must hold one class per row", f"an array of shape {values.shape}", "give one column"
        )
    classes, codes = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise TableError("y must hold at least 2 classes", str(len(classes)), "there is nothing to balance")
    return [np.flatnonzero(codes == code) for code in range(len(classes))]


def ratio_of(strategy: Strategy) -> float:
    """Return the least size of a class after sampling, as a share of the largest class.

    Args:
        strategy: "balanced", or the share itself.

    Raises:
        TableError: when the share does not lie between 0 and 1.

    Example:
        >>> ratio_of("balanced"), ratio_of(0.5)
        (1.0, 0.5)
    """
    if strategy == "balanced":
        return 1.0
    if not isinstance(strategy, (int, float)) or not 0 < strategy <= 1:
        expected = "strategy must be 'balanced' or a ratio above 0 and at most 1"
        raise TableError(expected, repr(strategy), "0.5 makes the smallest class half of the largest")
    return float(strategy)


def take(data: Any, rows: Int[np.ndarray, "rows"]) -> Any:
    """Return rows of a frame, an array or a list.

    Args:
        data: where the rows stand.
        rows: which ones.

    Example:
        >>> take(["a", "b"], np.array([1, 1]))
        array(['b', 'b'], dtype='<U1')
    """
    return data.iloc[rows] if hasattr(data, "iloc") else np.asarray(data)[rows]
