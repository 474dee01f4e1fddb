"""The single lines of a report, as plain values: a fact, a column, a choice, a score, a finding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
        scores: score name to value; the names are those of `Comparison.score_info`.
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
