"""Deep ensembles: several networks that learn at once, and what their disagreement says."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators import DeepClassifier, DeepRegressor
from netwright.estimators.gaussian_head import GaussianHead
from netwright.estimators.heads import Head
from netwright.nets import NetworkEnsemble
from netwright.training import Training
from netwright.uncertainty.asking import answers, doubt_about, noise_variance
from netwright.uncertainty.decomposition import Doubt
from netwright.uncertainty.delegating import AroundAnEstimator, build_inside


@final
@dataclass(eq=False, repr=False)
class DeepEnsembleClassifier(AroundAnEstimator, DeepClassifier):
    """Several networks of one classifier, which differ in their initial weights and vote by probability.

    Use it for the best probabilities and the best warning of strange rows that plain networks give. Small
    fully connected members learn at once, in little more time than one; others one after the other.

        p = 1/M sum_k p_k

    Args:
        estimator: a classifier of this library; each member has a network as it has.
        n_members: networks.
        training: the recipe; None for the estimator's own.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when the estimator is none of this library's, or n_members is below 1.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from netwright.tabular import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> inside = MLPClassifier(hidden=(16,), training=Training(epochs=40, learning_rate=0.01))
        >>> model = DeepEnsembleClassifier(inside, random_state=0).fit(X, y)
        >>> model.members(X).shape
        (10, 150, 3)

    Source:
        Lakshminarayanan, Pritzel and Blundell (2016), "Simple and Scalable Predictive Uncertainty Estimation
        using Deep Ensembles", arXiv:1612.01474.
        Differs: all members see the rows in one order, and there are no adversarial examples.
    """

    estimator: Any
    n_members: int = 10
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return fresh networks side by side."""
        return _build(self, sample, n_outputs)

    def members(self, X: Any) -> np.ndarray:
        """Return the probabilities of each member, (members, rows, classes).

        Args:
            X: rows as in `fit`.
        """
        return answers(self, _raw(self, X))

    def doubt(self, X: Any) -> Doubt:
        """Return the doubt about each row, taken apart by entropies.

        Args:
            X: rows as in `fit`.
        """
        return doubt_about(self, _raw(self, X))


@final
@dataclass(eq=False, repr=False)
class DeepEnsembleRegressor(AroundAnEstimator, DeepRegressor):
    """Several networks of one regressor, which differ in their initial weights and are averaged.

    Use it as `DeepEnsembleClassifier`. As a rule each member gives a variance beside its mean, learned by the
    likelihood: the mean of the variances is the noise, the variance of the means what the model does not
    know.

        m = 1/M sum_k m_k,   v = 1/M sum_k (v_k + m_k^2) - m^2

    Args:
        estimator: a regressor of this library; each member has a network as it has.
        n_members: networks.
        heteroscedastic: whether members learn how large the noise of each row is; otherwise they have the
            estimator's own loss, and noise is not known.
        training: the recipe; None for the estimator's own.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when the estimator is none of this library's, or n_members is below 1.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> X = np.linspace(-1, 1, 200)[:, None]
        >>> y = X[:, 0] ** 2 + 0.1 * np.random.default_rng(0).normal(size=200)
        >>> inside = MLPRegressor(hidden=(16,), training=Training(epochs=40, learning_rate=0.01))
        >>> model = DeepEnsembleRegressor(inside, random_state=0).fit(X, y)
        >>> mean, spread = model.predict_with_spread([[0.0], [5.0]])
        >>> bool(spread[1] > spread[0])
        True

    Source:
        Lakshminarayanan, Pritzel and Blundell (2016), "Simple and Scalable Predictive Uncertainty Estimation
        using Deep Ensembles", arXiv:1612.01474.
        Differs: all members see the rows in one order, and there are no adversarial examples.
    """

    estimator: Any
    n_members: int = 10
    heteroscedastic: bool = True
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return fresh networks side by side."""
        return _build(self, sample, n_outputs)

    def head(self, target: Tensor) -> Head:
        """Return a head with variances, or the estimator's own."""
        if self.heteroscedastic:
            return GaussianHead.of(target)
        own: Head = self.estimator_.head(target)
        return own

    def members(self, X: Any) -> np.ndarray:
        """Return the means of each member, (members, rows) or (members, rows, targets).

        Args:
            X: rows as in `fit`.
        """
        return answers(self, _raw(self, X))

    def predict_with_spread(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return means and standard deviations, of what members say and of the noise together.

        Args:
            X: rows as in `fit`.
        """
        raw = _raw(self, X)
        found, noise = answers(self, raw), np.asarray(noise_variance(self, raw))
        variance = found.var(axis=0) + (noise.mean(axis=0) if noise.ndim else 0.0)
        return found.mean(axis=0), np.sqrt(variance)

    def doubt(self, X: Any) -> Doubt:
        """Return the variance of each row, taken apart.

        Args:
            X: rows as in `fit`.
        """
        return doubt_about(self, _raw(self, X))


Ensemble = DeepEnsembleClassifier | DeepEnsembleRegressor


def _build(model: Ensemble, sample: torch.Size, n_outputs: int) -> nn.Module:
    if not isinstance(model.n_members, int) or model.n_members < 1:
        raise InputError(
            "n_members must be a whole number from 1", repr(model.n_members), "5 to 10 are usual"
        )
    first = build_inside(model, sample, n_outputs)
    if any(weight.is_meta for weight in first.parameters()):  # in loading, which brings the weights
        return NetworkEnsemble([first] * model.n_members)
    others = [build_inside(model, sample, n_outputs) for _ in range(model.n_members - 1)]
    pairs = zip(first.parameters(), others[0].parameters(), strict=True) if others else ()
    if others and all(torch.equal(one, other) for one, other in pairs):
        raise InputError(
            "members must differ in the weights that they begin with",
            "the same ones, as of a network that is given instead of built",
            "give the estimator what makes its network, such as a class",
        )
    return NetworkEnsemble([first, *others])


def _raw(model: Ensemble, X: Any) -> Tensor:
    """The outputs of each member, (members, rows, outputs)."""
    return model._ask(X, lambda block: model.network_(block).double()).transpose(0, 1)
