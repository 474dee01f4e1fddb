"""Temperature scaling: one number that makes a network as sure as it should be."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from netwright.metrics.logits import read_answers, read_logits

COOLEST, HOTTEST = 0.01, 100.0


@final
@dataclass(eq=False, repr=False)
class TemperatureScaling(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Divide logits by one temperature, fitted on held-out rows.

    Use it first when a network is over- or under-confident: one number can hardly over-fit, and neither the
    predicted class nor the ranking of two classes changes. It cannot mend errors that differ by class.

        transform(z) = softmax(z / T),   T = arg-min over held-out rows of - log softmax(z / T)[truth]

    The loss is convex in 1 / T, so that the root of its slope is found exactly. Where no row speaks against
    ever sharper probabilities there is no best T; it stays 1, with a warning.

    Args:
        from_logits: whether `fit` and `transform` are given logits; else probabilities.

    Attributes:
        temperature_: above 1 the network was too sure.
        n_classes_: classes of `fit`.

    Example:
        >>> sure, truth = [0.9] * 10 + [0.1] * 10, [1] * 7 + [0] * 3 + [0] * 7 + [1] * 3
        >>> TemperatureScaling().fit(sure, truth).transform([0.9]).round(3).tolist()
        [0.7]

    Source:
        Guo et al. (2017), "On Calibration of Modern Neural Networks", arXiv:1706.04599.
    """

    from_logits: bool = False

    def fit(
        self,
        prediction: ArrayLike,
        truth: ArrayLike,
        *,
        classes: Sequence[Any] | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Find the temperature on rows that the network was not trained on.

        Args:
            prediction: the second class's, or one column a class.
            truth: labels, one a row.
            classes: the labels of prediction's columns; by default codes from 0, else sorted labels.
            sample_weight: one number a row, at least 0.

        Raises:
            InputError: where prediction and truth do not fit.
        """
        logits = read_logits(prediction, from_logits=self.from_logits)
        codes, weight = read_answers(truth, logits, classes, sample_weight)
        self.n_classes_ = logits.n_classes
        self.temperature_ = _best_temperature(logits.values, codes, weight / weight.sum())
        return self

    def transform(self, prediction: ArrayLike) -> Float[np.ndarray, "rows *classes"]:
        """Return calibrated probabilities in the shape of the prediction.

        Args:
            prediction: as in `fit`.
        """
        check_is_fitted(self)
        logits = read_logits(prediction, from_logits=self.from_logits)
        logits.require(self.n_classes_)
        if logits.values.ndim == 2:
            return np.asarray(softmax(logits.values / self.temperature_, axis=1))
        return logits.give_back(expit(logits.values / self.temperature_))


def _best_temperature(
    logits: Float[np.ndarray, "rows *classes"],
    codes: Int[np.ndarray, "rows"],
    weight: Float[np.ndarray, "rows"],
) -> float:
    def slope(log_sharpness: float) -> float:
        scaled = np.exp(log_sharpness) * logits
        if logits.ndim == 1:
            return float(weight @ ((expit(scaled) - codes) * logits))
        expected = (softmax(scaled, axis=1) * logits).sum(axis=1)
        return float(weight @ (expected - logits[np.arange(len(codes)), codes]))

    dullest, sharpest = -np.log(HOTTEST), -np.log(COOLEST)
    if slope(sharpest) <= 0:
        _warn("temperature_ stays 1: no row speaks against sharper probabilities; calibrate on more rows")
        return 1.0
    if slope(dullest) >= 0:
        _warn(
            f"temperature_ stops at {HOTTEST:g}: the prediction says nothing of these rows; check their order"
        )
        return HOTTEST
    return float(np.exp(-brentq(slope, dullest, sharpest, xtol=1e-12)))


def _warn(message: str) -> None:
    warnings.warn(message, ConvergenceWarning, stacklevel=4)
