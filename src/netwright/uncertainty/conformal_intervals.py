"""Conformal intervals: of any regressor, and they hold what they promise."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import split_rows
from netwright.estimators import DeepRegressor
from netwright.training import Training
from netwright.uncertainty.asking import drawn_seed
from netwright.uncertainty.taking import take


def conformal_bound(scores: Float[np.ndarray, "rows"], level: float) -> float:
    """Return what the score of one more row will stay within, with at least that probability.

    Use it for a score of your own: whatever it is, the bound holds where the row is drawn like the others.
    With too few rows for the level it is infinite.

        the ceil((n + 1) level)-th smallest of n scores

    Args:
        scores: of rows that nothing was learned from.
        level: wanted probability.

    Raises:
        InputError: when level is not between 0 and 1, or a score is no number.

    Example:
        >>> conformal_bound(np.arange(1.0, 10.0), level=0.8)
        8.0
        >>> conformal_bound(np.arange(1.0, 10.0), level=0.95)
        inf

    Source:
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2016), "Distribution-Free Predictive Inference For
        Regression", arXiv:1604.04173.
    """
    if not 0 < level < 1:
        raise InputError("level must be between 0 and 1", repr(level), "0.9 is usual")
    if np.isnan(scores).any():
        raise InputError("scores must be numbers", "NaN", "leave such rows out")
    place = math.ceil(round((len(scores) + 1) * level, 9))
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else math.inf


class ConformalIntervals(RegressorMixin, MetaEstimatorMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What regressors with conformal intervals share: some rows are kept apart to measure errors on.

    A subclass gives `learn`, `ends` and `middle`.

    Example:
        >>> issubclass(ConformalRegressor, ConformalIntervals)
        True
    """

    estimator: Any
    level: float
    calibration: float
    random_state: Any
    estimator_: Any
    bound_: float

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a fresh copy of the estimator to most rows, and measure its errors on the others.

        Args:
            X: the rows.
            y: (rows) of numbers.
        """
        values = _column(y)
        if not 0 < self.calibration < 1:
            raise InputError("calibration must be between 0 and 1", repr(self.calibration), "0.25 is usual")
        seed = drawn_seed(self.random_state)
        learn, apart = split_rows(len(values), fraction=self.calibration, random_state=seed)
        self.estimator_ = self.learn(take(X, learn), values[learn])
        return self.calibrate(take(X, apart), values[apart])

    def calibrate(self, X: Any, y: Any) -> Self:
        """Measure the errors of the fitted estimator on rows that it has not learned from.

        Args:
            X: rows as in `fit`.
            y: (rows) of numbers.
        """
        if not hasattr(self, "estimator_"):
            self.estimator_ = self.estimator
        lower, upper = self.ends(X).T
        values = _column(y)
        self.bound_ = conformal_bound(np.maximum(lower - values, values - upper), self.level)
        return self

    @abstractmethod
    def learn(self, X: Any, y: np.ndarray) -> Any:
        """Return a fitted copy of the estimator.

        Args:
            X: rows to learn from.
            y: their targets.
        """

    @abstractmethod
    def ends(self, X: Any) -> np.ndarray:
        """Return intervals that promise nothing yet, (rows, 2).

        Args:
            X: rows as in `fit`.
        """

    @abstractmethod
    def middle(self, X: Any) -> np.ndarray:
        """Return one value a row.

        Args:
            X: rows as in `fit`.
        """

    def predict(self, X: Any) -> np.ndarray:
        """Return one value a row.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bound_")
        return self.middle(X)

    def predict_interval(self, X: Any) -> np.ndarray:
        """Return the ends of the intervals, (rows, 2); infinite where too few rows were kept apart.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "bound_")
        ends: np.ndarray = self.ends(X) + np.array([-self.bound_, self.bound_])
        crossed = ends[:, 0] > ends[:, 1]
        ends[crossed] = ends[crossed].mean(axis=1, keepdims=True)
        return ends


@final
@dataclass(eq=False, repr=False)
class ConformalRegressor(ConformalIntervals):
    """Any regressor with intervals that hold the truth as often as they say, whatever its errors are like.

    Use it where a promise must be kept on average over rows: it needs no assumption but that future rows are
    drawn like those at hand. All intervals have one width; `ConformalQuantileRegressor` has wide ones where
    the noise is large.

        f(x) +- the ceil((n + 1) level)-th smallest of |y_i - f(x_i)| over n rows kept apart

    Args:
        estimator: any regressor with scikit-learn's interface; with `calibrate` alone, one that is fitted.
        level: share of future rows that the intervals hold, at least.
        calibration: share of the rows that is kept apart.
        random_state: seed of the split.

    Raises:
        InputError: in fit, when level or calibration are not between 0 and 1, or y is not one number a row.

    Example:
        >>> from sklearn.linear_model import LinearRegression
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(2000, 2))
        >>> y = X[:, 0] + rng.standard_t(3, size=2000)
        >>> model = ConformalRegressor(LinearRegression(), level=0.8, random_state=0).fit(X[:1000], y[:1000])
        >>> lower, upper = model.predict_interval(X[1000:]).T
        >>> bool(abs(((lower <= y[1000:]) & (y[1000:] <= upper)).mean() - 0.8) < 0.05)
        True

    Source:
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2016), "Distribution-Free Predictive Inference For
        Regression", arXiv:1604.04173.
    """

    estimator: Any
    level: float = 0.9
    calibration: float = 0.25
    random_state: Any = None

    def learn(self, X: Any, y: np.ndarray) -> Any:
        """Return a fitted copy of the estimator."""
        return clone(self.estimator).fit(X, y)

    def ends(self, X: Any) -> np.ndarray:
        """Return the values twice."""
        return np.repeat(self.middle(X)[:, None], 2, axis=1)

    def middle(self, X: Any) -> np.ndarray:
        """Return what the estimator predicts."""
        values: np.ndarray = np.asarray(self.estimator_.predict(X), dtype=np.float64)
        return values


@final
@dataclass(eq=False, repr=False)
class ConformalQuantileRegressor(ConformalIntervals):
    """A network that learns two quantiles, and widens or narrows them until they hold what they promise.

    Use it where the noise differs from row to row: intervals are wide where it is large and narrow elsewhere,
    and on average hold the truth as often as they say.

        [q_low(x) - b, q_high(x) + b],   b = the ceil((n + 1) level)-th smallest of
        max(q_low(x_i) - y_i, y_i - q_high(x_i)) over n rows kept apart

    Args:
        estimator: a regressor of this library; it learns both quantiles in place of the mean.
        level: share of future rows that the intervals hold, at least.
        calibration: share of the rows that is kept apart.
        random_state: seed of the split; the estimator has its own.

    Raises:
        InputError: in fit, when the estimator is none of this library's, level or calibration are not between
            0 and 1, or y is not one number a row.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> rng = np.random.default_rng(0)
        >>> X = rng.uniform(0, 1, size=(600, 1))
        >>> y = rng.normal(size=600) * (0.1 + X[:, 0])
        >>> inside = MLPRegressor(hidden=(16,), training=Training(epochs=40), random_state=0)
        >>> model = ConformalQuantileRegressor(inside, level=0.8, random_state=0).fit(X, y)
        >>> narrow, wide = np.diff(model.predict_interval([[0.05], [0.95]]))[:, 0]
        >>> bool(wide > narrow)
        True

    Source:
        Romano, Patterson and Candès (2019), "Conformalized Quantile Regression", arXiv:1905.03222.
    """

    estimator: Any
    level: float = 0.9
    calibration: float = 0.25
    random_state: Any = None

    def learn(self, X: Any, y: np.ndarray) -> Any:
        """Return a copy of the estimator that has learned both quantiles."""
        if not isinstance(self.estimator, DeepRegressor):
            came = type(self.estimator).__name__
            raise InputError(
                "estimator must be a regressor of netwright", came, "others go into ConformalRegressor"
            )
        model = clone(self.estimator)
        tail = (1 - self.level) / 2
        loss = quantile_loss(torch.tensor([tail, 1 - tail]))
        model.training = replace(model.training or Training(), loss=loss)
        return model.fit(X, np.repeat(y[:, None], 2, axis=1))

    def ends(self, X: Any) -> np.ndarray:
        """Return the two quantiles, in their order."""
        ends: np.ndarray = np.sort(np.asarray(self.estimator_.predict(X), dtype=np.float64), axis=1)
        return ends

    def middle(self, X: Any) -> np.ndarray:
        """Return the middle between the two quantiles."""
        middle: np.ndarray = self.ends(X).mean(axis=1)
        return middle


def quantile_loss(shares: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the pinball loss, whose smallest mean is at those quantiles.

        l = max(q (y - p), (q - 1) (y - p))   for each quantile q, then the mean over them

    Args:
        shares: of the rows below each column of the prediction.

    Example:
        >>> quantile_loss(torch.tensor([0.25]))(torch.zeros(2, 1), torch.tensor([[1.0], [-1.0]]))
        tensor([0.2500, 0.7500])
    """

    def loss(prediction: Tensor, target: Tensor) -> Tensor:
        error = target - prediction
        return torch.maximum(shares.to(error) * error, (shares.to(error) - 1) * error).mean(-1)

    return loss


def _column(y: Any) -> Float[np.ndarray, "rows"]:
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        came = f"shape {values.shape}" if values.ndim != 1 else "values that are not finite"
        raise InputError("y must be one finite number a row", came, "one model for each target")
    return values
