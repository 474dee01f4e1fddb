"""A column in one of three forms: numbers, dates or words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from netwright.core.errors import TableError
from netwright.data.wording import shown

MIXED_REMEDY = "keep one kind in this column, or leave it out"


@dataclass(frozen=True)
class Numbers:
    """A column of numbers; missing ones are NaN.

    Args:
        array: one value per row.
        boolean: whether they are truth values, 0 and 1.
        whole: whether they came as whole numbers.

    Example:
        >>> Numbers(np.array([1.0, np.nan])).n_missing
        1
    """

    array: Float[np.ndarray, "rows"]
    boolean: bool = False
    whole: bool = False

    @property
    def n_missing(self) -> int:
        """Rows without a value."""
        return int(np.isnan(self.array).sum())


@dataclass(frozen=True)
class Dates:
    """A column of points in time; missing ones are NaT.

    Args:
        array: one value per row, as datetime64 in microseconds.

    Example:
        >>> Dates(np.array(["2013-01-05", "NaT"], dtype="datetime64[us]")).n_missing
        1
    """

    array: np.ndarray

    @property
    def n_missing(self) -> int:
        """Rows without a value."""
        return int(np.isnat(self.array).sum())


@dataclass(frozen=True)
class Words:
    """A column of words, as codes into its distinct levels; missing ones have the code -1.

    Args:
        codes: one per row.
        levels: the distinct words.
        stated: whether the column was given as categories, so that its words are not interpreted.

    Example:
        >>> Words(np.array([0, 1, 0, -1]), np.array(["red", "blue"], dtype=object)).counts
        array([2, 1])
    """

    codes: Int[np.ndarray, "rows"]
    levels: np.ndarray
    stated: bool = False

    @property
    def n_missing(self) -> int:
        """Rows without a value."""
        return int((self.codes < 0).sum())

    @property
    def counts(self) -> Int[np.ndarray, "levels"]:
        """Rows per level."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.levels))

    def first_row(self, wanted: Bool[np.ndarray, "levels"]) -> int:
        """Return the first row, counted from 1, with a wanted level."""
        return int(np.argmax(np.append(wanted, False)[self.codes])) + 1


def read_values(name: str, column: Any) -> Numbers | Dates | Words:
    """Return a column in the form that its type says, without interpreting words.

    Args:
        name: the column's name, for messages.
        column: a pandas series.

    Raises:
        TableError: when values of several types, or of a type that is no number, date or word, stand in it.

    Example:
        >>> read_values("a", pd.Series([True, None, False])).array
        array([ 1., nan,  0.])
        >>> read_values("a", pd.Series(["x", "y", "x"])).levels
        array(['x', 'y'], dtype=object)
    """
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _words(column.cat.codes.to_numpy(), column.cat.categories, stated=True)
    if pd.api.types.is_bool_dtype(kind):
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan), boolean=True)
    if pd.api.types.is_numeric_dtype(kind) and kind.kind != "c":
        whole = pd.api.types.is_integer_dtype(kind)
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan), whole=whole)
    if isinstance(kind, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _dates(name, column)
    if pd.api.types.is_timedelta64_dtype(kind):
        return Numbers(column.dt.total_seconds().to_numpy(dtype=np.float64))
    if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
        return _objects(name, column)
    raise TableError(f"column {shown(name)} must hold numbers, words or dates", str(kind), MIXED_REMEDY)


def level_names(levels: Any) -> np.ndarray:
    """Return levels as words; whole numbers are written without a decimal point, whatever their type.

    Args:
        levels: distinct values.

    Example:
        >>> level_names([1.0, 2.5, "a", True]).tolist()
        ['1', '2.5', 'a', 'True']
    """
    return np.array([_level_name(level) for level in levels], dtype=object)


def _level_name(level: Any) -> str:
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return str(level)


def _words(codes: Any, levels: Any, *, stated: bool = False) -> Words:
    names = level_names(levels)
    codes = codes.astype(np.int64)
    blank = np.array([not name.strip() for name in names], dtype=bool)
    if blank.any():  # a cell of spaces is an empty cell
        renumbered = np.where(blank, -1, np.cumsum(~blank) - 1)
        codes = np.append(renumbered, -1)[codes]
        names = names[~blank]
    return Words(codes, names, stated=stated)


def _dates(name: str, column: Any) -> Dates:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)  # hours as the clock on the wall shows them
    values = column.to_numpy()
    unit = np.datetime_data(values.dtype)[0]
    if unit == "s":  # may hold years that do not fit into microseconds
        years = values.astype("datetime64[Y]").astype(np.int64) + 1970
        bad = ~np.isnat(values) & ((years < 1) | (years > 9999))
        if bad.any():
            row = int(np.argmax(bad))
            raise out_of_range(name, f"the year {years[row]}", row + 1)
    return Dates(values.astype("datetime64[us]"))


