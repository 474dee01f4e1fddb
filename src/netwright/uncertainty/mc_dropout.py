"""Monte Carlo dropout: the spread of many passes with dropout left on."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from scipy.stats import norm
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from torch import Tensor

from netwright.core.errors import InputError
from netwright.estimators import DeepEstimator
from netwright.training import DropoutPasses
from netwright.uncertainty.asking import answers, ask, doubt_about, drawn_seed, fitted_deep, noise_variance
from netwright.uncertainty.decomposition import Doubt


def _classifies(wrapper: "MCDropout") -> bool:
    return bool(is_classifier(wrapper.estimator))


@final
@dataclass(eq=False, repr=False)
class MCDropout(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Asks a network with dropout many times, each time with other units silent, and looks at the spread.

    Use it with any estimator of the library that has dropout, fitted or not: probabilities become less
    overconfident, numbers get a spread, and both tell what the model does not know. What stands before the
    first dropout is computed once, so that a hundred passes of a network whose last layers alone have dropout
    cost little more than one.

        p = mean_t p(y | x, mask_t),   spread^2 = var_t f(x, mask_t) + noise

    Args:
        estimator: a classifier or regressor with dropout; one that is fitted already may be asked at once.
        n_passes: times that it is asked.
        random_state: seed of the masks; the estimator has its own.

    Raises:
        InputError: when the estimator is none of this library's, or has no dropout.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from netwright.tabular import MLPClassifier
        >>> from netwright.training import Training
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier(hidden=(32,), dropout=0.3, training=Training(epochs=40), random_state=0)
        >>> doubtful = MCDropout(model.fit(X, y), random_state=0)
        >>> doubtful.predict_proba(X).shape
        (150, 3)
        >>> strange = X[:5] + [0, 10, -10, 10]
        >>> bool(doubtful.doubt(strange).epistemic.mean() > doubtful.doubt(X).epistemic.mean())
        True

    Source:
        Gal and Ghahramani (2015), "Dropout as a Bayesian Approximation: Representing Model Uncertainty in
        Deep Learning", arXiv:1506.02142; pictures: arXiv:1506.02158; sequences: Gal and Ghahramani (2015),
        "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks", arXiv:1512.05287.
    """

    estimator: Any
    n_passes: int = 100
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit a fresh copy of the estimator, which becomes `estimator_`.

        Args:
            X: the rows.
            y: their targets.
            sample_weight: (rows), how much each row counts.
        """
        self.estimator_ = clone(fitted_deep(self.estimator)).fit(X, y, sample_weight)
        return self

    @property
    def fitted_(self) -> DeepEstimator:
        """The estimator that is asked: the one that was fitted here, or the one that came fitted."""
        model = fitted_deep(getattr(self, "estimator_", self.estimator))
        if not hasattr(model, "network_"):
            raise NotFittedError("This MCDropout is not fitted yet; call fit, or give a fitted estimator.")
        return model

    @property
    def classes_(self) -> np.ndarray:
        """The classes of a classifier."""
        found: np.ndarray = getattr(self.fitted_, "classes_")  # noqa: B009
        return found

    def passes(self, X: Any) -> np.ndarray:
        """Return all answers: (passes, rows, classes) of probabilities, or (passes, rows) of values.

        Args:
            X: rows as in `fit`.
        """
        return answers(self.fitted_, self._raw(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the class that is likeliest on the mean over the passes, or the mean value.

        Args:
            X: rows as in `fit`.
        """
        mean: np.ndarray = self.passes(X).mean(axis=0)
        if not _classifies(self):
            return mean
        decided: np.ndarray = self.fitted_._decide(mean)
        return decided

    @available_if(_classifies)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean probabilities over the passes, (rows, classes).

        Args:
            X: rows as in `fit`.
        """
        mean: np.ndarray = self.passes(X).mean(axis=0)
        return mean

    def predict_with_spread(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean over the passes and the standard deviation, of values or of probabilities.

        Of values it holds the noise too, where the network says how large it is.

        Args:
            X: rows as in `fit`.
        """
        raw = self._raw(X)
        found, noise = answers(self.fitted_, raw), np.asarray(noise_variance(self.fitted_, raw))
        variance = found.var(axis=0) + (noise.mean(axis=0) if noise.ndim else 0.0)
        return found.mean(axis=0), np.sqrt(variance)

    def predict_interval(self, X: Any, level: float = 0.95) -> np.ndarray:
        """Return the ends of Gaussian intervals around the means, (rows, 2) or (rows, targets, 2).

        They know of no noise but what the network gives; `ConformalRegressor` makes intervals hold their
        promise.

        Args:
            X: rows as in `fit`.
            level: share of the rows that they are meant to hold.
        """
        if _classifies(self) or not 0 < level < 1:
            came = "a classifier" if _classifies(self) else f"level {level!r}"
            raise InputError("intervals need a regressor, and a level between 0 and 1", came, "0.95 is usual")
        mean, spread = self.predict_with_spread(X)
        reach = norm.ppf((1 + level) / 2) * spread
        return np.stack([mean - reach, mean + reach], axis=-1)

    def doubt(self, X: Any) -> Doubt:
        """Return the doubt about each row, taken apart: entropies of classes, variances of numbers.

        Args:
            X: rows as in `fit`.
        """
        return doubt_about(self.fitted_, self._raw(X))

    def score(self, X: Any, y: Any) -> float:
        """Return the accuracy of a classifier, or the R2 of a regressor.

        Args:
            X: rows as in `fit`.
            y: their targets.
        """
        judge = accuracy_score if _classifies(self) else r2_score
        return float(judge(y, self.predict(X)))

    def _raw(self, X: Any) -> Tensor:
        model, seed = self.fitted_, drawn_seed(self.random_state)
        return ask(model, X, lambda network: DropoutPasses(network, self.n_passes, seed))

    def __sklearn_is_fitted__(self) -> bool:
        """Say whether it can be asked."""
        return hasattr(getattr(self, "estimator_", self.estimator), "network_")

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator says."""
        tags, own = super().__sklearn_tags__(), get_tags(self.estimator)
        for name in ("estimator_type", "classifier_tags", "regressor_tags", "target_tags", "input_tags"):
            setattr(tags, name, getattr(own, name))
        return tags
