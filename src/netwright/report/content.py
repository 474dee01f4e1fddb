"""What a report says, as plain values: whoever ran the job fills this in, the page reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from netwright.metrics import SCORE_TABLE, ScoreInfo

Task = Literal["binary", "multiclass", "multilabel", "regression"]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Fact:
    """One line of what was asked.

    Args:
        name: what it is about, such as "file" or "target".
        value: the answer, as it should stand on the page.

    Example:
        >>> Fact("target", "late").name
        'target'
    """

    name: str
    value: str


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the table, as it was found in the training rows.

    Args:
        name: the column's name.
        kind: what it was read as: number, category, boolean, date, text, identifier.
        used: whether the net sees it.
        note: why it was left out, or how it was changed; empty where there is nothing to say.
        missing_share: missing rows over all rows, from 0 to 1.
        n_distinct: distinct values, missing ones not counted.
        summary: one short line, such as "median 12, from -3 to 140" or "JFK 36 %, LGA 33 %".
        histogram: (label, count) of each bin in order, or of the commonest values.

    Example:
        >>> ColumnProfile("age", "number", True, "", 0.2, 71, "median 34", (("0 to 40", 8),)).used
        True
    """

    name: str
    kind: str
    used: bool
    note: str
    missing_share: float
    n_distinct: int
    summary: str
    histogram: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Choice:
    """One setting that was chosen by a rule rather than by the user.

    Args:
        name: the setting, such as "batch size".
        value: what was chosen.
        reason: why, in one sentence.
        source: the paper or rule it comes from; empty where it was given by the user.

    Example:
        >>> Choice("epochs", "40", "the validation loss stood still", "Prechelt (1998)").value
        '40'
    """

    name: str
    value: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class Importance:
    """How much the headline score falls when one column is shuffled.

    Args:
        column: the column's name.
        mean: mean fall over the repeats, in units of the headline score.
        spread: standard deviation over the repeats.

    Example:
        >>> Importance("distance", 0.031, 0.002).mean
        0.031
    """

    column: str
    mean: float
    spread: float = 0.0


@dataclass(frozen=True)
class ReferenceScore:
    """The scores of one model on the held-out rows: the net's, or those of a reference.

    Args:
        name: the model, such as "gradient boosting".
        scores: score name to value; the names are those of `Content.score_info`.
        seconds: time to fit.
        is_net: whether this is the net that the report is about.
        note: anything worth a line, such as how it was fitted.

    Example:
        >>> ReferenceScore("linear model", {"roc_auc": 0.69}, 1.2).scores["roc_auc"]
        0.69
    """

    name: str
    scores: Mapping[str, float]
    seconds: float
    is_net: bool = False
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Args:
        kind: the check, such as "leak" or "duplicates".
        severity: "error", "warning" or "note".
        message: what was found, in one sentence.
        remedy: what the user can do about it.

    Example:
        >>> Finding("duplicates", "warning", "12 rows stand on both sides of the split", "drop them").severity
        'warning'
    """

    kind: str
    severity: Severity
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Content:
    """All that one report says.

    Empty parts make their section vanish from the page and from its navigation.

    Args:
        title: heading of the page.
        created: date and time, as text; the page never asks the clock.
        version: version of netwright.
        verdict: the result in one sentence.
        task: "binary", "multiclass", "multilabel" or "regression".
        target: name of the target column, or of the columns together.
        headline: name of the score that decides.
        asked: what was asked for.
        columns: profile of each column.
        n_rows: rows of the whole table.
        n_held_out: rows held out for the scores.
        choices: settings chosen by a rule.
        history: one mapping per epoch: epoch, loss, validation_loss, learning_rate, seconds, other metrics.
        best_epoch: epoch whose weights were kept.
        stopped: why training ended.
        classes: names of the classes, of the labels, or of the outputs of a regression with several.
        truth: held-out targets: class names, or a (rows, labels) table of 0 and 1, or numbers.
        prediction: what the net answered, in the form of `truth`.
        probability: (rows, classes) or (rows, labels); for "binary" also the second class's alone.
        importance: permutation importance of columns.
        references: scores of the net and of each reference.
        score_info: score name to its label and direction, in the order of the table of scores.
        findings: what the checks found.
        usage_python: lines of Python that use the model.
        usage_command: the command line that does.
        seconds: time of the whole job.
        machine: what it ran on, in one line.

    Example:
        >>> content = Content(title="Flights", created="1 May 2026", version="0.1.0", verdict="It works.",
        ...                   task="regression", target="delay", headline="r2")
        >>> content.history
        ()
    """

    title: str
    created: str
    version: str
    verdict: str
    task: Task
    target: str
    headline: str
    asked: tuple[Fact, ...] = ()
    columns: tuple[ColumnProfile, ...] = ()
    n_rows: int = 0
    n_held_out: int = 0
    choices: tuple[Choice, ...] = ()
    history: tuple[Mapping[str, float], ...] = ()
    best_epoch: int | None = None
    stopped: str = ""
    classes: tuple[str, ...] = ()
    truth: np.ndarray | None = None
    prediction: np.ndarray | None = None
    probability: np.ndarray | None = None
    importance: tuple[Importance, ...] = ()
    references: tuple[ReferenceScore, ...] = ()
    score_info: Mapping[str, ScoreInfo] = field(default_factory=lambda: SCORE_TABLE)
    findings: tuple[Finding, ...] = ()
    usage_python: str = ""
    usage_command: str = ""
    seconds: float = 0.0
    machine: str = ""
