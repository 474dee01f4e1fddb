"""Columns of a new table read as the kind that they had in training."""

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from netwright.core.errors import TableError
from netwright.data.columns.interpret import ISO_DATE, numbers_of, parse_dates
from netwright.data.columns.kinds import as_stated, check_values
from netwright.data.columns.values import Dates, Numbers, Words, read_values
from netwright.data.wording import shown

REMEDY = "give the column as it was in training, with empty cells where the value is unknown"


def as_numbers(name: str, column: Any, *, boolean: bool = False) -> Float[np.ndarray, "rows"]:
    """Return a column that held numbers in training as numbers again.

    Args:
        name: the column's name.
        column: a pandas series.
        boolean: whether it held truth values, so that the words true and false are read too.

    Raises:
        TableError: naming the column and the first row that holds something else.

    Example:
        >>> as_numbers("a", pd.Series(["1", None]))
        array([ 1., nan])
        >>> as_numbers("a", pd.Series(["1", "red"]))
        Traceback (most recent call last):
        netwright.core.errors.TableError: column 'a' must hold numbers, as in training, got 'red' in row 2...
    """
    values = read_values(name, column)
    if isinstance(values, Words):
        numbers = numbers_of(values.levels)
        if boolean:
            lower = np.array([level.strip().lower() for level in values.levels], dtype=object)
            numbers = np.where(lower == "true", 1.0, np.where(lower == "false", 0.0, numbers))
        if np.isnan(numbers).any():
            raise _wrong(name, "numbers", values, np.isnan(numbers))
        values = Numbers(np.append(numbers, np.nan)[values.codes])
    if isinstance(values, Dates):
        raise _other(name, "numbers", "dates", values)
    check_values(name, values)
    return values.array


def as_dates(name: str, column: Any) -> np.ndarray:
    """Return a column that held dates in training as dates again.

    Args:
        name: the column's name.
        column: a pandas series.

    Raises:
        TableError: naming the column and the first row that holds something else.

    Example:
        >>> as_dates("day", pd.Series(["2013-01-05"])).astype("datetime64[D]")
        array(['2013-01-05'], dtype='datetime64[D]')
    """
    values = read_values(name, column)
    if isinstance(values, Words):
        is_date = (
            pd.Series(values.levels, dtype=object).str.strip().str.fullmatch(ISO_DATE).to_numpy(dtype=bool)
        )
        if not is_date.all():
            raise _wrong(name, "dates", values, ~is_date)
        values = parse_dates(name, values)
    if isinstance(values, Numbers):
        if values.n_missing < len(values.array):
            raise _other(name, "dates", "numbers", values)
        return np.full(len(values.array), np.datetime64("NaT"), dtype="datetime64[us]")
    check_values(name, values)
    return values.array


def as_words(name: str, column: Any, levels: list[str]) -> Words:
    """Return a column that held words in training as words again.

    Numbers are taken as words only where some of the words in training were numbers too.

    Args:
        name: the column's name.
        column: a pandas series.
        levels: the words in training.

    Raises:
        TableError: naming the column and the first row that holds something else.

    Example:
        >>> as_words("a", pd.Series([1, 2]), ["1", "K"]).levels
        array(['1', '2'], dtype=object)
        >>> as_words("a", pd.Series([1.5, 2.0]), ["red", "blue"])
        Traceback (most recent call last):
        netwright.core.errors.TableError: column 'a' must hold words, as in training, got numbers: 1.5...
    """
    values = read_values(name, column)
    if isinstance(values, Words):
        return values
    if values.n_missing == len(values.array):
        return Words(np.full(len(values.array), -1, dtype=np.int64), np.zeros(0, dtype=object))
    if isinstance(values, Dates):
        raise _other(name, "words", "dates", values)
    if not values.boolean and len(levels) and np.isnan(numbers_of(np.array(levels, dtype=object))).all():
        raise _other(name, "words", "numbers", values)
    return as_stated(values)


def _wrong(name: str, wanted: str, words: Words, bad: Bool[np.ndarray, "levels"]) -> TableError:
    row = words.first_row(bad)
    came = f"{shown(words.levels[words.codes[row - 1]])} in row {row}"
    return TableError(f"column {shown(name)} must hold {wanted}, as in training", came, REMEDY)


def _other(name: str, wanted: str, found: str, values: Numbers | Dates) -> TableError:
    row = int(np.argmax(~pd.isna(values.array)))
    came = f"{found}: {values.array[row]} in row {row + 1}"
    return TableError(f"column {shown(name)} must hold {wanted}, as in training", came, REMEDY)
