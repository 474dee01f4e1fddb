"""Isotonic scaling: any rising step function from predicted to observed probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.validation import check_is_fitted

from netwright.metrics.logits import Logits, read_answers, read_logits


@final
@dataclass(eq=False, repr=False)
class IsotonicScaling(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Map predicted to observed probability by the best rising function, one for each class.

    Use it with a thousand held-out rows or more, where the error has no simple form; on fewer rows it
    over-fits, and `PlattScaling` or `TemperatureScaling` is safer. Ties appear, so that the ROC AUC can
    change a little. With more than two classes each is fitted against the rest and the
    rows are made to add up to 1.

        arg-min over rising m of sum (y - m(p))^2,   0 <= m <= 1

    Attributes:
        regressors_: scikit-learn's `IsotonicRegression`, one a column.
        n_classes_: classes of `fit`.

    Example:
        >>> IsotonicScaling().fit([0.2, 0.3, 0.6, 0.7], [0, 1, 0, 1]).transform([0.3, 0.9]).tolist()
        [0.5, 1.0]

    Source:
        Zadrozny & Elkan (2002), "Transforming Classifier Scores into Accurate Multiclass Probability
        Estimates", KDD, doi:10.1145/775047.775151.
    """

    def fit(
        self,
        prediction: ArrayLike,
        truth: ArrayLike,
        *,
        classes: Sequence[Any] | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Fit the rising functions on rows that the network was not trained on.

        Args:
            prediction: probability of the second class, or one column a class.
            truth: labels, one a row.
            classes: the labels of prediction's columns; by default codes from 0, else sorted labels.
            sample_weight: one number a row, at least 0.

        Raises:
            InputError: where prediction and truth do not fit.
        """
        logits = read_logits(prediction, from_logits=False)
        codes, weight = read_answers(truth, logits, classes, sample_weight)
        columns = _columns(logits)
        positives = [1] if columns.shape[1] == 1 else range(logits.n_classes)
        self.n_classes_ = logits.n_classes
        self.regressors_ = [
            IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(
                p, (codes == code) * 1.0, weight
            )
            for p, code in zip(columns.T, positives, strict=True)
        ]
        return self

    def transform(self, prediction: ArrayLike) -> Float[np.ndarray, "rows *classes"]:
        """Return calibrated probabilities in the shape of the prediction.

        Args:
            prediction: as in `fit`.
        """
        check_is_fitted(self)
        logits = read_logits(prediction, from_logits=False)
        logits.require(self.n_classes_)
        columns = np.stack(
            [regressor.predict(p) for regressor, p in zip(self.regressors_, _columns(logits).T, strict=True)],
            axis=1,
        )
        if self.n_classes_ == 2:
            return logits.give_back(columns[:, 0])
        total = columns.sum(axis=1, keepdims=True)
        even = np.full_like(columns, 1 / self.n_classes_)  # where every class was mapped to 0
        return np.asarray(np.divide(columns, total, out=even, where=total > 0))


def _columns(logits: Logits) -> Float[np.ndarray, "rows columns"]:
    return logits.given.reshape(len(logits.given), -1)
