"""A detector of rows unlike those that a network has learned from, with a false-alarm rate that holds."""

import copy
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import split_rows
from netwright.estimators import DeepClassifier, DeepEstimator
from netwright.estimators.heads import joined
from netwright.training import UpTo
from netwright.uncertainty.asking import drawn_seed, fitted_deep
from netwright.uncertainty.conformal_intervals import conformal_bound
from netwright.uncertainty.strangeness import NeighbourStrangeness, Strangeness
from netwright.uncertainty.taking import take


@final
@dataclass(eq=False, repr=False)
class OutOfDistributionDetector(OutlierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Warns of inputs on which a network should not be believed at all, however sure it is.

    Use it before a classifier meets the world: shown a frog, one that knows apples and oranges says apple,
    and its probability is no warning. The threshold is set on rows that nothing was learned from, so that of
    rows like them at most `false_alarms` are called strange.

        strange where   s(x) > the ceil((n + 1) (1 - false_alarms))-th smallest of s(x_i) over n rows apart

    Args:
        estimator: a classifier or regressor of this library, whose network has a linear layer at its end.
        strangeness: how strange a row is, by features and outputs.
        false_alarms: share of usual rows that may be called strange.
        calibration: share of the rows that is kept apart.
        random_state: seed of the split; the estimator has its own.

    Raises:
        InputError: in fit, when the estimator is none of this library's, or a share is not between 0 and 1.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from netwright.tabular import MLPClassifier
        >>> from netwright.training import Training
        >>> X, y = load_digits(return_X_y=True)
        >>> inside = MLPClassifier(hidden=(32,), training=Training(epochs=15), random_state=0)
        >>> detector = OutOfDistributionDetector(inside, random_state=0).fit(X, y)
        >>> negatives = detector.predict(16 - X[:100])
        >>> bool((negatives == -1).mean() > 0.9)
        True

    Source:
        Sun, Ming, Zhu and Li (2022), "Out-of-Distribution Detection with Deep Nearest Neighbors",
        arXiv:2204.06507; the threshold: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2016),
        "Distribution-Free Predictive Inference For Regression", arXiv:1604.04173.
    """

    estimator: Any
    strangeness: Strangeness = field(default_factory=NeighbourStrangeness)
    false_alarms: float = 0.05
    calibration: float = 0.25
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a fresh copy of the estimator to most rows, and set the threshold by the others.

        Args:
            X: the rows.
            y: their targets.
        """
        for name, share in (("calibration", self.calibration), ("false_alarms", self.false_alarms)):
            if not 0 < share < 1:
                raise InputError(f"{name} must be between 0 and 1", repr(share), "0.25 and 0.05 are usual")
        model, targets = fitted_deep(self.estimator), np.asarray(y)
        seed = drawn_seed(self.random_state)
        learn, apart = split_rows(len(targets), fraction=self.calibration, random_state=seed)
        self.estimator_ = clone(model).fit(take(X, learn), take(y, learn))
        features, outputs = _look(self.estimator_, take(X, learn))
        single = getattr(self.estimator_, "labels_kind_", None) == "single"
        classes = self.estimator_._numbers(targets[learn]) if single else None
        if isinstance(self.estimator_, DeepClassifier) and not single:
            classes = outputs.argmax(axis=1)
        self.strangeness_ = copy.copy(self.strangeness).fit(features, outputs, classes)
        scores = self.strangeness_.score(*_look(self.estimator_, take(X, apart)))
        self.bound_ = conformal_bound(scores, 1 - self.false_alarms)
        return self

    def score_samples(self, X: Any) -> Float[np.ndarray, "rows"]:
        """Return how usual rows are: smaller numbers for stranger ones, as scikit-learn's detectors do.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bound_")
        return -self.strangeness_.score(*_look(self.estimator_, X))

    def decision_function(self, X: Any) -> Float[np.ndarray, "rows"]:
        """Return how far rows are on the usual side of the threshold; negative for strange ones.

        Args:
            X: rows as in `fit`.
        """
        return self.score_samples(X) + self.bound_

    def predict(self, X: Any) -> np.ndarray:
        """Return -1 for strange rows and 1 for others.

        Args:
            X: rows as in `fit`.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)


def _look(model: DeepEstimator, X: Any) -> tuple[np.ndarray, np.ndarray]:
    """What the last linear layer is given, and what the network gives."""
    head = model.head_
    upto = UpTo(model.network_, None).eval()

    def answer(block: Any) -> Tensor:
        features = upto(block).flatten(1).double()
        return torch.cat([features, joined(head, model.network_(block).double())], 1)

    found = model._ask(X, answer).numpy()
    n_outputs = head.n_outputs
    return found[:, :-n_outputs], found[:, -n_outputs:]
