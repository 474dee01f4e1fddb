"""Many columns of numbers at once: an array's rows scaled a block at a time, as they lie in memory."""

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from netwright.data.encoders.number_column import NumberColumn
from netwright.data.encoders.room import make_room
from netwright.data.encoders.scaling import LARGEST
from netwright.data.encoders.table_columns import ArrayColumns, within_range

VALUES_AT_ONCE = 2**15
"""A block of so many float64 stays in a core's own cache, with what is taken from it and divides it."""


def gather(X: Any, rows: Int64[np.ndarray, " some"] | None) -> Float32[np.ndarray, "rows columns"] | None:
    """Return the rows of an array as a float32 matrix of their own, or None where that would round values.

    Args:
        X: the table.
        rows: which rows; None for all.

    Example:
        >>> gather(np.array([[1], [2], [3]], dtype=np.int16), np.array([2, 0]))
        array([[3.],
               [1.]], dtype=float32)
    """
    if not (isinstance(X, np.ndarray) and X.ndim == 2 and X.size and np.can_cast(X.dtype, np.float32)):
        return None
    table = ArrayColumns(X, rows)
    if not table.by_rows:
        return None
    matrix = make_room((table.n_rows, X.shape[1]), np.float32)
    if rows is None or X.dtype != np.float32:
        matrix[...] = table.part(0, table.n_rows)
    else:
        np.take(X, rows, axis=0, out=matrix, mode="clip")  # the other modes copy the whole once more
    return matrix


def all_standard(columns: Sequence[Any]) -> TypeGuard[Sequence[NumberColumn]]:
    """Whether `write_numbers` can write these fitted columns.

    Args:
        columns: fitted columns.

    Example:
        >>> all_standard([NumberColumn("a", "robust", np.array([0.0, 1.0]), missing_seen=False)])
        False
    """
    return all(isinstance(column, NumberColumn) and column.scaling == "standard" for column in columns)


def write_numbers(
    columns: Sequence[NumberColumn], table: ArrayColumns, out: Float32[np.ndarray, "rows features"]
) -> bool:
    """Write what `NumberColumn.write` of each column would, or say that a value is out of range.

    Args:
        columns: fitted columns, with standard scaling.
        table: an array that holds them; `out` itself may be that array.
        out: their output columns side by side; spoilt when the answer is False.

    Returns:
        Whether all values are finite and not huge; which one is not remains for the columns to tell.

    Example:
        >>> column = NumberColumn("x0", "standard", np.array([2.0, 0.5]), missing_seen=False)
        >>> out = np.zeros((1, 1), dtype=np.float32)
        >>> write_numbers([column], ArrayColumns(np.array([[3.0]])), out), out
        (True, array([[2.]], dtype=float32))
    """
    places = np.array([table.place(column.name) for column in columns])
    straight = len(places) == table.array.shape[1] and bool((np.diff(places) == 1).all())
    marked = np.array([column.missing_seen for column in columns])
    center, spread = np.array([column.knots for column in columns]).T
    constant = np.flatnonzero(spread == 0)
    n_rows = min(table.n_rows, max(1, VALUES_AT_ONCE // len(columns)))
    # as large as the block, so that each step runs through memory in one go
    center, spread = (np.tile(knots, (n_rows, 1)) for knots in (center, np.where(spread == 0, 1.0, spread)))
    buffer = np.empty_like(center)
    with np.errstate(over="ignore"):
        for start in range(0, table.n_rows, n_rows):
            part = table.part(start, start + n_rows)
            part = part if straight else part[:, places]
            missing = None if within_range(part) else np.isnan(part)
            if missing is not None and not within_range(part[~missing]):
                return False
            values = buffer[: len(part)]
            values[...] = part
            np.subtract(values, center[: len(part)], out=values)
            np.divide(values, spread[: len(part)], out=values)
            values[:, constant] = 0.0
            _put(values, missing, marked, out[start : start + n_rows])
    return True


def _put(
    values: Float[np.ndarray, "rows columns"],
    missing: Bool[np.ndarray, "rows columns"] | None,
    marked: Bool[np.ndarray, " columns"],
    out: Float32[np.ndarray, "rows features"],
) -> None:
    """Write a block of scaled values, and the marks for missing ones behind those columns that have one."""
    if missing is not None:
        values[missing] = 0.0
    if not marked.any():
        out[...] = values
    else:
        places = np.arange(len(marked)) + np.cumsum(marked) - marked
        out[:, places] = values
        out[:, places[marked] + 1] = 0.0 if missing is None else missing[:, marked]
    np.clip(out, -LARGEST, LARGEST, out=out)  # in float32, where it costs half and comes to the same
