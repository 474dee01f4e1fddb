"""Are the probabilities right, and do they rank? Reliability, ROC and precision-recall curves."""

import numpy as np
from markupsafe import Markup
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from netwright.metrics import ReliabilityCurve, reliability_curve
from netwright.report.content import Answers
from netwright.report.labels import Question, confidence, questions
from netwright.report.svg import Picture, Scale, axes, bars, dots, line, path, plot, series, stretched
from netwright.report.wording import number, percent

BINS = 15  # as the score of that name has
ENOUGH = 10  # rows; the curve is not drawn through bins with fewer
Z = 1.96
UNIT = Scale(0.0, 1.0)


def reliability_picture(answers: Answers) -> Picture:
    """Draw observed shares over given probabilities, with the rows per bin beneath."""
    outcome, probability, name = confidence(answers)
    found = reliability_curve(outcome, probability, n_bins=BINS)
    x, y = UNIT(found.predicted), UNIT(found.observed)
    sure = found.count >= ENOUGH
    diagonal = line(UNIT(np.array([0.0, 1.0])), UNIT(np.array([0.0, 1.0])), "ideal")
    counts = np.zeros(BINS)
    counts[np.searchsorted(found.edges[1:-1], found.predicted)] = found.count
    body = [
        axes(UNIT, UNIT, f"probability of {name}"),
        stretched(bars(counts.tolist(), "rows-per-bin", highest=4 * float(counts.max()))),
        stretched(
            diagonal,
            _intervals(found),
            line(np.where(sure, x, np.nan), y, "s1"),
            dots(x[sure], y[sure], "s1"),
            dots(x[~sure], y[~sure], "s1 few"),
        ),
    ]
    label = f"Reliability curve: calibration error {number(found.gap())}. Given and observed: " + ", ".join(
        f"{a:.2f} {b:.2f}" for a, b in zip(found.predicted, found.observed, strict=True)
    )
    direction = _direction(found)
    caption = f"Expected calibration error {number(found.gap())} over {BINS} bins. {direction}"
    legend = (
        ("s1", "observed, 95 % interval"),
        ("ideal", "perfectly reliable"),
        ("rows-per-bin", "rows per bin"),
    )
    return Picture("Reliability", plot(label, body, shape="square"), legend, caption)


def roc_picture(answers: Answers) -> Picture:
    """Draw the receiver operating characteristic of each class."""
    asked = questions(answers)
    lines, legend = [line(UNIT(np.array([0.0, 1.0])), UNIT(np.array([0.0, 1.0])), "ideal")], []
    for k, question in enumerate(asked):
        false_rate, true_rate, _ = roc_curve(question.truth, question.score)
        lines.append(line(UNIT(false_rate), UNIT(true_rate), series(k)))
        legend.append((series(k), f"{question.name}, area {auc(false_rate, true_rate):.3f}"))
    body = [axes(UNIT, UNIT, "false positive rate"), stretched(*lines)]
    label = "ROC curve. Area under it: " + "; ".join(text for _, text in legend)
    caption = _left_over(answers, asked)
    return Picture("True positive rate (ROC)", plot(label, body, shape="square"), tuple(legend), caption)


def precision_recall_picture(answers: Answers) -> Picture:
    """Draw precision over recall of each class, with the level of chance where there is one class."""
    asked = questions(answers)
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


def _intervals(found: ReliabilityCurve) -> Markup:
    """Draw Wilson's interval of each observed share: bins of a few rows say little."""
    pieces = []
    for given, share, n in zip(found.predicted, found.observed, found.count, strict=True):
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        low, high = 1000 * (1 - middle + half), 1000 * (1 - middle - half)
        pieces.append(f"M{1000 * given:.1f} {low:.1f}V{high:.1f}")
    return path("".join(pieces), "interval s1")


def _direction(found: ReliabilityCurve) -> str:
    gap = float(found.share @ (found.predicted - found.observed))
    if found.gap() < 0.02:
        return "The probabilities can be taken at their word."
    if abs(gap) < found.gap() / 2:
        return "The probabilities are too high in places and too low in others."
    return f"The probabilities are too {'high' if gap > 0 else 'low'} on the whole."


def _left_over(answers: Answers, asked: list[Question]) -> str:
    several = len(answers.classes) > 2 or answers.task == "multilabel"
    if several and len(asked) < len(answers.classes):
        return f"Each against all others; the {len(asked)} commonest of {len(answers.classes)}."
    return "Each against all others." if several else ""
