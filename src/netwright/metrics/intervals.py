"""Intervals judged: how often they hold the truth, how wide they are, and both in one number."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_numbers, read_weight, require_rows


def interval_coverage(
    truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the share of rows whose truth lies within its interval, the ends included.

    Use it to hold intervals to their promise: those of 90 % should hold 9 of 10. Read it beside
    `interval_width`, since endless intervals hold everything, or take `winkler_score`.

        mean [lower <= y <= upper]

    Args:
        truth: one number a row.
        prediction: two columns, the lower and the upper end.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit, or a lower end lies above its upper one.

    Example:
        >>> interval_coverage([1.0, 2.0, 9.0, 4.0], [[0.0, 2.0], [2.0, 3.0], [0.0, 5.0], [3.0, 5.0]])
        0.75

    Source:
        Gneiting and Raftery (2007), "Strictly Proper Scoring Rules, Prediction, and Estimation", Journal of
        the American Statistical Association 102(477), doi:10.1198/016214506000001437.
    """
    values, lower, upper, weight = _read(truth, prediction, sample_weight)
    return float(np.average((lower <= values) & (values <= upper), weights=weight))


def interval_width(
    truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the mean width of intervals.

    Use it to compare intervals that hold the truth equally often.

        mean (upper - lower)

    Args:
        truth: one number a row, which is checked and has no influence.
        prediction: two columns, the lower and the upper end.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit, or a lower end lies above its upper one.

    Example:
        >>> interval_width([1.0, 2.0], [[0.0, 2.0], [2.0, 3.0]])
        1.5
    """
    _, lower, upper, weight = _read(truth, prediction, sample_weight)
    return float(np.average(upper - lower, weights=weight))


def winkler_score(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    level: float = 0.95,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the mean width of intervals, with a fine for each truth outside that grows with its distance.

    Use it to judge intervals by one number; less is better. It is proper: no other interval scores better
    than from the (1 - level) / 2 quantile to the (1 + level) / 2 quantile of what may happen.

        mean (u - l) + 2/a (l - y)+ + 2/a (y - u)+,   a = 1 - level

    Args:
        truth: one number a row.
        prediction: two columns, the lower and the upper end.
        level: share of the rows that the intervals are meant to hold.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit, or level is not between 0 and 1.

    Example:
        >>> winkler_score([1.0, 4.0], [[0.0, 2.0], [2.0, 3.0]], level=0.5)
        3.5

    Source:
        Winkler (1972), "A Decision-Theoretic Approach to Interval Estimation", Journal of the American
        Statistical Association 67(337), doi:10.1080/01621459.1972.10481224; Gneiting and Raftery (2007),
        "Strictly Proper Scoring Rules, Prediction, and Estimation", Journal of the American Statistical
        Association 102(477), doi:10.1198/016214506000001437.
    """
    if not 0 < level < 1:
        raise InputError("level must be between 0 and 1", repr(level), "0.95 is usual")
    values, lower, upper, weight = _read(truth, prediction, sample_weight)
    outside = np.maximum(lower - values, 0) + np.maximum(values - upper, 0)
    return float(np.average(upper - lower + 2 / (1 - level) * outside, weights=weight))


Column = Float[np.ndarray, "rows"]


def _read(
    truth: ArrayLike, prediction: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[Column, Column, Column, Column | None]:
    values, ends = read_pairs(truth, prediction, "the lower and the upper end")
    lower, upper = ends.T
    if (lower > upper).any():
        row = int((lower > upper).argmax())
        came = f"{lower[row]:g} to {upper[row]:g} in row {row}"
        raise InputError(
            "prediction's lower ends must not lie above the upper ones", came, "sort the columns"
        )
    return values, lower, upper, read_weight(sample_weight, len(values))


def read_pairs(truth: ArrayLike, prediction: ArrayLike, columns: str) -> tuple[Column, Column]:
    """Return a truth of one number a row, and a prediction of two.

    Args:
        truth: one number a row.
        prediction: two columns.
        columns: what they are, for the message.

    Raises:
        InputError: where they are something else.

    Example:
        >>> read_pairs([1.0], [[0.0, 2.0]], "ends")[1].shape
        (1, 2)
    """
    values, pairs = read_numbers(truth, "truth"), read_numbers(prediction, "prediction")
    if values.ndim != 1:
        raise InputError(
            "truth must be one number a row", f"shape {values.shape}", "judge targets one by one"
        )
    require_rows(len(values), len(pairs), "prediction")
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise InputError(f"prediction must have two columns, {columns}", f"shape {pairs.shape}", "stack them")
    return values, pairs
