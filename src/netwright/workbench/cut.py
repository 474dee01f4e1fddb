"""The table of a job, checked and cut into rows to learn from and held-out rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.data import TableFinding, Target, check_table, read_target, split_rows

TaskName = Literal["auto", "classification", "binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Request:
    """What is asked of a table.

    Args:
        target: the column to predict.
        exclude: columns that the net must not see.
        task: "auto" goes by the target's values.
        test_size: share of the rows that is held out.
        group: column whose groups stay on one side of every split, or None.
        time: column by which the latest rows are held out, or None.
        seed: of the splits.

    Example:
        >>> Request("late", exclude=("delay",)).test_size
        0.2
    """

    target: str
    exclude: Sequence[str] = ()
    task: TaskName = "auto"
    test_size: float = 0.2
    group: str | None = None
    time: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Part:
    """Some rows of a table.

    Args:
        X: their features.
        y: their targets.
        rows: their numbers in the whole table, counted from 0.
        groups: the group of each, or None.
        time: the time of each, or None.

    Example:
        >>> len(Part(pd.DataFrame({"x": [1, 2]}), np.array([0, 1]), np.array([4, 9])))
        2
    """

    X: pd.DataFrame
    y: np.ndarray
    rows: np.ndarray
    groups: np.ndarray | None = None
    time: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Cut:
    """A table that has been checked and cut.

    Args:
        target: what is predicted.
        learn: the rows to learn from.
        held_out: the rows to judge by.
        others: columns of the table that are not features.
        findings: of the checks.

    Example:
        >>> table = pd.DataFrame({"x": range(20), "y": [value / 2 for value in range(20)]})
        >>> cut = cut_table(table, Request("y"))
        >>> len(cut.learn), len(cut.held_out), cut.others
        (16, 4, ['y'])
    """

    target: Target
    learn: Part
    held_out: Part
    others: list[str]
    findings: list[TableFinding]


def cut_table(frame: pd.DataFrame, request: Request) -> Cut:
    """Check a table and cut it in two; the parts are copies, so that the table itself may go.

    Args:
        frame: the whole table.
        request: what is asked of it.

    Raises:
        TableError: when a column is unknown, or the target cannot be learned.

    Example:
        >>> table = pd.DataFrame({"x": range(20), "when": range(20), "y": [value / 2 for value in range(20)]})
        >>> cut_table(table, Request("y", time="when")).held_out.rows
        array([16, 17, 18, 19])
    """
    _check_names(frame, request)
    target = read_target(frame, request.target, request.task)
    dropped = [*request.exclude, *([request.group] if request.group else [])]
    table = frame.drop(columns=dropped) if dropped else frame
    if table.shape[1] < 2:
        raise TableError("the table must have columns to learn from", "none but the target", "exclude fewer")
    groups = frame[request.group].iloc[target.rows].to_numpy() if request.group else None
    time = _times(frame[request.time].iloc[target.rows]) if request.time else None
    by_class = target.classes is not None and groups is None and time is None
    learn, held_out = split_rows(
        len(target.rows),
        fraction=request.test_size,
        y=target.values if by_class else None,
        groups=groups,
        time=time,
        random_state=request.seed,
    )
    findings = check_table(table, target, split=(target.rows[learn], target.rows[held_out]))

    def part(places: np.ndarray) -> Part:
        rows = target.rows[places]
        X = table.iloc[rows]
        del X[request.target]
        return Part(X, target.values[places], rows, _some(groups, places), _some(time, places))

    features = set(table.columns) - {request.target}
    others = [str(name) for name in frame.columns if name not in features]
    return Cut(target, part(learn), part(held_out), others, findings)


def _check_names(frame: pd.DataFrame, request: Request) -> None:
    for setting, names in (
        ("exclude", request.exclude),
        ("group", [request.group]),
        ("time", [request.time]),
    ):
        unknown = [name for name in names if name is not None and name not in frame.columns]
        if unknown:
            some = ", ".join(map(str, list(frame.columns)[:12]))
            expected = f"{setting} must name columns of the table"
            raise TableError(expected, repr(unknown[0]), f"choose from: {some}")
        if request.target in names:
            raise TableError(
                f"{setting} must name another column than the target", repr(request.target), "choose one"
            )


def _times(column: Any) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column)
    return np.asarray(pd.to_datetime(column, errors="coerce", format="ISO8601"))


def _some(values: np.ndarray | None, places: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[places]
