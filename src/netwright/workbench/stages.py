"""The stages of a job once its table is cut: train, judge beside the references, explain, write down."""

import time as clock
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
from sklearn.base import clone

from netwright.core.memory import release_memory
from netwright.data import split_rows
from netwright.estimators import DeepEstimator
from netwright.metrics import roc_auc
from netwright.report import Importance
from netwright.training import Callback, EpochMetric, Progress, Run, StopOnInterrupt, TimeLimit, Training
from netwright.training.choices import MIN_ROWS_FOR_VALIDATION
from netwright.workbench.cut import Cut
from netwright.workbench.importance import permutation_importance, score_of
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.reading import read_fit
from netwright.workbench.references import MOST_ROWS, Reference, fit_references
from netwright.workbench.summary import Story, tell
from netwright.workbench.verdict import HEADLINES

SHARE_OF_TIME = 0.6
"""Of a time limit, this much is the net's; the references and the explanation have the rest."""


@dataclass
class Plan:
    """How a job goes about its work, and whether all of it was done.

    Args:
        seed: of the splits, the net and the explanation.
        references: whether they are fitted.
        limit: seconds for the whole job, or None.
        say: told of each stage, and makes training show its progress; None is silent.
        keep: callbacks of the training that keep its state.
        first: whether this process does what is done once: references and explanation.

    Attributes:
        whole: whether neither the clock nor the user has cut anything short.
        trained: whether the training is over.

    Example:
        >>> plan = Plan(seed=0, references=False, limit=0.0)
        >>> plan.goes_on(), plan.whole
        (False, False)
    """

    seed: int
    references: bool
    limit: float | None = None
    say: Callable[[str], None] | None = None
    keep: Sequence[Callback] = ()
    first: bool = True
    whole: bool = True
    trained: bool = False
    start: float = field(default_factory=clock.monotonic)

    def passed(self) -> float:
        """Return the seconds since the job began."""
        return clock.monotonic() - self.start

    def goes_on(self) -> bool:
        """Return whether there is time for more."""
        time_left = self.limit is None or self.passed() < self.limit
        self.whole = self.whole and time_left
        return time_left

    def tell(self, stage: str) -> None:
        """Say which stage begins."""
        if self.say is not None:
            self.say(stage)


def work(cut: Cut, model: Any, plan: Plan, story: Story) -> FittedJob:
    """Train, judge, explain, and return the job.

    Args:
        cut: the table.
        model: an unfitted estimator, or a function that makes one for a task.
        plan: how; it hears what is cut short.
        story: its beginning.
    """
    plan.tell(f"training on {len(cut.learn):,} rows, judging on {len(cut.held_out):,}")
    fitted = train(cut, model, plan)
    release_memory()
    panels = {"net": score_of(fitted, cut.held_out.X, cut.held_out.y, task=cut.target.task)}
    seconds, notes = {"net": sum(fitted.record_.seconds)}, {}
    importance: tuple[Importance, ...] = ()
    answers: dict[str, np.ndarray] = {}
    try:
        if plan.references and plan.first:
            plan.tell("fitting the references")
            held_inputs = fitted.table_.transform(cut.held_out.X)
            for reference in _references(fitted, cut, plan):
                scored = score_of(reference.model, held_inputs, cut.held_out.y, task=cut.target.task)
                panels[reference.name] = scored
                answers[reference.name] = reference.model.predict(held_inputs)
                seconds[reference.name], notes[reference.name] = reference.seconds, reference.note
                release_memory()
        if plan.first and plan.goes_on():
            plan.tell("explaining")
            importance = _explain(fitted, cut, plan.seed)
    except KeyboardInterrupt:
        plan.whole = False
        plan.tell("interrupted; what is done is kept")
    note = _note(cut, fitted, panels)
    findings = (*story.findings, *(read_fit(fitted, cut, answers, seed=plan.seed) if answers else ()))
    story = replace(story, seconds_of=seconds, notes=notes, importance=importance, findings=findings)
    story = replace(story, seconds=plan.passed())
    content, held_out = tell(story, note, fitted, cut.learn.X, cut.held_out.X, cut.held_out.y)
    held_out.insert(0, "row", cut.held_out.rows + 1)
    return FittedJob(fitted, note, content, held_out, whole=plan.whole)


@final
@dataclass(eq=False)
class _Ending(Callback):
    """Tells the plan when the training was ended from outside."""

    job: Plan

    def on_end(self, run: Run) -> None:
        self.job.whole = self.job.whole and not run.interrupted
        self.job.trained = bool(run.record.stopped)

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Ending":
        """Some estimators copy the recipe; the plan must hear of the end all the same."""
        return self


def train(cut: Any, model: Any, plan: Plan, *more: Callback) -> Any:
    """Return the fitted model.

    Args:
        cut: a `Cut`, or what has a `target` with a task, and rows `learn` as it has.
        model: an unfitted estimator, or a function that makes one for a task.
        plan: how; it hears whether the training was cut short.
        more: callbacks of the training.
    """
    model = clone(model) if isinstance(model, DeepEstimator) else model(cut.target.task)
    recipe = model.training or Training()
    extra: list[Callback] = [*more, StopOnInterrupt(), _Ending(plan)]
    if cut.target.task == "binary" and len(cut.learn) >= MIN_ROWS_FOR_VALIDATION:
        extra.insert(0, EpochMetric("validation_auc", roc_auc))
    if plan.say is not None:
        extra.append(Progress())
    if plan.limit is not None:
        extra.append(TimeLimit(max(SHARE_OF_TIME * plan.limit - plan.passed(), 0.0)))
    if model.random_state is None:
        model.random_state = plan.seed
    model.training = clone(recipe).set_params(callbacks=[*extra, *recipe.callbacks, *plan.keep])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the findings tell what was left out
        model.fit(cut.learn.X, cut.learn.y, groups=cut.learn.groups, time=cut.learn.time)
    model.training = recipe
    return model


def _references(model: Any, cut: Cut, plan: Plan) -> Iterator[Reference]:
    """Fit the references; what chooses among their variants is split off as the table was."""
    classify = cut.target.task != "regression"
    y, groups, time = cut.learn.y, cut.learn.groups, cut.learn.time
    rows = np.arange(len(y))
    if len(y) > MOST_ROWS:
        share = MOST_ROWS / len(y)
        _, rows = split_rows(len(y), fraction=share, y=y if classify else None, random_state=plan.seed)
    inputs, target = model.table_.transform(cut.learn.X, rows=rows), y[rows]
    _, judge = split_rows(
        len(rows),
        fraction=0.2,
        y=target if classify and groups is None and time is None else None,
        groups=None if groups is None else groups[rows],
        time=None if time is None else time[rows],
        random_state=plan.seed,
    )
    go_on = plan.goes_on
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
