"""Which class is taken for which: a table for a few classes, a map and the commonest mistakes for many."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from markupsafe import Markup
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from netwright.report.content import Answers
from netwright.report.labels import codes
from netwright.report.svg import Picture, plot
from netwright.report.wording import percent

MOST_IN_TABLE = 10
MOST_IN_MAP = 60
MOST_MISTAKES = 12
STRENGTHS = 5


@dataclass(frozen=True)
class Cell:
    """One cell: rows, their share of the true class, and how strongly the cell is tinted (0 to 1)."""

    count: int
    share: str
    tint: str
    right: bool


@dataclass(frozen=True)
class PerClass:
    """How one class or label fares."""

    name: str
    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Confusion:
    """What the section shows; the table or the map is empty where the other serves better."""

    table: tuple[tuple[str, tuple[Cell, ...]], ...]
    picture: Picture | None
    mistakes: tuple[tuple[str, str, int, str], ...]
    per_class: tuple[PerClass, ...]


def confusion(answers: Answers) -> Confusion:
    """Count truth against prediction on the held-out rows."""
    if answers.task == "multilabel":
        return Confusion((), None, (), _per_label(answers))
    truth = codes(np.asarray(answers.truth), answers.classes)
    said = codes(np.asarray(answers.prediction), answers.classes)
    n = len(answers.classes)
    counts = confusion_matrix(truth, said, labels=np.arange(n))
    few = n <= MOST_IN_TABLE
    return Confusion(
        table=tuple(zip(answers.classes, _cells(counts), strict=True)) if few else (),
        picture=None if few else _map(counts, answers.classes),
        mistakes=() if n <= 3 else _mistakes(counts, answers.classes),
        per_class=_per_class(truth, said, answers.classes),
    )


def _cells(counts: Int[np.ndarray, "classes classes"]) -> list[tuple[Cell, ...]]:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return [
        tuple(
            Cell(int(count), percent(float(share)), f"{share:.2f}", row == column)
            for column, (count, share) in enumerate(zip(*pair, strict=True))
        )
        for row, pair in enumerate(zip(counts, shares, strict=True))
    ]


def _map(counts: Int[np.ndarray, "classes classes"], classes: tuple[str, ...]) -> Picture:
    order = np.argsort(-counts.sum(axis=1), kind="stable")[:MOST_IN_MAP]
    kept = counts[np.ix_(order, order)]
    shares = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1)
    squares = [
        Markup('<path class="heat h{}" d="{}"/>').format(
            level,
            "".join(f"M{column} {row}h1v1h-1z" for row, column in np.argwhere(_level(shares) == level)),
        )
        for level in range(1, STRENGTHS + 1)
    ]
    n = len(kept)
    right = float(np.trace(counts) / max(counts.sum(), 1))
    inner = Markup(
        '<svg class="stretch" width="100%" height="100%" viewBox="0 0 {0} {0}" '
        'preserveAspectRatio="none">{1}</svg>'
    ).format(n, Markup("").join(squares))
    frame = Markup('<rect class="frame" width="100%" height="100%"/>')
    names = Markup(
        '<text class="axis" x="0" y="0" dy="-8">true class, downwards</text>'
        '<text class="axis" x="100%" y="100%" dy="18" text-anchor="end">predicted class, to the right</text>'
    )
    label = f"Confusion map of {n} classes, the commonest first; {percent(right)} of the rows are right"
    caption = "Rows of the true class, stronger for a greater share; the diagonal is right."
    if len(classes) > n:
        caption += f" The {n} commonest of {len(classes)} classes."
    return Picture(
        "True class against predicted class",
        plot(label, [frame, inner, names], shape="square map"),
        (),
        caption,
    )


def _level(shares: np.ndarray) -> np.ndarray:
    level: np.ndarray = np.ceil(np.sqrt(shares) * STRENGTHS)  # the root lifts rare mistakes into view
    return level.astype(np.int64)


def _mistakes(
    counts: Int[np.ndarray, "classes classes"], classes: tuple[str, ...]
) -> tuple[tuple[str, str, int, str], ...]:
    wrong = counts - np.diag(np.diag(counts))
    places = np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES]
    found = []
    for row, column in zip(*np.unravel_index(places, wrong.shape), strict=True):
        count = int(wrong[row, column])
        if count:
            found.append((classes[row], classes[column], count, percent(count / counts[row].sum())))
    return tuple(found)


def _per_class(truth: np.ndarray, answer: np.ndarray, classes: tuple[str, ...]) -> tuple[PerClass, ...]:
    columns = precision_recall_fscore_support(
        truth, answer, labels=np.arange(len(classes)), zero_division=np.nan
    )
    return tuple(
        PerClass(name, int(rows), float(precision), float(recall), float(f1))
        for name, precision, recall, f1, rows in zip(classes, *columns, strict=True)
    )


def _per_label(answers: Answers) -> tuple[PerClass, ...]:
    columns = precision_recall_fscore_support(
        np.asarray(answers.truth).astype(int),
        np.asarray(answers.prediction).astype(int),
        zero_division=np.nan,
    )
    return tuple(
        PerClass(name, int(rows), float(precision), float(recall), float(f1))
        for name, precision, recall, f1, rows in zip(answers.classes, *columns, strict=True)
    )
