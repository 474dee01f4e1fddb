"""How a fitted estimator is asked many times about the same rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators import DeepClassifier, DeepEstimator, DeepRegressor
from netwright.estimators.gaussian_head import GaussianHead
from netwright.estimators.heads import joined
from netwright.training.batches import move
from netwright.training.samples import tell
from netwright.uncertainty.decomposition import Doubt, decompose_classes, decompose_numbers

BLOCK = 256
"""Rows that are asked about together: what they share stays in the processor's cache."""

Asker = Callable[[Any], Tensor]


def ask(model: DeepEstimator, X: Any, make: Callable[[nn.Module], Asker]) -> Tensor:
    """Return raw outputs of many passes for all rows, (passes, rows, outputs), in float64.

    Args:
        model: fitted.
        X: rows as in its `fit`.
        make: network -> what gives (passes, rows, ...) for a block.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> model = MLPRegressor(training=Training(epochs=1), random_state=0).fit(np.eye(4), np.arange(4.0))
        >>> ask(model, np.eye(4), lambda network: lambda x: network(x)[None]).shape
        torch.Size([1, 4, 1])
    """
    check_is_fitted(model)
    X = model.admit(X)
    validate_data(model, X, skip_check_array=True, reset=False)
    inputs = model.read(X)
    n_rows, blocks = len(inputs), []
    tell(inputs, torch.arange(n_rows))
    with model._ready(inputs) as device, torch.inference_mode(mode=False), torch.no_grad():
        asker = make(model.network_)
        for rows in torch.arange(n_rows).split(BLOCK):  # type: ignore[no-untyped-call]
            block = inputs.index_select(0, rows) if isinstance(inputs, Tensor) else inputs[rows]
            blocks.append(asker(move(block, device)).cpu().double())
    raw = torch.cat(blocks, 1)
    n_passes = len(raw)
    outputs = joined(model.head_, raw.flatten(0, 1))
    return outputs.view(n_passes, n_rows, *outputs.shape[1:])


def answers(model: DeepEstimator, raw: Tensor) -> np.ndarray:
    """Return probabilities, (passes, rows, classes), or values, (passes, rows) or (passes, rows, targets).

    Args:
        model: fitted.
        raw: as `ask` gives it.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> model = MLPRegressor(training=Training(epochs=1), random_state=0).fit(np.eye(4), np.arange(4.0))
        >>> answers(model, torch.zeros(3, 4, 1)).shape
        (3, 4)
    """
    flat = model.head_.activate(raw.flatten(0, 1))
    found = flat.view(*raw.shape[:2], *flat.shape[1:])
    if isinstance(model, DeepClassifier):
        return (torch.stack([1 - found, found], -1) if found.ndim == 2 else found).numpy()
    values: np.ndarray = found.numpy()
    return values[..., 0] if getattr(model, "one_target_", False) else values


def noise_variance(model: DeepEstimator, raw: Tensor) -> np.ndarray | float:
    """Return the variances that the network itself gives, shaped as `answers` are; 0 where it gives none.

    Args:
        model: fitted.
        raw: as `ask` gives it.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> model = MLPRegressor(training=Training(epochs=1), random_state=0).fit(np.eye(4), np.arange(4.0))
        >>> noise_variance(model, torch.zeros(3, 4, 1))
        0.0
    """
    if not isinstance(model.head_, GaussianHead):
        return 0.0
    flat = model.head_.variance(raw.flatten(0, 1))
    found: np.ndarray = flat.view(*raw.shape[:2], *flat.shape[1:]).numpy()
    return found[..., 0] if getattr(model, "one_target_", False) else found


def doubt_about(model: DeepEstimator, raw: Tensor) -> Doubt:
    """Return the doubt that many passes show, taken apart.

    Args:
        model: fitted.
        raw: as `ask` gives it.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> model = MLPRegressor(training=Training(epochs=1), random_state=0).fit(np.eye(4), np.arange(4.0))
        >>> doubt_about(model, torch.zeros(3, 4, 1)).total
        array([0., 0., 0., 0.])
    """
    found = answers(model, raw)
    if isinstance(model, DeepClassifier):
        return decompose_classes(found, several_labels=model.labels_kind_ in ("multi", "soft-multi"))
    return decompose_numbers(found, noise_variance(model, raw))


def fitted_deep(model: Any) -> DeepEstimator:
    """Return a classifier or regressor of this library as it came.

    Args:
        model: anything.

    Raises:
        InputError: when it is something else.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> fitted_deep(MLPRegressor()).dropout
        0.0
    """
    if not isinstance(model, (DeepClassifier, DeepRegressor)):
        raise InputError(
            "estimator must be a classifier or regressor of netwright",
            type(model).__name__,
            "ask other networks with netwright.training.dropout_passes",
        )
    return model


def drawn_seed(random_state: Any) -> int:
    """Return a seed.

    Args:
        random_state: a number, a stream of numpy's, or None for numpy's own.

    Example:
        >>> drawn_seed(0) == drawn_seed(0)
        True
    """
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
