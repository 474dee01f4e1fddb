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

OWN = {"estimator_", "network_", "head_", "record_"}


def admit(outer: Any, X: Any, *, fitting: bool) -> Any:
    """Check X as the estimator inside does; in fitting, a fresh copy of it is made first.

    Args:
        outer: has a field `estimator` and gets `estimator_`.
        X: what the user gave.
        fitting: whether it is going to be learned from.

    Raises:
        InputError: when the estimator inside is none of this library's, or X is not for it.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> admit(DeepEnsembleRegressor(MLPRegressor()), [[1, 2], [3, 4]], fitting=True).shape
        (2, 2)
    """
    if fitting:
        model = fitted_deep(outer.estimator)
        if type(model)._prime is not DeepEstimator._prime or type(model)._gather is not DeepEstimator._gather:
            came = type(model).__name__
            raise InputError("estimator must have a network that learns by itself", came, "take another")
        outer.estimator_ = clone(model)
    return outer.estimator_.admit(X, fitting=fitting)


def read(outer: Any, X: Any, rows: np.ndarray | None, *, fitting: bool) -> Any:
    """Read rows as the estimator inside does.

    Args:
        outer: has `estimator_`.
        X: admitted.
        rows: which.
        fitting: whether to learn from them how X is read.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor())
        >>> X = admit(model, [[1, 2], [3, 4]], fitting=True)
        >>> read(model, X, None, fitting=True).shape
        torch.Size([2, 2])
    """
    lend(outer)
    return outer.estimator_.read(X, rows=rows, fitting=fitting)


def build(outer: Any, sample: torch.Size, n_outputs: int) -> nn.Module:
    """Return a fresh network of the estimator inside.

    Args:
        outer: has `estimator_`, which has read its training rows.
        sample: shape of one row.
        n_outputs: numbers that the head wants for a row.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor())
        >>> X = admit(model, [[1, 2], [3, 4]], fitting=True)
        >>> _ = read(model, X, None, fitting=True)
        >>> build(model, torch.Size([2]), 3)(torch.zeros(5, 2)).shape
        torch.Size([5, 3])
    """
    lend(outer)
    network: nn.Module = outer.estimator_.build(sample, n_outputs)
    return network


def settle(outer: Any, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
    """Complete the recipe as the estimator inside does; its own recipe counts where the outer has none.

    Args:
        outer: has `estimator_` and a field `training`.
        training: the outer's recipe, or an empty one.
        n_rows: rows to learn from.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor(training=Training(epochs=3)))
        >>> _ = admit(model, [[1, 2], [3, 4]], fitting=True)
        >>> settle(model, Training(), 2)[0].epochs
        3
    """
    recipe = training if outer.training is not None else (outer.estimator_.training or training)
    settled: tuple[Training, list[Choice]] = outer.estimator_.settle(recipe, n_rows)
    return settled


def lend(outer: Any) -> None:
    """Give the estimator inside what was found about rows and targets, since it may ask for it.

    Args:
        outer: has `estimator_`.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.uncertainty import DeepEnsembleRegressor
        >>> model = DeepEnsembleRegressor(MLPRegressor())
        >>> _ = admit(model, [[1, 2], [3, 4]], fitting=True)
        >>> model.ahead_ = True
        >>> lend(model)
        >>> model.estimator_.ahead_
        True
    """
    for name, value in vars(outer).items():
        if name.endswith("_") and not name.startswith("_") and name not in OWN:
            setattr(outer.estimator_, name, value)
