"""Platt scaling: a sigmoid of the score, fitted to smoothed targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from netwright.metrics.logits import Logits, read_answers, read_logits


@final
@dataclass(eq=False, repr=False)
class PlattScaling(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Turn scores into probabilities by a sigmoid with a slope and a shift, one for each class.

    Use it where scores are shifted as well as too sure, as after training with class weights or resampling,
    or where they are margins and no probabilities; it needs few rows. With more than two classes each is
    fitted against the rest and the rows are made to add up to 1.

        transform(f) = 1 / (1 + exp(-(slope f + intercept)))
        fitted to the targets (n+ + 1) / (n+ + 2) and 1 / (n- + 2) in place of 1 and 0

    The targets stand for what one more row of each sort could say, and keep the slope finite where the score
    separates the classes.

    Args:
        from_logits: whether `fit` and `transform` are given logits or margins; else probabilities.

    Attributes:
        slope_: one a column.
        intercept_: one a column.
        n_classes_: classes of `fit`.

    Example:
        >>> PlattScaling(from_logits=True).fit([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]).transform([0.0]).tolist()
        [0.5]

    Differs:
        Probabilities enter as log-odds, so that the identity can be reached.

    Source:
        Platt (1999), "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized
        Likelihood Methods", Advances in Large Margin Classifiers; Lin, Lin & Weng (2007),
        doi:10.1007/s10994-007-5018-6.
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
        """Fit slopes and intercepts on rows that the network was not trained on.

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
        scores = self._scores(logits)
        positives = [1] if scores.shape[1] == 1 else range(logits.n_classes)
        fitted = [_fit_sigmoid(f, codes == code, weight) for f, code in zip(scores.T, positives, strict=True)]
        self.n_classes_ = logits.n_classes
        self.slope_ = np.array([slope for slope, _ in fitted])
        self.intercept_ = np.array([intercept for _, intercept in fitted])
        return self

    def transform(self, prediction: ArrayLike) -> Float[np.ndarray, "rows *classes"]:
        """Return calibrated probabilities in the shape of the prediction.

        Args:
            prediction: as in `fit`.
        """
        check_is_fitted(self)
        logits = read_logits(prediction, from_logits=self.from_logits)
        logits.require(self.n_classes_)
        columns = expit(self._scores(logits) * self.slope_ + self.intercept_)
        if self.n_classes_ == 2:
            return logits.give_back(columns[:, 0])
        return np.asarray(columns / columns.sum(axis=1, keepdims=True))

    def _scores(self, logits: Logits) -> Float[np.ndarray, "rows columns"]:
        if logits.values.ndim == 1:
            return logits.values[:, None]
        if self.from_logits:
            return logits.values
        return np.asarray(
            logits.values - np.log(-np.expm1(logits.values))
        )  # log p to log-odds of each column


def _fit_sigmoid(
    score: Float[np.ndarray, "rows"], positive: Bool[np.ndarray, "rows"], weight: Float[np.ndarray, "rows"]
) -> tuple[float, float]:
    for_it, against = float(weight[positive].sum()), float(weight[~positive].sum())
    target = np.where(positive, (for_it + 1) / (for_it + 2), 1 / (against + 2))
    weight = weight / weight.sum()
    centre = float(weight @ score)
    scale = float(np.sqrt(weight @ (score - centre) ** 2)) or 1.0
    design = np.stack([(score - centre) / scale, np.ones(len(score))], axis=1)

    def loss(parameters: Float[np.ndarray, "2"]) -> tuple[float, Float[np.ndarray, "2"]]:
        z = design @ parameters
        value = -weight @ (target * log_expit(z) + (1 - target) * log_expit(-z))
        return float(value), design.T @ (weight * (expit(z) - target))

    def curvature(parameters: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2 2"]:
        p = expit(design @ parameters)
        return np.asarray(design.T @ (design * (weight * p * (1 - p))[:, None]))

    start = np.array([0.0, np.log((for_it + 1) / (against + 1))])
    found = minimize(loss, start, jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-10})
    slope = float(found.x[0]) / scale
    return slope, float(found.x[1]) - slope * centre
