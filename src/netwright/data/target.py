"""The column to predict: which task it sets, and whether it can be learnt at all."""

import difflib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from netwright.core.errors import TableError
from netwright.data.columns.identifiers import MIN_ROWS
from netwright.data.columns.interpret import interpret
from netwright.data.columns.kinds import check_values
from netwright.data.columns.values import Dates, Numbers, Words, read_values
from netwright.data.readers.frames import to_frame
from netwright.data.wording import listed, shown

Task = Literal["binary", "multiclass", "regression"]
MAX_WHOLE_CLASSES = 20
ROWS_PER_CLASS = 5
TASKS = ("auto", "classification", "binary", "multiclass", "regression")


@dataclass(frozen=True)
class Target:
    """The column to predict, for the rows that have it.

    Args:
        name: the column's name.
        task: "binary", "multiclass" or "regression".
        values: the labels as they came, or float64 numbers, of the rows that have one.
        classes: the labels that occur, sorted; None for regression.
        rows: which rows have one, counted from 0.
        n_missing: how many rows have none.
        reason: the rule that chose the task.

    Example:
        >>> read_target({"late": ["no", "yes", None, "no", "yes"]}, "late").rows
        array([0, 1, 3, 4])
    """

    name: str
    task: Task
    values: np.ndarray
    classes: np.ndarray | None
    rows: np.ndarray
    n_missing: int
    reason: str


def read_target(
    frame: Any,
    name: str,
    task: Literal["auto", "classification", "binary", "multiclass", "regression"] = "auto",
) -> Target:
    """Return the column to predict, after checking that it can be learnt.

    The rule for "auto": words, truth values and the type category are classes. So are numbers with two
    different values, and whole numbers with at most 20, each in 5 rows on average. All other numbers are
    quantities, for regression.

    Args:
        frame: the table.
        name: the column's name.
        task: "auto" goes by the rule; "classification" leaves only the number of classes to it.

    Raises:
        TableError: when the column is not there, constant, all missing, mixed, infinite or holds dates,
            when a class has one row, or when the task does not suit it.

    Example:
        >>> read_target({"delay": [3.5, 2.0, 4.5]}, "delay").task
        'regression'
        >>> read_target({"delay": [3.5, 2.0, 4.5]}, "dely")
        Traceback (most recent call last):
        netwright.core.errors.TableError: the target must be a column of the table, got 'dely'; did ...
    """
    frame = to_frame(frame)
    _check_request(list(frame.columns), name, task)
    values = _read(name, frame[name])
    known = _known(values)
    rows = np.flatnonzero(known)
    expected = f"the target {shown(name)} must have at least 2 different values"
    if len(rows) == 0:
        raise TableError(expected, "none in any row", "check how the table was made")
    labels = _labels(values, known)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) == 1:
        came = f"{shown(classes.tolist()[0])} in every row that has one"
        raise TableError(expected, came, "choose another target")
    chosen, reason = _task(name, values, len(classes), len(rows), task)
    n_missing = len(known) - len(rows)
    if chosen == "regression":
        return Target(name, chosen, labels.astype(np.float64), None, rows, n_missing, reason)
    if counts.min() < 2:
        row = int(rows[np.argmax(labels == classes[np.argmin(counts)])]) + 1
        came = f"only row {row} of class {shown(classes.tolist()[int(np.argmin(counts))])}"
        remedy = "leave that row out, or collect more of its class"
        raise TableError(f"every class of the target {shown(name)} must have at least 2 rows", came, remedy)
    return Target(name, chosen, labels, classes, rows, n_missing, reason)


def _check_request(columns: list[str], name: str, task: str) -> None:
    if task not in TASKS:
        raise TableError(f"task must be one of {listed(TASKS)}", repr(task), "choose one of these")
    if name not in columns:
        lower = {column.lower(): column for column in columns}
        close = [
            lower[match] for match in difflib.get_close_matches(str(name).lower(), lower, n=3, cutoff=0.6)
        ]
        remedy = f"did you mean {listed(close)}?" if close else f"choose from: {listed(columns, 10)}"
        raise TableError("the target must be a column of the table", shown(str(name)), remedy)


def _read(name: str, column: Any) -> Numbers | Words:
    values: Numbers | Dates | Words = read_values(name, column)
    if isinstance(values, Words):
        values = interpret(name, values)
    if isinstance(values, Dates):
        remedy = "turn it into a number, such as the days until it"
        raise TableError(f"the target {shown(name)} must hold classes or numbers", "dates", remedy)
    check_values(name, values)
    return values


def _known(values: Numbers | Words) -> np.ndarray:
    known: np.ndarray = values.codes >= 0 if isinstance(values, Words) else ~np.isnan(values.array)
    return known


def _labels(values: Numbers | Words, known: np.ndarray) -> np.ndarray:
    if isinstance(values, Words):
        labels: np.ndarray = values.levels[values.codes[known]]
        return labels
    numbers: np.ndarray = values.array[known]
    kind = np.bool_ if values.boolean else np.int64 if _all_whole(numbers) else np.float64
    return numbers.astype(kind)


def _all_whole(numbers: np.ndarray) -> bool:
    return bool(np.all(np.mod(numbers, 1) == 0) and np.abs(numbers).max() < 2**53)


def _task(name: str, values: Numbers | Words, n_classes: int, n_rows: int, wanted: str) -> tuple[Task, str]:
    """Return the task and the rule that chose it."""
    if isinstance(values, Words):
        _check_words(name, values, n_classes, n_rows, wanted)
    if wanted == "binary" and n_classes != 2:
        remedy = "ask for task 'multiclass'"
        raise TableError(f"the target {shown(name)} must have 2 classes", str(n_classes), remedy)
    if wanted == "regression":
        return "regression", "as asked"
    if wanted != "auto":
        return "multiclass" if wanted == "multiclass" or n_classes > 2 else "binary", "as asked"
    if n_classes == 2:
        return "binary", "two different values"
    if isinstance(values, Words):
        return "multiclass", f"{n_classes} different words"
    few = n_classes <= min(MAX_WHOLE_CLASSES, n_rows / ROWS_PER_CLASS)
    if few and _all_whole(values.array[_known(values)]):
        return "multiclass", f"{n_classes} different whole numbers in {n_rows} rows"
    return "regression", f"{n_classes} different numbers in {n_rows} rows"


def _check_words(name: str, words: Words, n_classes: int, n_rows: int, wanted: str) -> None:
    if wanted == "regression":
        came = f"words such as {shown(str(words.levels[0]))}"
        raise TableError(f"the target {shown(name)} must hold numbers for regression", came, "write numbers")
    if n_rows >= MIN_ROWS and n_classes > n_rows / 2:
        came = f"{n_classes} different words in {n_rows} rows"
        remedy = "choose a column whose words come again"
        raise TableError(f"the target {shown(name)} must hold classes or numbers", came, remedy)
