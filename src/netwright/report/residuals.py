"""How far predictions of numbers are off, and where."""

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from netwright.core.errors import InputError
from netwright.report.content import Answers
from netwright.report.svg import Picture, Scale, axes, bars, dots, line, mark, path, plot, scale_of, stretched
from netwright.report.wording import number, percent

MOST_POINTS = 1000
GRID = 50
STRENGTHS = 5
BINS = 31


def residual_pictures(answers: Answers) -> list[Picture]:
    """Draw predicted against actual values and the histogram of their differences, for each output."""
    truth = np.asarray(answers.truth, dtype=np.float64)
    answer = np.asarray(answers.prediction, dtype=np.float64)
    if truth.shape != answer.shape:
        raise InputError(
            "prediction must have the shape of truth", f"{answer.shape} for {truth.shape}", "check it"
        )
    truth, answer = truth.reshape(len(truth), -1), answer.reshape(len(answer), -1)
    known = np.isfinite(truth).all(axis=1) & np.isfinite(answer).all(axis=1)
    truth, answer = truth[known], answer[known]
    if not len(truth):
        return []
    several = truth.shape[1] > 1
    names = answers.classes if len(answers.classes) == truth.shape[1] else (answers.target,) * truth.shape[1]
    pictures = []
    for k, name in enumerate(names):
        after = f", {name}" if several else ""
        pictures.append(_against(truth[:, k], answer[:, k], name, after))
        pictures.append(_histogram(answer[:, k] - truth[:, k], name, after))
    return pictures


def _against(
    truth: Float[np.ndarray, " rows"], answer: Float[np.ndarray, " rows"], name: str, after: str
) -> Picture:
    scale = _common_scale(truth, answer)
    x, y = scale(truth), scale(answer)
    inside = (x >= 0) & (x <= 1000) & (y >= 0) & (y <= 1000)
    x, y = x[inside], y[inside]
    ideal = line(np.array([0.0, 1000.0]), np.array([0.0, 1000.0]), "ideal")
    many = len(x) > MOST_POINTS
    drawn = _density(x, y) if many else [dots(x, y, "s1 cloud")]
    likeness = float(np.corrcoef(truth, answer)[0, 1]) if np.ptp(truth) and np.ptp(answer) else 0.0
    label = f"Predicted against actual {name} of {len(truth)} rows; correlation {number(likeness)}"
    body = [axes(scale, scale, f"actual {name}"), stretched(*drawn, ideal)]
    caption = "Stronger squares hold more rows. " if many else ""
    outside = len(truth) - len(x)
    caption += f"{outside} of {len(truth):,} rows lie outside the frame." if outside else ""
    legend = (("fill" if many else "spot", "held-out rows"), ("ideal", "perfect prediction"))
    return Picture(f"Predicted over actual{after}", plot(label, body, shape="square"), legend, caption)


def _common_scale(truth: Float[np.ndarray, " rows"], answer: Float[np.ndarray, " rows"]) -> Scale:
    both = np.r_[truth, answer]
    both = both[np.isfinite(both)]
    if len(truth) > 200:
        both = both[(both >= np.quantile(both, 0.002)) & (both <= np.quantile(both, 0.998))]
    return scale_of(both)


def _density(x: Float[np.ndarray, " rows"], y: Float[np.ndarray, " rows"]) -> list[Markup]:
    """Draw squares in five strengths: equal steps of the logarithm, for rows crowd in few of them."""
    counts = np.histogram2d(y, x, bins=GRID, range=((0, 1000), (0, 1000)))[0]
    level = np.ceil(STRENGTHS * np.log1p(counts) / np.log1p(counts.max())).astype(int)
    side = 1000 // GRID
    return [
        path(
            "".join(
                f"M{column * side} {1000 - (row + 1) * side}h{side}v{side}h-{side}z"
                for row, column in np.argwhere(level == strength)
            ),
            f"heat h{strength}",
        )
        for strength in range(1, STRENGTHS + 1)
    ]


def _histogram(residual: Float[np.ndarray, " rows"], name: str, after: str) -> Picture:
    half = float(np.quantile(np.abs(residual), 0.99)) or 1.0
    x = Scale(-half, half)
    counts = np.histogram(residual, bins=BINS, range=(-half, half))[0]
    y = Scale(0, float(max(counts.max(), 1)) * 1.08)
    middle, bias = float(np.median(np.abs(residual))), float(residual.mean())
    body = [
        axes(x, y, f"predicted minus actual {name}"),
        stretched(bars(counts.tolist(), "fill", highest=y.high)),
        mark(500.0, "", "best"),
    ]
    label = f"Histogram of residuals of {name}: half are within {number(middle)}, mean {number(bias)}"
    within = float(np.mean(np.abs(residual) <= 2 * middle))
    caption = (
        f"Half of the predictions are off by less than {number(middle)}, {percent(within)} by less than "
        f"{number(2 * middle)}. The mean error is {number(bias)}."
    )
    return Picture(f"Residuals{after}", plot(label, body, shape="square"), (), caption)
