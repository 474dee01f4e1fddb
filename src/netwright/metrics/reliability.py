"""Reliability: predicted probability against what was observed, bin by bin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_judged


@dataclass(frozen=True, eq=False)
class ReliabilityCurve:
    """The bins of a reliability diagram, from low to high; empty bins are left out.

    Args:
        predicted: mean predicted probability in each bin.
        observed: share of rows in each bin where it came true.
        count: rows in each bin.
        share: weight of each bin among all; they add up to 1.
        edges: limits of all bins, the empty ones too.

    Example:
        >>> curve = reliability_curve([0, 0, 1], [0.1, 0.2, 0.9], n_bins=2)
        >>> curve.count.tolist(), curve.observed.tolist()
        ([2, 1], [0.0, 1.0])
    """

    predicted: Float[np.ndarray, "bins"]
    observed: Float[np.ndarray, "bins"]
    count: Int[np.ndarray, "bins"]
    share: Float[np.ndarray, "bins"]
    edges: Float[np.ndarray, "limits"]

    def gap(self) -> float:
        """Return the mean distance of predicted from observed, each bin by its share."""
        return float(self.share @ np.abs(self.observed - self.predicted))


def reliability_curve(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> ReliabilityCurve:
    """Return predicted against observed probability by bins of the predicted one.

    Use it to see whether 70 % means 7 of 10, and where not. Points under the diagonal are over-confident.
    With one number a row it follows the second class; with a column a class, the likeliest class of each row
    (is the confidence right?).

        bin m = ((m - 1) / M, m / M]      or, by quantiles, as many rows in each

    Args:
        truth: labels, one a row.
        prediction: probability of the second class, or one column a class.
        n_bins: how many bins; by quantiles equal limits can merge some.
        strategy: bins of equal width, or of equal count (rows, whatever their weight).
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit, or rows have several labels.

    Example:
        >>> reliability_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], n_bins=2).predicted.round(2).tolist()
        [0.2, 0.7]

    Source:
        Niculescu-Mizil & Caruana (2005), "Predicting Good Probabilities With Supervised Learning", ICML,
        doi:10.1145/1102351.1102430.
    """
    hit, confidence, weight = read_confidence(truth, prediction, sample_weight, classes)
    return binned(hit, confidence, weight, bin_edges(confidence, n_bins, strategy))


def read_confidence(
    truth: ArrayLike, prediction: ArrayLike, sample_weight: ArrayLike | None, classes: Sequence[Any] | None
) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    """Return for each row whether it came true, the probability given to that, and the row's weight."""
    judged = read_judged(truth, prediction, sample_weight, classes=classes, pair_is_binary=False)
    weight = np.ones(len(judged.truth)) if judged.weight is None else judged.weight
    if judged.kind == "multilabel":
        raise InputError(
            "truth must be one label a row", "a matrix", "take one column of truth and prediction at a time"
        )
    if judged.kind == "binary":
        return judged.truth.astype(float), judged.prediction, weight
    hit = (judged.prediction.argmax(axis=1) == judged.truth).astype(float)
    return hit, judged.prediction.max(axis=1), weight


def bin_edges(
    confidence: Float[np.ndarray, "rows"], n_bins: int, strategy: Literal["uniform", "quantile"]
) -> Float[np.ndarray, "limits"]:
    """Return the limits of the bins."""
    if n_bins < 1:
        raise InputError("n_bins must be at least 1", str(n_bins), "10 or 15 are usual")
    places = np.linspace(0, 1, n_bins + 1)
    if strategy == "uniform":
        return places
    if strategy == "quantile":
        return np.asarray(np.percentile(confidence, places * 100))
    raise InputError("strategy must be 'uniform' or 'quantile'", repr(strategy), "choose one of them")


def binned(
    hit: Float[np.ndarray, "rows"],
    confidence: Float[np.ndarray, "rows"],
    weight: Float[np.ndarray, "rows"],
    edges: Float[np.ndarray, "limits"],
) -> ReliabilityCurve:
    """Gather rows by bins closed on the right."""
    place, n_bins = np.searchsorted(edges[1:-1], confidence), len(edges) - 1
    mass, came_true, promised = (
        np.bincount(place, weights=part, minlength=n_bins)
        for part in (weight, weight * hit, weight * confidence)
    )
    full = mass > 0
    count = np.bincount(place[weight > 0], minlength=n_bins)[full]
    return ReliabilityCurve(
        promised[full] / mass[full], came_true[full] / mass[full], count, mass[full] / mass.sum(), edges
    )
