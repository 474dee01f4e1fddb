"""Whole forecasts judged: Gaussian ones and samples, by their density and by their distribution."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from netwright.core.errors import InputError
from netwright.metrics.intervals import Column, read_pairs
from netwright.metrics.reading import read_numbers, read_weight, require_rows


def gaussian_log_score(
    truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the mean negative log likelihood of numbers under Gaussian forecasts, in nats; less is better.

    Use it to judge means and spreads together when being far outside a narrow forecast is costly; for a
    milder judge take `gaussian_crps`.

        mean log s + 1/2 log 2 pi + 1/2 ((y - m) / s)^2

    Args:
        truth: one number a row.
        prediction: two columns, the mean and the standard deviation.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit, or a standard deviation is not above 0.

    Example:
        >>> round(gaussian_log_score([0.0, 1.0], [[0.0, 1.0], [0.0, 1.0]]), 4)
        1.1689

    Source:
        Gneiting and Raftery (2007), "Strictly Proper Scoring Rules, Prediction, and Estimation", Journal of
        the American Statistical Association 102(477), doi:10.1198/016214506000001437.
    """
    values, mean, spread, weight = _read(truth, prediction, sample_weight)
    return float(np.average(-norm.logpdf(values, mean, spread), weights=weight))


def gaussian_crps(
    truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the mean continuous ranked probability score of Gaussian forecasts; less is better.

    Use it to judge means and spreads together, in the unit of the target; of a forecast without spread it
    would be the absolute error.

        mean s (z (2 Phi(z) - 1) + 2 phi(z) - pi^(-1/2)),   z = (y - m) / s

    Args:
        truth: one number a row.
        prediction: two columns, the mean and the standard deviation.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit, or a standard deviation is not above 0.

    Example:
        >>> round(gaussian_crps([0.0], [[0.0, 1.0]]), 4)
        0.2337

    Source:
        Gneiting, Raftery, Westveld and Goldman (2005), "Calibrated Probabilistic Forecasting Using Ensemble
        Model Output Statistics and Minimum CRPS Estimation", Monthly Weather Review 133(5),
        doi:10.1175/MWR2904.1.
    """
    values, mean, spread, weight = _read(truth, prediction, sample_weight)
    z = (values - mean) / spread
    scores = spread * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - np.pi**-0.5)
    return float(np.average(scores, weights=weight))


def sample_crps(truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Return the mean continuous ranked probability score of forecasts by samples; less is better.

    Use it where a forecast is many numbers for each row: passes with dropout, members of an ensemble, drawn
    futures of a series. Of one sample a row it is the mean absolute error.

        mean E|X - y| - 1/2 E|X - X'|   over the samples X, X' of a row

    Args:
        truth: one number a row.
        prediction: one column for each sample.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where they do not fit.

    Example:
        >>> sample_crps([1.0], [[0.0, 2.0]])
        0.5

    Source:
        Gneiting and Raftery (2007), "Strictly Proper Scoring Rules, Prediction, and Estimation", Journal of
        the American Statistical Association 102(477), doi:10.1198/016214506000001437.
    """
    values, samples = read_numbers(truth, "truth"), read_numbers(prediction, "prediction")
    require_rows(len(values), len(samples), "prediction")
    if values.ndim != 1:
        raise InputError(
            "truth must be one number a row", f"shape {values.shape}", "judge targets one by one"
        )
    samples = np.sort(samples.reshape(len(samples), -1), axis=1)
    n = samples.shape[1]
    # E|X - X'| of sorted samples, without looking at all pairs
    ranks = 2 * np.arange(n) + 1 - n
    spread = samples @ ranks * 2 / n**2
    error = np.abs(samples - values[:, None]).mean(axis=1)
    return float(np.average(error - spread / 2, weights=read_weight(sample_weight, len(values))))


def _read(
    truth: ArrayLike, prediction: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[Column, Column, Column, Column | None]:
    values, pairs = read_pairs(truth, prediction, "the mean and the standard deviation")
    mean, spread = pairs.T
    if not (spread > 0).all():
        came = f"{float(spread.min()):g}"
        raise InputError("prediction's standard deviations must be above 0", came, "leave such rows out")
    return values, mean, spread, read_weight(sample_weight, len(values))
