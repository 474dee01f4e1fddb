"""Filters: conditions on columns of the metadata, read once and applied to a frame or written as SQL."""

import difflib
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from netwright.search.errors import FilterError

Where = Mapping[str, Any] | Callable[[pd.DataFrame], ArrayLike] | ArrayLike
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
KNOWN = (*COMPARED, "in", "not in")


@dataclass(frozen=True)
class Condition:
    """One comparison of one column; where the value is missing only `== None` holds."""

    column: str
    sign: str
    value: Any


def read_conditions(where: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions of a mapping, all of which must hold.

    Args:
        where: by column a value, a list of values of which one must match, (sign, value), or a list of such.

    Raises:
        FilterError: when a sign is unknown.
    """
    return [condition for column, wanted in where.items() for condition in _conditions_on(column, wanted)]


def mask_of(where: Where, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return one boolean a line of the frame.

    Raises:
        FilterError: when a column is unknown, values cannot be compared, or a mask has another length.
    """
    if isinstance(where, Mapping):
        mask = np.ones(len(frame), np.bool_)
        for condition in read_conditions(where):
            mask &= _holds(condition, frame)
        return mask
    given = np.asarray(where(frame) if callable(where) else where)
    if given.shape != (len(frame),) or given.dtype != bool:
        raise FilterError(
            f"where must give {len(frame)} booleans, one a row",
            f"{given.dtype} of the shape {given.shape}",
            "pass a dict, a boolean mask in the order of index.ids, or a function of the metadata",
        )
    return given


def check_column(column: str, known: Iterable[str]) -> None:
    """Refuse a column that is not there.

    Raises:
        FilterError: with columns of near spelling.
    """
    known = list(known)
    if column not in known:
        near = difflib.get_close_matches(column, known) or known
        mend = f"did you mean {', '.join(map(repr, near[:3]))}?" if near else "add() with metadata= first"
        raise FilterError("where must name columns of the metadata", repr(column), mend)


def _conditions_on(column: str, wanted: Any) -> list[Condition]:
    if isinstance(wanted, tuple):
        if len(wanted) != 2 or wanted[0] not in KNOWN:
            raise FilterError(
                f"where[{column!r}] must be a value, a list or (sign, value)",
                repr(wanted),
                f"signs are {' '.join(KNOWN)}; several values go into a list",
            )
        value = list(wanted[1]) if wanted[0].endswith("in") else wanted[1]
        return [Condition(column, wanted[0], value)]
    if isinstance(wanted, list | set | frozenset | np.ndarray):
        several = list(wanted)
        if several and all(isinstance(each, tuple) for each in several):
            return [condition for each in several for condition in _conditions_on(column, each)]
        return [Condition(column, "in", several)]
    return [Condition(column, "==", wanted)]


def _holds(condition: Condition, frame: pd.DataFrame) -> NDArray[np.bool_]:
    check_column(condition.column, map(str, frame.columns))
    column, value = frame[condition.column], condition.value
    there = column.notna().to_numpy(bool)
    if value is None:
        return there if condition.sign == "!=" else ~there
    if condition.sign.endswith("in"):
        inside = column.isin(value).to_numpy(bool)
        return there & (inside if condition.sign == "in" else ~inside)
    try:
        result = COMPARED[condition.sign](column[there], value)
        mask = np.zeros(len(frame), np.bool_)
        mask[there] = np.asarray(result, np.bool_)
    except (TypeError, ValueError) as error:
        raise FilterError(
            f"where[{condition.column!r}] must compare with the column's own kind",
            f"{value!r} against {column.dtype}",
            "compare numbers with numbers and words with words",
        ) from error
    return mask