def out_of_range(name: str, came: str, row: int) -> TableError:
    """Return the error for a date outside the years that are served.

    Args:
        name: the column's name.
        came: the date.
        row: its row, counted from 1.

    Example:
        >>> str(out_of_range("day", "'9999-99-99'", 3))
        "column 'day' must hold dates of the years 1678 to 2261, got '9999-99-99' in row 3; ..."
    """
    expected = f"column {shown(name)} must hold dates of the years 1678 to 2261"
    return TableError(expected, f"{came} in row {row}", "leave the cell empty where the date is unknown")


def _objects(name: str, column: Any) -> Numbers | Dates | Words:
    try:
        codes, levels = pd.factorize(column, use_na_sentinel=True)
    except TypeError as error:
        raise _not_single(name, column) from error
    inferred = "string" if column.dtype != object else pd.api.types.infer_dtype(levels)
    if inferred == "string":
        return _words(codes, levels)
    if inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal", "empty"):
        values = np.append(np.asarray(levels, dtype=np.float64), np.nan)[codes]
        return Numbers(values, boolean=inferred == "boolean", whole=inferred == "integer")
    if inferred in ("datetime", "datetime64", "date"):
        return _date_objects(codes, levels)
    if inferred in ("timedelta", "timedelta64"):
        return Numbers(pd.to_timedelta(column).dt.total_seconds().to_numpy(dtype=np.float64))
    raise _mixed(name, codes, np.asarray(levels, dtype=object))


def _date_objects(codes: Any, levels: Any) -> Dates:
    stamps = [
        np.datetime64(level.replace(tzinfo=None) if hasattr(level, "tzinfo") else level) for level in levels
    ]
    values = np.array([*stamps, np.datetime64("NaT")], dtype="datetime64[us]")
    return Dates(values[codes])


def _mixed(name: str, codes: Any, levels: np.ndarray) -> TableError:
    """Return the error for values of several types, with the first row of each of two."""
    kinds = np.array(["words" if isinstance(level, str) else _kind_of(level) for level in levels])
    found = list(dict.fromkeys(kinds[codes[codes >= 0]]))[:2]
    words = Words(codes, levels)
    rows = [words.first_row(kinds == kind) for kind in found]
    examples = [f"{shown(levels[codes[row - 1]])} in row {row}" for row in rows]
    if len(found) == 1:
        expected = f"column {shown(name)} must hold numbers, words or dates"
        return TableError(expected, f"{found[0]}: {examples[0]}", MIXED_REMEDY)
    expected = f"column {shown(name)} must hold values of one kind"
    return TableError(expected, f"{found[0]} and {found[1]}: {' and '.join(examples)}", MIXED_REMEDY)


def _kind_of(level: Any) -> str:
    if isinstance(level, (bool, np.bool_)):
        return "truth values"
    if isinstance(level, (int, float, np.number)):
        return "numbers"
    return f"{type(level).__name__} objects"


def _not_single(name: str, column: Any) -> TableError:
    row = next(
        row for row, value in enumerate(column) if hasattr(value, "__len__") and not isinstance(value, str)
    )
    came = f"a {type(column.iloc[row]).__name__} in row {row + 1}"
    expected = f"column {shown(name)} must hold single values"
    return TableError(expected, came, "spread it over plain columns or leave it out")
