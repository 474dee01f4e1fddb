"""The main job: from a table to a model that has been judged, explained and written down."""

import time as clock
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from netwright.core.files import check_folder
from netwright.core.memory import release_memory
from netwright.data import read_frame, split_rows, to_frame
from netwright.estimators import DeepEstimator
from netwright.metrics import roc_auc
from netwright.report import Importance
from netwright.training import Callback, EpochMetric, Progress, StopOnInterrupt, TimeLimit, Training
from netwright.training.choices import MIN_ROWS_FOR_VALIDATION
from netwright.workbench.cut import Cut, Request, TaskName, cut_table
from netwright.workbench.importance import permutation_importance, score_of
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.nets import tabm
from netwright.workbench.references import MOST_ROWS, Reference, fit_references
from netwright.workbench.summary import Story, conditions, tell
from netwright.workbench.verdict import HEADLINES

SHARE_OF_TIME = 0.6
"""Of a time limit, this much is the net's; the references and the explanation have the rest."""


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
        references: whether to fit the constant, the linear model and gradient boosting.
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
    timer = _Clock(time_limit)
    tell_user = say or (lambda _: None)
    if out is not None:
        check_folder(Path(out))
    tell_user("reading and checking the table")
    request = Request(target, tuple(exclude), task, test_size, group, time, seed)
    cut = cut_table(read_frame(data) if isinstance(data, (str, Path)) else to_frame(data), request)
    release_memory()
    tell_user(f"training on {len(cut.learn):,} rows, judging on {len(cut.held_out):,}")
    fitted = _train(cut, model, seed, timer, show=say is not None)
    release_memory()
    panels = {"net": score_of(fitted, cut.held_out.X, cut.held_out.y, task=cut.target.task)}
    seconds, notes = {"net": sum(fitted.record_.seconds)}, {}
    importance: tuple[Importance, ...] = ()
    try:
        if references:
            tell_user("fitting the references")
            held_inputs = fitted.table_.transform(cut.held_out.X)
            for reference in _references(fitted, cut, seed, timer.goes_on):
                scored = score_of(reference.model, held_inputs, cut.held_out.y, task=cut.target.task)
                panels[reference.name] = scored
                seconds[reference.name], notes[reference.name] = reference.seconds, reference.note
                release_memory()
        if timer.goes_on():
            tell_user("explaining")
            importance = _explain(fitted, cut, seed)
    except KeyboardInterrupt:
        tell_user("interrupted; what is done is kept")
    note = _note(cut, fitted, panels)
    story = Story(
        data=str(data) if isinstance(data, (str, Path)) else "a table in memory",
        out=None if out is None else str(out),
        asked=conditions(exclude, group, time, seed=seed),
        findings=tuple(cut.findings),
        seconds_of=seconds,
        notes=notes,
        importance=importance,
        seconds=timer.passed(),
    )
    content, held_out = tell(story, note, fitted, cut.learn.X, cut.held_out.X, cut.held_out.y)
    held_out.insert(0, "row", cut.held_out.rows + 1)
    job = FittedJob(fitted, note, content, held_out)
    if out is not None:
        job.save(out)
    return job


class _Clock:
    """The time that a job has taken, and whether there is any left."""

    def __init__(self, limit: float | None) -> None:
        self.start, self.limit = clock.monotonic(), limit

    def passed(self) -> float:
        return clock.monotonic() - self.start

    def goes_on(self) -> bool:
        return self.limit is None or self.passed() < self.limit


def _train(cut: Cut, model: Any, seed: int, timer: _Clock, *, show: bool) -> Any:
    model = clone(model) if isinstance(model, DeepEstimator) else model(cut.target.task)
    recipe = model.training or Training()
    extra: list[Callback] = [StopOnInterrupt()]
    if cut.target.task == "binary" and len(cut.learn) >= MIN_ROWS_FOR_VALIDATION:
        extra.insert(0, EpochMetric("validation_auc", roc_auc))
    if show:
        extra.append(Progress())
    if timer.limit is not None:
        extra.append(TimeLimit(max(SHARE_OF_TIME * timer.limit - timer.passed(), 0.0)))
    if model.random_state is None:
        model.random_state = seed
    model.training = clone(recipe).set_params(callbacks=[*extra, *recipe.callbacks])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the findings tell what was left out
        model.fit(cut.learn.X, cut.learn.y, groups=cut.learn.groups, time=cut.learn.time)
    model.training = recipe
    return model


def _references(model: Any, cut: Cut, seed: int, go_on: Callable[[], bool]) -> Iterator[Reference]:
    """Fit the references; what chooses among their variants is split off as the table was."""
    classify = cut.target.task != "regression"
    y, groups, time = cut.learn.y, cut.learn.groups, cut.learn.time
    rows = np.arange(len(y))
    if len(y) > MOST_ROWS:
        share = MOST_ROWS / len(y)
        _, rows = split_rows(len(y), fraction=share, y=y if classify else None, random_state=seed)
    inputs, target = model.table_.transform(cut.learn.X, rows=rows), y[rows]
    _, judge = split_rows(
        len(rows),
        fraction=0.2,
        y=target if classify and groups is None and time is None else None,
        groups=None if groups is None else groups[rows],
        time=None if time is None else time[rows],
        random_state=seed,
    )
    return fit_references(model.table_, inputs, target, judge, classify=classify, n_rows=len(y), go_on=go_on)


def _explain(model: Any, cut: Cut, seed: int) -> tuple[Importance, ...]:
    task = cut.target.task
    return permutation_importance(
        model, cut.held_out.X, cut.held_out.y, task=task, headline=HEADLINES[task], seed=seed
    )


def _note(cut: Cut, model: Any, panels: dict[str, dict[str, float]]) -> JobNote:
    classes = cut.target.classes
    return JobNote(
        netwright=version(),
        target=cut.target.name,
        task=cut.target.task,
        columns=[str(name) for name in cut.learn.X.columns],
        known=cut.others,
        left_out=model.table_.left_out_,
        classes=[] if classes is None else [str(name) for name in classes],
        scores={
            name: {key: float(value) if np.isfinite(value) else None for key, value in panel.items()}
            for name, panel in panels.items()
        },
        n_rows=len(cut.learn) + len(cut.held_out),
        n_held_out=len(cut.held_out),
    )
