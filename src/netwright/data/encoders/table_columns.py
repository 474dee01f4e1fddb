"""The columns of a table, one at a time, whether it came as a frame or as an array."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64

from netwright.core.errors import TableError
from netwright.data.columns.kinds import LARGEST, check_values
from netwright.data.columns.values import Numbers
from netwright.data.encoders.room import make_room
from netwright.data.readers.frames import check_array, to_frame
from netwright.data.wording import listed

COLUMNS_AT_ONCE, ROWS_AT_ONCE, BYTES_AT_ONCE, SHARE_AT_ONCE = 32, 256, 2**25, 8
"""Columns of a row-major array are read so many together, so many rows at a time, into a buffer of at most so
many bytes or such a part of the table: one by one, each of them would fetch the whole table from memory."""


@dataclass
class FrameColumns:
    """Columns of a frame.

    Args:
        frame: the table.
        all_used: whether no rule may leave a column out, since the columns had no names of their own.
        rows: which rows are meant, each once or more; None for all. A column at a time is taken, so that the
            frame is never copied.

    Example:
        >>> FrameColumns(pd.DataFrame({"a": [1, 2]})).names
        ['a']
    """

    frame: pd.DataFrame
    all_used: bool = False
    rows: Int64[np.ndarray, "some"] | None = None

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(self.frame.columns)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.frame) if self.rows is None else len(self.rows)

    def series(self, name: str) -> Any:
        """Return one column."""
        return self.frame[name] if self.rows is None else self.frame[name].iloc[self.rows]

    def align(self, names: list[str], needed: list[str]) -> None:
        """Check that the needed columns are there; go by position where one side has no names of its own."""
        nameless = all(name == f"x{position}" for position, name in enumerate(names))
        if (self.all_used or nameless) and self.names != names and len(self.names) == len(names):
            self.frame = self.frame.set_axis(names, axis=1)
        _check_columns(self.names, names, needed)


@dataclass
class ArrayColumns:
    """Columns of an array of numbers, named x0, x1, ...

    Args:
        array: the table.
        rows: which rows are meant, each once or more; None for all.

    Example:
        >>> ArrayColumns(np.zeros((2, 3))).names
        ['x0', 'x1', 'x2']
    """

    array: Float[np.ndarray, "rows columns"]
    rows: Int64[np.ndarray, "some"] | None = None

    def __post_init__(self) -> None:
        self.names = [f"x{position}" for position in range(self.array.shape[1])]
        self.n_rows = len(self.array) if self.rows is None else len(self.rows)
        self.all_used = True
        self._places = {name: position for position, name in enumerate(self.names)}
        self._first, self._block = 0, np.empty((0, self.n_rows))

    @property
    def by_rows(self) -> bool:
        """Whether a row's values lie side by side in memory."""
        across, along = self.array.strides
        return abs(along) <= abs(across)

    def place(self, name: str) -> int:
        """Return where a column stands in the array."""
        return self._places[name]

    def part(self, first: int, last: int) -> np.ndarray:
        """Return some rows as they are."""
        return self.array[first:last] if self.rows is None else self.array[self.rows[first:last]]

    def numbers(self, name: str) -> Float[np.ndarray, "rows"]:
        """Return one column as float64, after checking that it is finite."""
        column = self._column(name)
        values = column.astype(np.float64)
        if not within_range(column):
            check_values(name, Numbers(values))
        return values

    def series(self, name: str) -> Any:
        """Return one column as a pandas series."""
        return pd.Series(self._column(name))

    def _column(self, name: str) -> np.ndarray:
        column: np.ndarray
        place = self._places[name]
        if not self.by_rows:
            column = self.array[:, place]
            return column if self.rows is None else column[self.rows]
        if not 0 <= place - self._first < len(self._block):
            self._first, self._block = place, np.empty((0, self.n_rows))  # one block at a time is in memory
            self._block = self._read(place)
        column = self._block[place - self._first]
        return column

    def _read(self, first: int) -> np.ndarray:
        """Copy the columns from `first` on, each to lie in one piece."""
        room = max(BYTES_AT_ONCE, self.array.nbytes // SHARE_AT_ONCE)
        n_columns = room // max(1, self.n_rows * self.array.itemsize)
        columns = self.array[:, first : first + min(COLUMNS_AT_ONCE, max(1, n_columns))]
        block = make_room((columns.shape[1], self.n_rows), self.array.dtype)
        for start in range(0, self.n_rows, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            block[:, rows] = columns[rows if self.rows is None else self.rows[rows]].T
        return block

    def align(self, names: list[str], needed: list[str]) -> None:
        """Take the names that were fitted, by position."""
        if len(names) == len(self.names):
            self.names = names
            self._places = {name: position for position, name in enumerate(names)}
        elif len(self.names) != len(names):
            came = f"{len(self.names)} columns where {len(names)} were fitted"
            raise TableError("the table must have the columns of training", came, "give the same columns")
        _check_columns(self.names, names, needed)


def columns_of(X: Any, rows: Int64[np.ndarray, " some"] | None = None) -> FrameColumns | ArrayColumns:
    """Return access to the columns of any table; arrays of numbers are not copied into a frame.

    Args:
        X: a frame, an array, a list of rows or a dictionary of columns.
        rows: which rows are meant; None for all.

    Raises:
        TableError: when X is no table, or has no rows or columns.

    Example:
        >>> columns_of(np.zeros((2, 3))).n_rows
        2
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub" and X.size:
        check_array(X)
        return ArrayColumns(X, rows)
    has_names = isinstance(X, (pd.DataFrame, dict)) or hasattr(X, "columns") or hasattr(X, "schema")
    records = isinstance(X, (list, tuple)) and bool(X) and isinstance(X[0], dict)
    return FrameColumns(to_frame(X), all_used=not (has_names or records), rows=rows)


def within_range(values: np.ndarray) -> bool:
    """Whether all values are there, and none is infinite or huge.

    Args:
        values: numbers.

    Example:
        >>> within_range(np.array([1.0, 2.0])), within_range(np.array([1.0, np.nan]))
        (True, False)
    """
    return not values.size or bool(float(values.min()) >= -LARGEST and float(values.max()) <= LARGEST)


def _check_columns(names: list[str], fitted: list[str], needed: list[str]) -> None:
    present = set(names)
    lacking = [name for name in needed if name not in present]
    if lacking:
        expected = "the table must have the columns of training"
        raise TableError(
            expected, f"one without {listed(lacking)}", "add them, with empty cells where unknown"
        )
    known = set(fitted)
    extra = [name for name in names if name not in known]
    if extra:
        message = f"columns that were not there in training are passed over: {listed(extra)}"
        warnings.warn(message, UserWarning, stacklevel=4)
