"""What a report says, as plain values: whoever ran the job fills this in, the page reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from netwright.metrics import SCORE_TABLE, ScoreInfo
from netwright.report.entries import Choice, ColumnProfile, Fact, Finding, Importance, ReferenceScore
from netwright.report.forecasts import ForecastLine
from netwright.report.gallery import Gallery

Task = Literal["binary", "multiclass", "multilabel", "regression"]


@dataclass(frozen=True)
class Heading:
    """What stands above the page and below it.

    Args:
        title: heading of the page.
        created: date and time, as text; the page never asks the clock.
        version: version of netwright.
        seconds: time of the whole job.
        machine: what it ran on, in one line.

    Example:
        >>> Heading("Flights", created="1 May 2026", version="0.1.0").title
        'Flights'
    """

    title: str
    created: str
    version: str
    seconds: float = 0.0
    machine: str = ""


@dataclass(frozen=True)
class Answers:
    """What was to be predicted, and what the net answered on the held-out rows.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        target: name of the target column, or of the columns together.
        classes: names of the classes, of the labels, or of the outputs of a regression with several.
        truth: held-out targets: class names, or a (rows, labels) table of 0 and 1, or numbers.
        prediction: what the net answered, in the form of `truth`.
        probability: (rows, classes) or (rows, labels); for "binary" also the second class's alone.
        galleries: held-out pictures, where the rows are such.
        forecasts: lines of series with the steps ahead, where the job forecasts.

    Example:
        >>> truth, probability = np.array(["no", "yes"]), np.array([0.2, 0.9])
        >>> Answers("binary", "late", ("no", "yes"), truth, probability=probability).target
        'late'
    """

    task: Task
    target: str
    classes: tuple[str, ...] = ()
    truth: np.ndarray | None = None
    prediction: np.ndarray | None = None
    probability: np.ndarray | None = None
    galleries: tuple[Gallery, ...] = ()
    forecasts: tuple[ForecastLine, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The net beside its references.

    Args:
        headline: name of the score that decides.
        references: scores of the net and of each reference.
        score_info: score name to its label and direction, in the order of the table of scores.

    Example:
        >>> net = ReferenceScore("netwright MLP", {"r2": 0.61}, seconds=9.0, is_net=True)
        >>> Comparison("r2", (net, ReferenceScore("linear model", {"r2": 0.55}, seconds=0.1))).headline
        'r2'
    """

    headline: str
    references: tuple[ReferenceScore, ...] = ()
    score_info: Mapping[str, ScoreInfo] = field(default_factory=lambda: SCORE_TABLE)


@dataclass(frozen=True)
class TableProfile:
    """The table that was learned from.

    Args:
        columns: profile of each column.
        n_rows: rows of the whole table.
        n_held_out: rows held out for the scores.

    Example:
        >>> TableProfile(n_rows=50_000, n_held_out=10_000).columns
        ()
    """

    columns: tuple[ColumnProfile, ...] = ()
    n_rows: int = 0
    n_held_out: int = 0


@dataclass(frozen=True)
class Learning:
    """How the net was trained, and how that went.

    Args:
        choices: settings chosen by a rule.
        history: one mapping per epoch: epoch, loss, validation_loss, learning_rate, seconds, other metrics.
        best_epoch: epoch whose weights were kept.
        stopped: why training ended.

    Example:
        >>> Learning(history=({"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.6}), best_epoch=2).choices
        ()
    """

    choices: tuple[Choice, ...] = ()
    history: tuple[Mapping[str, float], ...] = ()
    best_epoch: int | None = None
    stopped: str = ""


@dataclass(frozen=True)
class Usage:
    """How to use the model, in lines to be copied.

    Args:
        python: lines of Python.
        command: the command line.

    Example:
        >>> Usage(command="netwright predict runs/flights new.csv").python
        ''
    """

    python: str = ""
    command: str = ""


@dataclass(frozen=True)
class Content:
    """All that one report says.

    Empty parts make their section vanish from the page and from its navigation.

    Args:
        heading: what stands above the page and below it.
        verdict: the result in one sentence.
        answers: what was to be predicted, and what the net answered.
        comparison: the net beside its references.
        asked: what was asked for.
        table: the table that was learned from.
        learning: how the net was trained.
        importance: permutation importance of columns.
        findings: what the checks found.
        usage: how to use the model.

    Example:
        >>> heading = Heading("Flights", created="1 May 2026", version="0.1.0")
        >>> content = Content(heading, "It works.", Answers("regression", "delay"), Comparison("r2"))
        >>> content.learning.history
        ()
    """

    heading: Heading
    verdict: str
    answers: Answers
    comparison: Comparison
    asked: tuple[Fact, ...] = ()
    table: TableProfile = TableProfile()
    learning: Learning = Learning()
    importance: tuple[Importance, ...] = ()
    findings: tuple[Finding, ...] = ()
    usage: Usage = Usage()
