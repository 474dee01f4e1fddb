"""The three parts of doubt about a forecast: the model's, its misspecification, and the noise."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import norm
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import split_rows
from netwright.estimators import DeepRegressor
from netwright.training import DropoutPasses
from netwright.uncertainty.asking import answers, ask, drawn_seed, fitted_deep
from netwright.uncertainty.taking import take

Rows = Float[np.ndarray, "rows *targets"]


@final
@dataclass(frozen=True, eq=False)
class ThreeParts:
    """Variances of forecasts by where they come from.

    Args:
        model: what the model does not know; it falls with the number of rows.
        misspecification: what its encoder makes of rows unlike those it has learned from.
        noise: what nobody can know; it stays.

    Example:
        >>> parts = ThreeParts(np.array([1.0]), np.array([2.0]), np.array([3.0]))
        >>> float(parts.total[0])
        6.0
    """

    model: Rows
    misspecification: Rows
    noise: Rows

    @property
    def total(self) -> Rows:
        """The variance of what will be observed."""
        total: Rows = self.model + self.misspecification + self.noise
        return total


@final
@dataclass(eq=False, repr=False)
class ThreePartUncertainty(RegressorMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor that tells apart what it does not know, what its encoder does not know, and the noise.

    Use it where an interval is wanted and the reason for its width, too: collect rows against the first part,
    distrust the forecast where the second is large, and live with the third. Dropout is left on in
    predicting. The spread from the masks of the encoder is misspecification, the spread from all others the
    model's; the noise is the mean squared error on rows that were not learned from.

        model = E[var(f | encoder's masks)],   misspecification = var(E[f | encoder's masks])
        noise = mean (y - f(x))^2   over rows apart,   total = their sum

    Args:
        estimator: a regressor of this library with dropout.
        encoder: name of the part of its network that reads the inputs, as `named_modules` gives it; None
            where no part is told apart, and misspecification is counted with the model's part.
        n_passes: times that the network is asked.
        noise_share: share of the rows that are kept apart to measure the noise.
        random_state: seed of the split and of the masks; the estimator has its own.

    Raises:
        InputError: in fit, when the estimator is none, or the share is not between 0 and 1; in predicting,
            when the network has no dropout or no such part.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> X = np.linspace(-1, 1, 400)[:, None]
        >>> y = X[:, 0] + 0.2 * np.random.default_rng(0).normal(size=400)
        >>> inside = MLPRegressor(hidden=(32,), dropout=0.1, training=Training(epochs=60), random_state=0)
        >>> parts = ThreePartUncertainty(inside, random_state=0).fit(X, y).parts(X)
        >>> bool((parts.noise > parts.model).all())
        True

    Source:
        Zhu and Laptev (2017), "Deep and Confident Prediction for Time Series at Uber", arXiv:1709.01907.
        Differs: the encoder's part is told apart from the model's, by the law of total variance, where the
        paper has both in one number.
    """

    estimator: Any
    encoder: str | None = None
    n_passes: int = 100
    noise_share: float = 0.2
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a fresh copy of the estimator to most rows, and measure the noise on the others.

        Args:
            X: the rows.
            y: (rows) or (rows, targets) of numbers.
        """
        if not isinstance(fitted_deep(self.estimator), DeepRegressor) or not 0 < self.noise_share < 1:
            came = f"{type(self.estimator).__name__} and {self.noise_share!r}"
            raise InputError(
                "estimator must be a regressor, noise_share between 0 and 1", came, "0.2 is usual"
            )
        self.seed_ = drawn_seed(self.random_state)
        learn, judge = split_rows(len(y), fraction=self.noise_share, random_state=self.seed_)
        self.estimator_ = clone(self.estimator).fit(take(X, learn), take(y, learn))
        apart = take(X, judge)
        error = np.asarray(take(y, judge), dtype=np.float64) - self._means(apart).mean(axis=(0, 1))
        self.noise_ = np.square(error).mean(axis=0)
        return self

    def parts(self, X: Any) -> ThreeParts:
        """Return the variances of each row.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        return self._parts(self._means(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean over all passes.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        mean: np.ndarray = self._means(X).mean(axis=(0, 1))
        return mean

    def predict_interval(self, X: Any, level: float = 0.95) -> np.ndarray:
        """Return the ends of Gaussian intervals by the sum of the three parts, (rows, 2).

        Args:
            X: rows as in `fit`.
            level: share of the rows that they are meant to hold.
        """
        check_is_fitted(self)
        if not 0 < level < 1:
            raise InputError("level must be between 0 and 1", repr(level), "0.95 is usual")
        passes = self._means(X)
        mean = passes.mean(axis=(0, 1))
        reach = norm.ppf((1 + level) / 2) * np.sqrt(self._parts(passes).total)
        return np.stack([mean - reach, mean + reach], axis=-1)

    def _parts(self, passes: np.ndarray) -> ThreeParts:
        inner = passes.shape[1]
        within = passes.var(axis=1, ddof=1).mean(axis=0)
        if len(passes) == 1:
            between = np.zeros_like(within)
        else:  # the means of few passes differ by what is within, too
            between = (passes.mean(axis=1).var(axis=0, ddof=1) - within / inner).clip(min=0)
        return ThreeParts(within, between, np.broadcast_to(self.noise_, within.shape))

    def _means(self, X: Any) -> np.ndarray:
        """Answers, (masks of the encoder, passes, rows) or with targets behind."""
        outer = 1 if self.encoder is None else max(2, round(self.n_passes**0.5))
        inner = max(2, self.n_passes // outer)
        raw = ask(self.estimator_, X, lambda network: _nested(self, network, outer, inner))
        found = answers(self.estimator_, raw)
        return found.reshape(outer, inner, *found.shape[1:])


def _nested(model: ThreePartUncertainty, network: nn.Module, outer: int, inner: int) -> Any:
    passes = DropoutPasses(network, inner, model.seed_, held=model.encoder)

    def asker(block: Any) -> Tensor:
        return torch.cat([passes(block) for _ in range(outer)])

    return asker
