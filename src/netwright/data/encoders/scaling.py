"""Scaling of one column of numbers, fitted once and applied to any values."""

from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

Scaling = Literal["standard", "robust", "quantile"]
N_QUANTILES = 1000
LARGEST = 1e6  # keeps whatever comes at prediction finite in float32
CLIP = 3.0


def fit_scaling(values: Float[np.ndarray, "rows"], scaling: Scaling) -> Float[np.ndarray, "knots"]:
    """Return what `scale` needs to know about a column; values that are missing (NaN) are passed over.

    "standard" keeps mean and standard deviation; a column of zeros and ones stays as it is, since divided
    by its deviation a rare one would outweigh all else in its row. "robust" keeps the median and the distance
    between the quartiles (where that is 0, half of the whole range); "quantile" keeps up to 1000 quantiles.

    Args:
        values: the column at fitting.
        scaling: which of the three.

    Example:
        >>> fit_scaling(np.array([1.0, 3.0, np.nan]), "standard")
        array([2., 1.])
    """
    known, low, high = _known(values)
    if low == high:
        center = known[0] if len(known) else 0.0
        return np.array([center] if scaling == "quantile" else [center, 0.0])
    if scaling == "quantile":
        shares = np.linspace(0, 100, min(N_QUANTILES, len(known)))
        quantiles: np.ndarray = np.maximum.accumulate(np.percentile(known, shares))
        return quantiles
    if scaling == "robust":
        lower, middle, upper = np.percentile(known, [25, 50, 75])
        spread = upper - lower if upper > lower else high / 2 - low / 2
        return np.array([middle, min(spread, np.finfo(np.float64).max)])
    if low == 0 and high == 1 and known.sum(dtype=np.float64) == np.count_nonzero(known):
        return np.array([0.0, 1.0])
    largest = max(-low, high)  # squares of huge numbers would overflow
    shares = known if largest == 1 else known / largest
    mean = shares.mean(keepdims=True)
    return np.array([mean[0] * largest, np.std(shares, mean=mean) * largest])


def _known(values: Float[np.ndarray, "rows"]) -> tuple[Float[np.ndarray, "known"], Any, Any]:
    """Return the values that are not missing, the lowest and the highest of them; with none, both are 0."""
    if len(values) and np.isnan(values.min()):
        values = values[~np.isnan(values)]
    return (values, values.min(), values.max()) if len(values) else (values, 0.0, 0.0)


def scale(
    values: Float[np.ndarray, "rows"], knots: Float[np.ndarray, "knots"], scaling: Scaling
) -> Float[np.ndarray, "rows"]:
    """Return scaled values; missing ones stay NaN, and a column that was constant at fitting is 0.

    - "standard": (x - mean) / standard deviation, at most 1e6 in size.
    - "robust": z / sqrt(1 + (z / 3)^2) with z = (x - median) / spread: outliers approach 3 and never pass it.
    - "quantile": the normal score of the share of fitted values below x, ties at their middle rank.

    Args:
        values: the column.
        knots: what `fit_scaling` returned.
        scaling: as at fitting.

    Example:
        >>> scale(np.array([4.0, np.nan]), np.array([2.0, 1.0]), "standard")
        array([ 2., nan])

    Source:
        "robust": Holzmüller, Grinsztajn and Steinwart (2024), "Better by Default: Strong Pre-Tuned MLPs and
        Boosted Trees on Tabular Data", arXiv:2407.04491.
    """
    if scaling == "quantile":
        return _normal_scores(values, knots)
    center, spread = knots
    if spread == 0:
        return np.where(np.isnan(values), np.nan, 0.0)
    with np.errstate(over="ignore"):
        z = np.clip((values - center) / spread, -LARGEST, LARGEST)
    return np.asarray(z / np.sqrt(1 + (z / CLIP) ** 2) if scaling == "robust" else z)


def _normal_scores(
    values: Float[np.ndarray, "rows"], quantiles: Float[np.ndarray, "knots"]
) -> Float[np.ndarray, "rows"]:
    if len(quantiles) == 1:
        return np.where(np.isnan(values), np.nan, 0.0)
    shares = np.linspace(0, 1, len(quantiles))
    # from below and from above: a value that fills several quantiles gets the middle of them
    below = np.interp(values, quantiles, shares)
    above = np.interp(-values, -quantiles[::-1], -shares[::-1])
    margin = 0.5 / len(quantiles)
    scores: np.ndarray = ndtri(np.clip((below - above) / 2, margin, 1 - margin))
    return scores
