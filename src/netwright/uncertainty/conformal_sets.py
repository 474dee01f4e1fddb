"""Conformal sets: as many classes as it takes to hold the true one as often as promised."""

import math
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, final

import numpy as np
from jaxtyping import Bool, Float
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import split_rows
from netwright.uncertainty.asking import drawn_seed
from netwright.uncertainty.conformal_intervals import conformal_bound
from netwright.uncertainty.taking import take

Table = Float[np.ndarray, "rows classes"]


class SetScore(Protocol):
    """Says for each row and class how little the class fits.

    Example:
        >>> class Doubt:
        ...     def __call__(self, probability, chance):
        ...         return 1 - probability
        >>> Doubt()(np.array([[0.75, 0.25]]), np.zeros(1))
        array([[0.25, 0.75]])
    """

    def __call__(self, probability: Table, chance: Float[np.ndarray, "rows"]) -> Table:
        """Return the scores.

        Args:
            probability: (rows, classes).
            chance: a number from 0 to 1 for each row, which breaks ties at random.
        """


@final
@dataclass(frozen=True)
class AdaptiveScore:
    """How much probability lies on likelier classes: sets grow with the doubt about a row.

    Use it as the usual score of `ConformalClassifier`.

        s(x, y) = sum of p(y' | x) over y' likelier than y + u p(y | x),   u ~ uniform(0, 1)

    Example:
        >>> AdaptiveScore()(np.array([[0.25, 0.75]]), np.array([0.5]))
        array([[0.875, 0.375]])

    Source:
        Romano, Sesia and Candès (2020), "Classification with Valid and Adaptive Coverage", arXiv:2006.02544.
    """

    def __call__(self, probability: Table, chance: Float[np.ndarray, "rows"]) -> Table:
        """Return the scores."""
        scores: Table = _likelier(probability)[0] + chance[:, None] * probability
        return scores


@final
@dataclass(frozen=True)
class RegularisedScore:
    """The adaptive score with a fine for each class beyond the first few: sets stay small.

    Use it with many classes, whose small probabilities are mostly noise.

        s(x, y) = adaptive score + penalty (rank of y - free)+

    Args:
        penalty: of each class beyond those that are free.
        free: classes without a penalty.

    Raises:
        InputError: when one of them is negative.

    Example:
        >>> RegularisedScore(penalty=0.1, free=1)(np.array([[0.25, 0.75]]), np.array([0.5])).round(3)
        array([[0.975, 0.375]])

    Source:
        Angelopoulos, Bates, Malik and Jordan (2020), "Uncertainty Sets for Image Classifiers using Conformal
        Prediction", arXiv:2009.14193.
    """

    penalty: float = 0.01
    free: int = 5

    def __post_init__(self) -> None:
        if self.penalty < 0 or self.free < 0:
            came = f"{self.penalty} and {self.free}"
            raise InputError("penalty and free must be at least 0", came, "0.01 and 5 are usual")

    def __call__(self, probability: Table, chance: Float[np.ndarray, "rows"]) -> Table:
        """Return the scores."""
        likelier, rank = _likelier(probability)
        fine = self.penalty * (rank + 1 - self.free).clip(min=0)
        scores: Table = likelier + chance[:, None] * probability + fine
        return scores


@final
@dataclass(eq=False, repr=False)
class ConformalClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Any classifier with sets of classes that hold the true one as often as they say.

    Use it where a list of two or three candidates is better than one sure error. A set may be empty: then no
    class fits the row as rows of that class usually do. It needs no assumption but that future rows are
    drawn like those at hand. With `by_class` the promise holds for each class by itself, also for rare ones.

        set(x) = all y with s(x, y) <= the ceil((n + 1) level)-th smallest of s(x_i, y_i) over n rows apart

    Args:
        estimator: any classifier with scikit-learn's interface; with `calibrate` alone, one that is fitted.
        level: share of future rows whose set holds their class, at least.
        score_of: how little a class fits a row.
        by_class: whether each class has a bound of its own.
        calibration: share of the rows that is kept apart.
        random_state: seed of the split and of what breaks ties.

    Raises:
        InputError: in fit, when level or calibration are not between 0 and 1.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = load_digits(return_X_y=True)
        >>> inside = LogisticRegression(max_iter=300)
        >>> model = ConformalClassifier(inside, level=0.95, random_state=0).fit(X[:900] / 16, y[:900])
        >>> sets = model.predict_set(X[900:] / 16)
        >>> bool(sets[np.arange(len(sets)), y[900:]].mean() > 0.9)
        True

    Source:
        Vovk (2012), "Conditional Validity of Inductive Conformal Predictors", arXiv:1209.2673; Romano, Sesia
        and Candès (2020), "Classification with Valid and Adaptive Coverage", arXiv:2006.02544.
    """

    estimator: Any
    level: float = 0.9
    score_of: SetScore = field(default_factory=AdaptiveScore)
    by_class: bool = False
    calibration: float = 0.25
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a fresh copy of the estimator to most rows, and measure how well classes fit on the others.

        Args:
            X: the rows.
            y: (rows) of labels.
        """
        if not 0 < self.calibration < 1:
            raise InputError("calibration must be between 0 and 1", repr(self.calibration), "0.25 is usual")
        labels, seed = np.asarray(y), drawn_seed(self.random_state)
        learn, apart = split_rows(len(labels), fraction=self.calibration, y=labels, random_state=seed)
        self.estimator_ = clone(self.estimator).fit(take(X, learn), labels[learn])
        return self.calibrate(take(X, apart), labels[apart])

    def calibrate(self, X: Any, y: Any) -> Self:
        """Measure how well the true classes fit, on rows that the fitted estimator has not learned from.

        Args:
            X: rows as in `fit`.
            y: (rows) of labels.
        """
        if not hasattr(self, "estimator_"):
            self.estimator_ = self.estimator
        self.classes_ = np.asarray(self.estimator_.classes_)
        self.seed_ = drawn_seed(self.random_state)
        labels = np.asarray(y)
        strange = ~np.isin(labels, self.classes_)
        if strange.any():
            raise InputError("y must hold classes of the training", repr(labels[strange][0]), "leave it out")
        numbers = np.searchsorted(self.classes_, labels)
        true = self._scores(X)[np.arange(len(labels)), numbers]
        if self.by_class:
            bounds = [_bound(true[numbers == number], self.level) for number in range(len(self.classes_))]
        else:
            bounds = [_bound(true, self.level)] * len(self.classes_)
        self.bounds_ = np.array(bounds)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bounds_")
        return np.asarray(self.estimator_.predict(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the estimator's probabilities.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bounds_")
        return np.asarray(self.estimator_.predict_proba(X))

    def predict_set(self, X: Any) -> Bool[np.ndarray, "rows classes"]:
        """Return which classes are in the set of each row, in the order of `classes_`.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bounds_")
        inside: np.ndarray = self._scores(X) <= self.bounds_
        return inside

    def _scores(self, X: Any) -> Table:
        probability = np.asarray(self.estimator_.predict_proba(X), dtype=np.float64)
        chance = np.random.default_rng(self.seed_ + len(probability)).random(len(probability))
        return self.score_of(probability, chance)


def _bound(scores: np.ndarray, level: float) -> float:
    return conformal_bound(scores, level) if len(scores) else math.inf


def _likelier(probability: Table) -> tuple[Table, np.ndarray]:
    """How much probability lies on the classes before each one, and how many these are."""
    order = np.argsort(-probability, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    descending = np.take_along_axis(probability, order, axis=1)
    before = np.cumsum(descending, axis=1) - descending
    return np.take_along_axis(before, rank, axis=1), rank
