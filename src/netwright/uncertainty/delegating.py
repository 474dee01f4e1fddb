"""Estimators whose network is built around that of another one, which reads rows and knows its parts."""

from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from torch import nn

from netwright.core.errors import InputError
from netwright.estimators import DeepEstimator
from netwright.training import Choice, Training
from netwright.uncertainty.asking import fitted_deep

Recipe = tuple[Training, list[Choice]]

OWN = {"estimator_", "network_", "head_", "record_"}


class AroundAnEstimator:
    """What estimators have in common that have a field `estimator` and do much as the one in it does.

    It stands beside `DeepClassifier` or `DeepRegressor` among the bases; the copy that is asked is
    `estimator_`.
    """

    estimator: Any
    training: Training | None
    estimator_: Any

    def admit(self, X: Any, *, fitting: bool = False) -> Any:
        """Check X as the estimator inside does; in fitting, a fresh copy of it is made first.

        Raises:
            InputError: when the estimator inside is none of this library's, or X is not for it.
        """
        if fitting:
            model = fitted_deep(self.estimator)
            own = type(model)._prime, type(model)._gather
            if own != (DeepEstimator._prime, DeepEstimator._gather):
                came = type(model).__name__
                raise InputError("estimator must have a network that learns by itself", came, "take another")
            self.estimator_ = clone(model)
        return self.estimator_.admit(X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Read rows as the estimator inside does."""
        lend(self)
        return self.estimator_.read(X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> Recipe:
        """Complete the recipe as the estimator inside does, whose own counts where there is no other."""
        recipe = training if self.training is not None else (self.estimator_.training or training)
        settled: Recipe = self.estimator_.settle(recipe, n_rows)
        return settled


def build_inside(outer: AroundAnEstimator, sample: torch.Size, n_outputs: int) -> nn.Module:
    """Return a fresh network of the estimator inside.

    Args:
        outer: whose estimator has read its training rows.
        sample: shape of one row.
        n_outputs: numbers that the head wants for a row.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor())
        >>> X = model.admit([[1, 2], [3, 4]], fitting=True)
        >>> _ = model.read(X, fitting=True)
        >>> build_inside(model, torch.Size([2]), 3)(torch.zeros(5, 2)).shape
        torch.Size([5, 3])
    """
    lend(outer)
    network: nn.Module = outer.estimator_.build(sample, n_outputs)
    return network


def lend(outer: AroundAnEstimator) -> None:
    """Give the estimator inside what was found about rows and targets, since it may ask for it.

    Args:
        outer: that has admitted rows.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor())
        >>> X = model.admit([[1, 2], [3, 4]], fitting=True)
        >>> model.ahead_ = True
        >>> lend(model)
        >>> model.estimator_.ahead_
        True
    """
    for name, value in vars(outer).items():
        if name.endswith("_") and not name.startswith("_") and name not in OWN:
            setattr(outer.estimator_, name, value)
