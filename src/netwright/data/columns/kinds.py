"""What each column of a table is: the rules, and the reasons they give."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.data.columns.identifiers import number_identifier, word_identifier
from netwright.data.columns.interpret import YEARS, interpret, looks_like_other_date
from netwright.data.columns.values import Dates, Numbers, Words, level_names, out_of_range, read_values
from netwright.data.readers.frames import to_frame
from netwright.data.wording import shown

Kind = Literal["number", "boolean", "category", "date", "identifier", "text", "constant", "empty"]
LARGEST = 1e38  # float32, in which networks and trees count, ends at 3.4e38
LEFT_OUT = ("identifier", "text", "constant", "empty")
OTHER_DATE_REASON = "words that look like dates; write them as YYYY-MM-DD to have them used as dates"


@dataclass(frozen=True)
class ColumnKind:
    """What one column is, and why.

    Args:
        name: the column's name.
        kind: number, boolean, category, date; or identifier, text, constant, empty, which are left out.
        reason: the rule that decided.
        n_missing: rows without a value.
        n_distinct: different values.
        examples: the first three different values, as text.

    Example:
        >>> ColumnKind("a", "constant", "has one value", 0, 1, ("3",)).left_out
        True
    """

    name: str
    kind: Kind
    reason: str
    n_missing: int
    n_distinct: int
    examples: tuple[str, ...]

    @property
    def left_out(self) -> bool:
        """Whether an encoder leaves the column out."""
        return self.kind in LEFT_OUT


def describe_columns(frame: Any) -> list[ColumnKind]:
    """Return what each column of a table is, by rules that are stated.

    Empty: all missing. Constant: one value and none missing. Number, boolean, date: by type, or words that
    all read as such (`interpret` says how). Identifier and text: `number_identifier` and `word_identifier`
    say how. Category: the other words, and whatever has the type category.

    Args:
        frame: the table, in any form that `to_frame` takes.

    Raises:
        TableError: for mixed types, infinities and dates out of range, naming column and row.

    Example:
        >>> table = pd.DataFrame({"size": [1.5, 2.0, None], "colour": ["red", "blue", "red"], "unit": "cm"})
        >>> [(column.name, column.kind) for column in describe_columns(table)]
        [('size', 'number'), ('colour', 'category'), ('unit', 'constant')]
    """
    frame = to_frame(frame)
    return [inspect_column(name, frame[name])[0] for name in frame.columns]


def inspect_column(
    name: str, column: Any, *, as_category: bool = False
) -> tuple[ColumnKind, Numbers | Dates | Words]:
    """Return what a column is together with its values in the form that the kind needs.

    Args:
        name: the column's name.
        column: a pandas series.
        as_category: take the values as words, whatever they look like.

    Raises:
        TableError: for mixed types, infinities and dates out of range, naming column and row.

    Example:
        >>> kind, values = inspect_column("a", pd.Series(["1", "2", None]))
        >>> kind.kind, values.n_missing
        ('number', 1)
    """
    values: Numbers | Dates | Words = read_values(name, column)
    if as_category:
        values = as_stated(values)
    if isinstance(values, Words):
        values = interpret(name, values)
    check_values(name, values)
    n_distinct, examples = _distinct(values)
    kind, reason = _judge(name, values, n_distinct)
    return ColumnKind(name, kind, reason, values.n_missing, n_distinct, examples), values


def as_stated(values: Numbers | Dates | Words) -> Words:
    """Return values of any form as words that are not to be interpreted.

    Args:
        values: the column.

    Example:
        >>> as_stated(Numbers(np.array([1.0, 2.0, np.nan]))).levels
        array(['1', '2'], dtype=object)
    """
    if isinstance(values, Words):
        return Words(values.codes, values.levels, stated=True)
    codes, levels = pd.factorize(values.array, use_na_sentinel=True)
    return Words(codes.astype(np.int64), level_names(levels), stated=True)


def check_values(name: str, values: Numbers | Dates | Words) -> None:
    """Raise for an infinite or huge number, or a date outside of the years 1678 to 2261.

    Args:
        name: the column's name.
        values: the column.

    Raises:
        TableError: naming column and row.

    Example:
        >>> check_values("a", Numbers(np.array([1.0, np.inf])))
        Traceback (most recent call last):
        netwright.core.errors.TableError: column 'a' must hold finite numbers, got inf (infinity) in ...
    """
    if isinstance(values, Numbers):
        beyond = (values.array > LARGEST) | (values.array < -LARGEST)
        if beyond.any():
            raise _too_large(name, values.array, int(np.argmax(beyond)))
    elif isinstance(values, Dates):
        years = values.array.astype("datetime64[Y]").astype(np.int64) + 1970
        bad = ~np.isnat(values.array) & ((years < YEARS[0]) | (years > YEARS[1]))
        if bad.any():
            row = int(np.argmax(bad))
            raise out_of_range(name, str(values.array[row])[:10], row + 1)


def _too_large(name: str, array: np.ndarray, row: int) -> TableError:
    remedy = "leave the cell empty where the value is unknown"
    if np.isinf(array[row]):
        came = f"{array[row]} (infinity) in row {row + 1}"
        return TableError(f"column {shown(name)} must hold finite numbers", came, remedy)
    came = f"{array[row]:.3g} in row {row + 1}"
    return TableError(
        f"column {shown(name)} must hold numbers up to 1e38", came, f"take a larger unit, or {remedy}"
    )


def _distinct(values: Numbers | Dates | Words) -> tuple[int, tuple[str, ...]]:
    if isinstance(values, Words):
        used = values.levels[values.counts > 0]
        return len(used), tuple(str(level) for level in used[:3])
    different = pd.unique(values.array)
    different = different[~pd.isna(different)]
    if isinstance(values, Dates):
        return len(different), tuple(str(date).removesuffix(".000000") for date in different[:3])
    if values.boolean:
        return len(different), tuple(str(bool(value)) for value in different[:3])
    return len(different), tuple(f"{value:.12g}" for value in different[:3])


def _judge(name: str, values: Numbers | Dates | Words, n_distinct: int) -> tuple[Kind, str]:
    if n_distinct == 0:
        return "empty", "has no value in any row"
    if n_distinct == 1 and values.n_missing == 0:
        return "constant", "has the same value in every row"
    if isinstance(values, Dates):
        return "date", "holds dates"
    if isinstance(values, Words):
        return _judge_words(values, n_distinct)
    if values.boolean:
        return "boolean", "holds truth values"
    why = number_identifier(name, values)
    return ("identifier", why) if why else ("number", "holds numbers")


def _judge_words(words: Words, n_distinct: int) -> tuple[Kind, str]:
    why = word_identifier(words)
    if why:
        kind, _, reason = why.partition(": ")
        return ("text" if kind == "text" else "identifier"), reason
    if looks_like_other_date(words):
        return "category", OTHER_DATE_REASON
    return "category", f"holds {n_distinct} different words"
