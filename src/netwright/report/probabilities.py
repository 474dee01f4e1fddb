"""Are the probabilities right, and do they rank? Reliability, ROC and precision-recall curves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from markupsafe import Markup
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from netwright.report.content import Content
from netwright.report.labels import Question, confidence, questions
from netwright.report.svg import Picture, Scale, axes, bars, dots, line, plot, series, stretched
from netwright.report.wording import number, percent

BINS = 10
UNIT = Scale(0.0, 1.0)


@dataclass(frozen=True)
class Reliability:
    """Rows sorted into bins of equal width by probability; empty bins hold no number.

    Args:
        given: mean probability per bin.
        observed: share of positive outcomes per bin.
        counts: rows per bin.
        error: expected calibration error, the gap of the bins weighted by their rows.
    """

    given: Float[np.ndarray, " bins"]
    observed: Float[np.ndarray, " bins"]
    counts: Int[np.ndarray, " bins"]
    error: float


def reliability(
    outcome: Int[np.ndarray, " rows"], probability: Float[np.ndarray, " rows"], bins: int = BINS
) -> Reliability:
    """Compare probabilities with what happened.

    Example:
        >>> reliability(np.array([0, 1]), np.array([0.25, 0.75]), bins=2).error
        0.25
    """
    place = np.clip((probability * bins).astype(np.int64), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        given = np.bincount(place, probability, minlength=bins) / counts
        observed = np.bincount(place, outcome, minlength=bins) / counts
    error = float(np.nansum(counts * np.abs(given - observed)) / max(len(outcome), 1))
    return Reliability(given, observed, counts, error)


def reliability_picture(content: Content) -> Picture:
    """Draw observed shares over given probabilities, with the rows per bin beneath."""
    outcome, probability, name = confidence(content)
    found = reliability(outcome, probability)
    full = np.isfinite(found.given)
    x, y = UNIT(found.given[full]), UNIT(found.observed[full])
    diagonal = line(UNIT(np.array([0.0, 1.0])), UNIT(np.array([0.0, 1.0])), "ideal")
    body = [
        axes(UNIT, UNIT, f"probability of {name}"),
        stretched(bars(found.counts.tolist(), "rows-per-bin", highest=4 * max(int(found.counts.max()), 1))),
        stretched(diagonal, line(x, y, "s1"), dots(x, y, "s1")),
    ]
    label = (
        f"Reliability curve: expected calibration error {number(found.error)}. Probability given and share "
        "observed: "
        + ", ".join(f"{a:.2f} {b:.2f}" for a, b in zip(found.given[full], found.observed[full], strict=True))
    )
    direction = _direction(found)
    caption = f"Expected calibration error {number(found.error)} over {BINS} bins. {direction}"
    legend = (("s1", "observed share"), ("ideal", "perfectly reliable"), ("fill", "rows per bin"))
    return Picture("Reliability", plot(label, body, shape="square"), legend, caption)


def roc_picture(content: Content) -> Picture:
    """Draw the receiver operating characteristic of each class."""
    asked = questions(content)
    lines, legend = [line(UNIT(np.array([0.0, 1.0])), UNIT(np.array([0.0, 1.0])), "ideal")], []
    for k, question in enumerate(asked):
        false_rate, true_rate, _ = roc_curve(question.truth, question.score)
        lines.append(line(UNIT(false_rate), UNIT(true_rate), series(k)))
        legend.append((series(k), f"{question.name}, area {auc(false_rate, true_rate):.3f}"))
    body = [axes(UNIT, UNIT, "false positive rate"), stretched(*lines)]
    label = "ROC curve. Area under it: " + "; ".join(text for _, text in legend)
    caption = _left_over(content, asked)
    return Picture(
        "ROC: true against false positive rate", plot(label, body, shape="square"), tuple(legend), caption
    )


def precision_recall_picture(content: Content) -> Picture:
    """Draw precision over recall of each class, with the level of chance where there is one class."""
    asked = questions(content)
    lines: list[Markup] = []
    legend = []
    for k, question in enumerate(asked):
        precision, recall, _ = precision_recall_curve(question.truth, question.score)
        lines.append(line(UNIT(recall[::-1]), UNIT(precision[::-1]), series(k)))
        area = average_precision_score(question.truth, question.score)
        legend.append((series(k), f"{question.name}, average {area:.3f}"))
    caption = ""
    if len(asked) == 1:
        chance = float(asked[0].truth.mean())
        lines.insert(0, line(UNIT(np.array([0.0, 1.0])), UNIT(np.array([chance, chance])), "ideal"))
        caption = (
            f"{percent(chance)} of the held-out rows are {asked[0].name}: the dashed line, reached by chance."
        )
    body = [axes(UNIT, UNIT, "recall"), stretched(*lines)]
    label = "Precision-recall curve. Average precision: " + "; ".join(text for _, text in legend)
    return Picture("Precision over recall", plot(label, body, shape="square"), tuple(legend), caption)


def _direction(found: Reliability) -> str:
    weight = found.counts / max(int(found.counts.sum()), 1)
    gap = float(np.nansum(weight * (found.given - found.observed)))
    if found.error < 0.02:
        return "The probabilities can be taken at their word."
    if abs(gap) < found.error / 2:
        return "They err in both directions."
    return "On the whole they are too high." if gap > 0 else "On the whole they are too low."


def _left_over(content: Content, asked: list[Question]) -> str:
    several = len(content.classes) > 2 or content.task == "multilabel"
    if several and len(asked) < len(content.classes):
        return f"Each against all others; the {len(asked)} commonest of {len(content.classes)}."
    return "Each against all others." if several else ""
