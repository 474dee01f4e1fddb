"""Thresholding by prior: a classifier's probabilities, as if classes came in other shares."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError


@final
@dataclass(eq=False, repr=False)
class PriorThresholdClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Divides a classifier's probabilities by the shares of the classes in training.

    Use it where a rare class must not be overlooked: trained as usual, the classifier then decides as if
    the classes had come in the shares of `priors`, without one row thrown away or repeated.

        p'(c | x) ~ p(c | x) * priors[c] / share[c]

    Args:
        estimator: any classifier with `predict_proba`; it is cloned.
        priors: "balanced" for equal shares, or the share of each class in the order of `classes_`.

    Raises:
        InputError: in fitting, when `priors` are not positive shares of all classes.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = np.array([[0.0], [1], [2], [3], [4]]), np.array([0, 0, 0, 0, 1])
        >>> plain = LogisticRegression().fit(X, y)
        >>> balanced = PriorThresholdClassifier(LogisticRegression()).fit(X, y)
        >>> int(plain.predict(X).sum()), int(balanced.predict(X).sum())
        (0, 2)

    Source:
        Buda, Maki and Mazurowski (2017), "A systematic study of the class imbalance problem in convolutional
        neural networks", arXiv:1710.05381.
    """

    estimator: Any
    priors: Any = "balanced"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the classifier and count the classes.

        Args:
            X: the rows.
            y: (rows) of labels.
            sample_weight: (rows), handed on to the classifier and used in counting; None for equal weights.
        """
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(X, y, **weighted)
        self.classes_ = self.estimator_.classes_
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        counts = np.array([np.sum(np.asarray(y) == name) for name in self.classes_], dtype=np.float64)
        if sample_weight is not None:
            weight = np.asarray(sample_weight)
            counts = np.array([weight[np.asarray(y) == name].sum() for name in self.classes_])
        self.shares_ = counts / counts.sum()
        self.priors_ = self._read_priors()
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities under the new priors, (rows, classes).

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        factor = np.divide(
            self.priors_, self.shares_, out=np.zeros_like(self.shares_), where=self.shares_ > 0
        )
        moved = self.estimator_.predict_proba(X) * factor
        probability: np.ndarray = moved / moved.sum(1, keepdims=True)
        return probability

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row under the new priors.

        Args:
            X: rows as in `fit`.
        """
        probability = self.predict_proba(X)
        decided: np.ndarray = self.classes_[probability.argmax(1)]
        return decided

    def __sklearn_tags__(self) -> Any:
        """Say that whatever the classifier takes is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def _read_priors(self) -> np.ndarray:
        n_classes = len(self.classes_)
        named = isinstance(self.priors, str)
        if named and self.priors == "balanced":
            return np.full(n_classes, 1 / n_classes)
        priors = np.asarray(() if named else self.priors, dtype=np.float64)
        if priors.shape != (n_classes,) or not (priors > 0).all():
            raise InputError(
                f"priors must be 'balanced' or {n_classes} positive shares, in the order of classes_",
                repr(self.priors),
                "give one number for each class",
            )
        shares: np.ndarray = priors / priors.sum()
        return shares
