"""Calibration error: how far predicted probabilities are from observed shares."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from netwright.metrics.reading import read_judged
from netwright.metrics.reliability import bin_edges, binned, read_confidence


def expected_calibration_error(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    n_bins: int = 15,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the mean gap between confidence and accuracy over bins of confidence; 0 is calibrated.

    Use it to judge whether probabilities can be taken at their word. It says nothing of how sharp they are
    (a constant forecast of the base rate has 0), so read it beside a proper score such as `brier_score`.

        ECE = sum over bins of share_m |observed_m - predicted_m|

    With one number a row it follows the probability of the second class; with a column a class, the
    probability of the likeliest class against how often it is right.

    Args:
        truth: labels, one a row.
        prediction: probability of the second class, or one column a class.
        n_bins: bins of equal width; more show more detail and more noise.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit, or rows have several labels.

    Example:
        >>> expected_calibration_error([0, 1, 1, 1], [0.25, 0.75, 0.75, 0.75], n_bins=2)
        0.25

    Source:
        Naeini, Cooper & Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning",
        AAAI, doi:10.1609/aaai.v29i1.9602; for the likeliest class Guo et al. (2017), arXiv:1706.04599.
    """
    hit, confidence, weight = read_confidence(truth, prediction, sample_weight, classes)
    return binned(hit, confidence, weight, bin_edges(confidence, n_bins, "uniform")).gap()


def classwise_calibration_error(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    n_bins: int = 15,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the calibration error of each class or label against the rest, averaged over them.

    Use it beside `expected_calibration_error` when all probabilities matter, not the likeliest class's alone:
    a model can be right about its first choice and wrong about every other.

        mean over classes k of sum over bins of share_km |observed_km - predicted_km|

    Args:
        truth: labels, one a row; or a 0/1 matrix of prediction's shape for several labels a row.
        prediction: probability of the second class, or one column a class or label.
        n_bins: bins of equal width; more show more detail and more noise.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit, or prediction is no probability.

    Example:
        >>> classwise_calibration_error([0, 1, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
        0.0

    Source:
        Kull et al. (2019), "Beyond temperature scaling: Obtaining well-calibrated multiclass probabilities
        with Dirichlet calibration", arXiv:1910.12656.
    """
    judged = read_judged(truth, prediction, sample_weight, classes=classes)
    n_rows = len(judged.truth)
    weight = np.ones(n_rows) if judged.weight is None else judged.weight
    target, probability = judged.one_hot().reshape(n_rows, -1), judged.prediction.reshape(n_rows, -1)
    gaps = [
        binned(hit.astype(float), column, weight, bin_edges(column, n_bins, "uniform")).gap()
        for hit, column in zip(target.T, probability.T, strict=True)
    ]
    return float(np.mean(gaps))
