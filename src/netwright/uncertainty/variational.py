"""Variational Bayes: estimators whose weights are distributions, learned by backpropagation."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.estimators import DeepClassifier, DeepRegressor
from netwright.estimators.gaussian_head import GaussianHead
from netwright.layers import divergence, make_bayesian
from netwright.training import Callback, DropoutPasses, Training
from netwright.uncertainty.asking import answers, ask, doubt_about, drawn_seed, noise_variance
from netwright.uncertainty.decomposition import Doubt
from netwright.uncertainty.delegating import AroundAnEstimator, Recipe, build_inside

if TYPE_CHECKING:
    from netwright.training import Player, Run


@final
@dataclass(eq=False, repr=False)
class VariationalClassifier(AroundAnEstimator, DeepClassifier):
    """Bayes by backprop for labels: the weights of any classifier's network become Gaussians.

    Use it where a network shall know what it does not know, and dropout is not wanted: it learns a spread for
    each weight, wide where the rows say nothing about it. It learns more slowly than the network inside does.

        make smaller   mean_i -log p(y_i | x_i, W) + KL(q(W) || prior) / n,   W ~ q = N(m, s^2)
        p(y | x) = mean over draws of W

    Args:
        estimator: a classifier of this library, whose linear and convolutional weights become Gaussians.
        prior_scale: standard deviation of each weight before any data is seen.
        n_passes: draws of the weights in predicting.
        training: the recipe; None for the estimator's own.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when the estimator is none of this library's.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from netwright.tabular import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> inside = MLPClassifier(hidden=(16,), training=Training(epochs=60, learning_rate=0.01))
        >>> model = VariationalClassifier(inside, random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.9
        True

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424.
        Differs: the prior is one Gaussian, and noise is drawn for the answers of layers instead of for
        weights (Kingma, Salimans and Welling (2015), arXiv:1506.02557).
    """

    estimator: Any
    prior_scale: float = 1.0
    n_passes: int = 100
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network with Gaussian weights."""
        return make_bayesian(build_inside(self, sample, n_outputs), self.prior_scale)

    def settle(self, training: Training, n_rows: int) -> Recipe:
        """Add the divergence from the prior to the loss."""
        return _with_divergence(super().settle(training, n_rows), n_targets=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean probabilities over draws of the weights, (rows, classes).

        Args:
            X: rows as in `fit`.
        """
        mean: np.ndarray = self.passes(X).mean(axis=0)
        return mean

    def passes(self, X: Any) -> np.ndarray:
        """Return the probabilities of each draw, (passes, rows, classes).

        Args:
            X: rows as in `fit`.
        """
        return answers(self, _draw(self, X))

    def doubt(self, X: Any) -> Doubt:
        """Return the doubt about each row, taken apart by entropies.

        Args:
            X: rows as in `fit`.
        """
        return doubt_about(self, _draw(self, X))


@final
@dataclass(eq=False, repr=False)
class VariationalRegressor(AroundAnEstimator, DeepRegressor):
    """Bayes by backprop for numbers: the weights of any regressor's network become Gaussians.

    Use it as `VariationalClassifier`. The network gives a mean and a variance for each row, so that noise and
    what the model does not know stand apart.

        make smaller   mean_i -log N(y_i; m(x_i, W), v(x_i, W)) + KL(q(W) || prior) / n,   W ~ q = N(m, s^2)

    Args:
        estimator: a regressor of this library, whose linear and convolutional weights become Gaussians.
        prior_scale: standard deviation of each weight before any data is seen; targets are standardised.
        n_passes: draws of the weights in predicting.
        training: the recipe; None for the estimator's own.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in fit, when the estimator is none of this library's.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> X = np.linspace(-1, 1, 200)[:, None]
        >>> y = X[:, 0] + 0.1 * np.random.default_rng(0).normal(size=200)
        >>> inside = MLPRegressor(hidden=(8,), training=Training(epochs=60, learning_rate=0.02))
        >>> model = VariationalRegressor(inside, random_state=0).fit(X, y)
        >>> doubt = model.doubt([[0.0], [5.0]])
        >>> bool(doubt.epistemic[1] > doubt.epistemic[0])
        True

    Source:
        Blundell, Cornebise, Kavukcuoglu and Wierstra (2015), "Weight Uncertainty in Neural Networks",
        arXiv:1505.05424.
        Differs: the prior is one Gaussian, and noise is drawn for the answers of layers instead of for
        weights (Kingma, Salimans and Welling (2015), arXiv:1506.02557).
    """

    estimator: Any
    prior_scale: float = 1.0
    n_passes: int = 100
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network with Gaussian weights."""
        return make_bayesian(build_inside(self, sample, n_outputs), self.prior_scale)

    def settle(self, training: Training, n_rows: int) -> Recipe:
        """Add the divergence from the prior to the loss."""
        return _with_divergence(super().settle(training, n_rows), n_targets=len(self.target_names_))

    def head(self, target: Tensor) -> GaussianHead:
        """Return a head with a mean and a variance for each target."""
        return GaussianHead.of(target)

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean over draws of the weights.

        Args:
            X: rows as in `fit`.
        """
        mean: np.ndarray = self.passes(X).mean(axis=0)
        return mean

    def passes(self, X: Any) -> np.ndarray:
        """Return the means of each draw, (passes, rows) or (passes, rows, targets).

        Args:
            X: rows as in `fit`.
        """
        return answers(self, _draw(self, X))

    def predict_with_spread(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return means and standard deviations, noise included.

        Args:
            X: rows as in `fit`.
        """
        raw = _draw(self, X)
        found, noise = answers(self, raw), np.asarray(noise_variance(self, raw))
        return found.mean(axis=0), np.sqrt(found.var(axis=0) + noise.mean(axis=0))

    def doubt(self, X: Any) -> Doubt:
        """Return the variance of each row, taken apart.

        Args:
            X: rows as in `fit`.
        """
        return doubt_about(self, _draw(self, X))


@final
@dataclass(eq=False)
class DivergencePenalty(Callback):
    """Adds the divergence of Gaussian weights from their prior to the loss of each step.

    Use it to train a network with Bayesian layers by `Training`. The recorded losses do not contain it.

        loss + KL(q || prior) / (n_rows * n_targets)

    Args:
        n_targets: over which the loss of a row is a mean.

    Example:
        >>> DivergencePenalty()
        DivergencePenalty(n_targets=1)
    """

    needs_autograd: ClassVar[bool] = True

    n_targets: int = 1

    def on_loss(self, run: "Run", player: "Player", loss: Tensor) -> Tensor:
        """Return the loss with the divergence."""
        return loss + divergence(run.network) / (run.record.n_rows * self.n_targets)


def _with_divergence(settled: Recipe, n_targets: int) -> Recipe:
    recipe, chosen = settled
    return replace(recipe, callbacks=[*recipe.callbacks, DivergencePenalty(n_targets)]), chosen


def _draw(model: VariationalClassifier | VariationalRegressor, X: Any) -> Tensor:
    seed = drawn_seed(model.random_state)
    return ask(model, X, lambda network: DropoutPasses(network, model.n_passes, seed))
