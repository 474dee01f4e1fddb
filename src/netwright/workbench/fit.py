"""The main job: from a table to a model that has been judged, explained and written down."""

import time as clock
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone

from netwright.core.errors import TableError
from netwright.core.files import check_folder
from netwright.data import Target, check_table, read_frame, read_target, split_rows, to_frame
from netwright.estimators import DeepEstimator
from netwright.metrics import roc_auc
from netwright.training import Callback, EpochMetric, Progress, StopOnInterrupt, TimeLimit, Training
from netwright.workbench.importance import permutation_importance, score_of
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.nets import tabm
from netwright.workbench.references import Reference, fit_references
from netwright.workbench.summary import Story, tell
from netwright.workbench.verdict import HEADLINES

TaskName = Literal["auto", "classification", "binary", "multiclass", "regression"]
SHARE_OF_TIME = 0.6
"""Of a time limit, this much is the net's; the references and the explanation have the rest."""


@dataclass(frozen=True)
class Rows:
    """The table of a job, cut into rows to learn from and held-out rows.

    Args:
        table: features of all rows that have a target.
        target: what is predicted.
        learn: rows to learn from.
        held_out: rows to judge by.
        groups: group of each row, or None.
        time: time of each row, or None.

    Example:
        >>> target = read_target({"y": [1.0, 2.0, 3.5]}, "y")
        >>> rows = Rows(pd.DataFrame({"x": [1, 2, 3]}), target, np.array([0, 1]), np.array([2]), None, None)
        >>> rows.part(rows.held_out)[1]
        array([3.5])
    """

    table: pd.DataFrame
    target: Target
    learn: np.ndarray
    held_out: np.ndarray
    groups: Any
    time: Any

    def part(self, rows: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
        """Return features and target of some rows.

        Args:
            rows: row numbers.
        """
        return self.table.iloc[rows], self.target.values[rows]


def fit(
    data: Any,
    target: str,
    *,
    out: str | Path | None = None,
    model: DeepEstimator | Callable[[str], DeepEstimator] = tabm,
    exclude: Sequence[str] = (),
    task: TaskName = "auto",
    test_size: float = 0.2,
    group: str | None = None,
    time: str | None = None,
    time_limit: float | None = None,
    references: bool = True,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Read a table, check it, train a net on it, judge it beside references, and write model and report.

    Args:
        data: a file (CSV, TSV, Parquet, Feather, JSON lines) or a table in memory.
        target: the column to predict.
        out: folder for the model and the report; None writes nothing.
        model: an estimator of netwright's, unfitted, or a function that makes one for a task ("binary",
            "multiclass" or "regression"), as in `workbench.nets`.
        exclude: columns that the net must not see.
        task: "auto" goes by the target's values.
        test_size: share of the rows that is held out for the scores.
        group: column whose groups stay on one side of every split.
        time: column by which the latest rows are held out.
        time_limit: seconds for the whole job; training stops early, and what then is left of the time goes
            to the references.
        references: whether to fit the constant, the linear model and boosted trees.
        seed: of the splits, the net and the explanation.
        say: told of each stage, and makes training show its progress; None is silent.

    Raises:
        InputError: when the table, the target or the folder cannot be used.
        OSError: when the folder cannot be written.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> wine = load_wine(as_frame=True).frame
        >>> job = fit(wine, target="target", references=False)
        >>> job.note.task, job.scores["accuracy"] > 0.9
        ('multiclass', True)
    """
    start = clock.monotonic()
    tell_user = say or (lambda _: None)
    if out is not None:
        check_folder(Path(out))
    tell_user("reading and checking the table")
    frame = read_frame(data) if isinstance(data, (str, Path)) else to_frame(data)
    rows = _cut(frame, target, exclude, task, test_size, group, time, seed)
    findings = check_table(
        pd.concat([rows.table, frame[[target]].iloc[rows.target.rows].set_axis(rows.table.index)], axis=1),
        replace(rows.target, rows=np.arange(len(rows.table))),
        split=(rows.learn, rows.held_out),
    )
    tell_user(f"training on {len(rows.learn):,} rows, judging on {len(rows.held_out):,}")
    fitted = _train(rows, model, seed, time_limit, show=say is not None)
    headline = HEADLINES[rows.target.task]
    held_X, held_y = rows.part(rows.held_out)
    panels = {"net": score_of(fitted, held_X, held_y, task=rows.target.task)}
    seconds = {"net": sum(fitted.record_.seconds)}
    notes: dict[str, str] = {}
    importance: tuple[Any, ...] = ()

    def go_on() -> bool:
        return time_limit is None or clock.monotonic() - start < time_limit

    try:
        if references:
            tell_user("fitting the references")
            for reference in _references(fitted, rows, seed, go_on):
                panels[reference.name] = _reference_scores(reference, fitted, rows)
                seconds[reference.name], notes[reference.name] = reference.seconds, reference.note
        if go_on():
            tell_user("explaining")
            importance = permutation_importance(
                fitted, held_X, held_y, task=rows.target.task, headline=headline, seed=seed
            )
    except KeyboardInterrupt:
        tell_user("interrupted; what is done is kept")
    note = _note(frame, rows, fitted, headline, panels)
    story = Story(
        data=str(data) if isinstance(data, (str, Path)) else "a table in memory",
        out=None if out is None else str(out),
        exclude=tuple(exclude),
        group=group,
        time=time,
        seed=seed,
        findings=tuple(findings),
        seconds_of=seconds,
        notes=notes,
        importance=importance,
        seconds=clock.monotonic() - start,
    )
    content, held_out = tell(story, note, fitted, rows.table.iloc[rows.learn], held_X, held_y)
    held_out.insert(0, "row", rows.target.rows[rows.held_out] + 1)
    job = FittedJob(fitted, note, content, held_out)
    if out is not None:
        job.save(out)
    return job


def _cut(
    frame: pd.DataFrame,
    target: str,
    exclude: Sequence[str],
    task: TaskName,
    test_size: float,
    group: str | None,
    time: str | None,
    seed: int,
) -> Rows:
    for setting, names in (("exclude", exclude), ("group", [group]), ("time", [time])):
        unknown = [name for name in names if name is not None and name not in frame.columns]
        if unknown:
            listed = ", ".join(map(str, list(frame.columns)[:12]))
            raise TableError(
                f"{setting} must name columns of the table", repr(unknown[0]), f"there are {listed}"
            )
    wanted = read_target(frame, target, task)
    dropped = [target, *exclude] + ([group] if group else [])
    table = frame.drop(columns=dropped)
    if table.shape[1] == 0:
        raise TableError("the table must have columns to learn from", "none but these", "exclude fewer")
    if wanted.n_missing:
        table = table.iloc[wanted.rows]
    groups = frame[group].iloc[wanted.rows].to_numpy() if group else None
    times = _times(frame[time].iloc[wanted.rows]) if time else None
    classes = wanted.values if wanted.classes is not None and not (group or time) else None
    learn, held_out = split_rows(
        len(table), fraction=test_size, y=classes, groups=groups, time=times, random_state=seed
    )
    return Rows(table, wanted, learn, held_out, groups, times)


def _times(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    return pd.to_datetime(column, errors="coerce").to_numpy()


def _train(rows: Rows, model: Any, seed: int, time_limit: float | None, *, show: bool) -> Any:
    model = clone(model) if isinstance(model, DeepEstimator) else model(rows.target.task)
    recipe = model.training or Training()
    extra: list[Callback] = [StopOnInterrupt()]
    if rows.target.task == "binary":
        extra.insert(0, EpochMetric("validation_auc", roc_auc))
    if show:
        extra.append(Progress())
    if time_limit is not None:
        extra.append(TimeLimit(SHARE_OF_TIME * time_limit))
    if model.random_state is None:
        model.random_state = seed
    X, y = rows.part(rows.learn)
    parts = {"groups": rows.groups, "time": rows.time}
    given = {name: values[rows.learn] for name, values in parts.items() if values is not None}
    model.training = clone(recipe).set_params(callbacks=[*extra, *recipe.callbacks])
    if len(X) < _FEWEST_FOR_METRIC:
        model.training.callbacks = [c for c in model.training.callbacks if not isinstance(c, EpochMetric)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the findings tell what was left out
        model.fit(X, y, **given)
    model.training = recipe
    return model


_FEWEST_FOR_METRIC = 100


def _references(model: Any, rows: Rows, seed: int, go_on: Callable[[], bool]) -> Any:
    X, y = rows.part(rows.learn)
    inputs = model.table_.transform(X)
    classify = rows.target.task != "regression"
    learn, judge = split_rows(len(y), fraction=0.2, y=y if classify else None, random_state=seed)
    return fit_references(
        model.table_, (inputs[learn], y[learn]), (inputs[judge], y[judge]), classify=classify, go_on=go_on
    )


def _reference_scores(reference: Reference, model: Any, rows: Rows) -> dict[str, float]:
    X, y = rows.part(rows.held_out)
    return score_of(reference.model, model.table_.transform(X), y, task=rows.target.task)


def _note(
    frame: pd.DataFrame, rows: Rows, model: Any, headline: str, panels: dict[str, dict[str, float]]
) -> JobNote:
    columns = [str(name) for name in rows.table.columns]
    return JobNote(
        netwright=version(),
        target=rows.target.name,
        task=rows.target.task,
        headline=headline,
        columns=columns,
        known=[str(name) for name in frame.columns if name not in set(columns)],
        left_out=model.table_.left_out_,
        classes=[] if rows.target.classes is None else [str(name) for name in rows.target.classes],
        scores={
            name: {key: float(value) if np.isfinite(value) else None for key, value in panel.items()}
            for name, panel in panels.items()
        },
        n_rows=len(rows.table),
        n_held_out=len(rows.held_out),
    )
