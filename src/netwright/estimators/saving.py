"""Saving a fitted estimator as a folder, and loading it without running code from it."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch.nn.modules.module import register_module_parameter_registration_hook

from netwright.core.errors import ModelError
from netwright.core.saving import Archive, read_archive, write_archive
from netwright.estimators.codec import Decoder, Encoder
from netwright.estimators.deep_estimator import DeepEstimator, laid_out
from netwright.estimators.modules import check_network, holds_network

NETWORK = "network_"


def save(estimator: Any, folder: str | Path) -> None:
    """Write a fitted estimator to a folder, whole or not at all.

    The folder holds `estimator.json` (settings and fitted values), `tensors.safetensors` (weights and
    arrays) and a skops file for each scikit-learn part. A network that was given as a setting is written too,
    as long as its parts are torch's or netwright's.

    Args:
        estimator: fitted.
        folder: new, empty, or holding an earlier save, which is replaced.

    Raises:
        ModelError: when it is no estimator of a network, or a setting cannot be written as data, such as a
            function of the user's own.
        InputError: when the folder holds other things.
        OSError: when it cannot be written.

    Example:
        >>> import tempfile, numpy as np
        >>> from netwright.tabular import MLPRegressor
        >>> from netwright.training import Training
        >>> X = np.arange(20.0).reshape(-1, 1)
        >>> model = MLPRegressor(training=Training(epochs=2), random_state=0).fit(X, X[:, 0])
        >>> save(model, Path(tempfile.mkdtemp()) / "model")
    """
    is_deep = isinstance(estimator, DeepEstimator)
    if not is_deep and not (isinstance(estimator, BaseEstimator) and holds_network(estimator)):
        raise ModelError(
            "what is saved must be an estimator of a network",
            type(estimator).__name__,
            "save the network's estimator inside of it",
        )
    check_is_fitted(estimator)
    encoder = Encoder()
    if not is_deep:
        tree = encoder.tree(estimator, "estimator")
        write_archive(Archive({"estimator": tree}, encoder.tensors, encoder.files), Path(folder))
        return
    network = estimator.__dict__.pop(NETWORK)
    try:
        tree = encoder.tree(estimator, "estimator")
    finally:
        setattr(estimator, NETWORK, network)
    weights = {f"{NETWORK}.{name}": tensor for name, tensor in network.state_dict().items()}
    write_archive(Archive({"estimator": tree}, {**encoder.tensors, **weights}, encoder.files), Path(folder))


def load(folder: str | Path, *, classes: Sequence[type] = ()) -> Any:
    """Load a fitted estimator; a file that was cut, changed or slipped in is refused.

    Args:
        folder: written by `save`.
        classes: estimator classes of your own that the folder may name.

    Raises:
        ModelError: when the folder is not exactly what was saved, or names unknown classes.

    Example:
        >>> load("nowhere")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: the model must be a folder written by netwright, got nowhere, ...
    """
    archive = read_archive(Path(folder))
    tree = archive.document.get("estimator") if isinstance(archive.document, dict) else None
    estimator = Decoder(archive.tensors, archive.files, classes).value(tree)
    if not isinstance(estimator, DeepEstimator):
        check_network(estimator)
        return estimator
    prefix = f"{NETWORK}."
    weights = {name[len(prefix) :]: t for name, t in archive.tensors.items() if name.startswith(prefix)}
    try:
        with torch.device("meta"), _at_most(4 * len(weights) + 64):
            network = estimator.build(torch.Size(estimator.sample_shape_), estimator.head_.n_outputs)
        network.load_state_dict(weights, assign=True)
    except Exception as error:  # whatever a changed setting makes torch raise
        detail = str(error).strip().splitlines()[-1].strip() if str(error).strip() else type(error).__name__
        raise ModelError(
            "the saved weights must fit the saved network", detail[:200], "copy or save the model again"
        ) from error
    estimator.network_ = laid_out(network.requires_grad_().eval())
    return estimator


@contextmanager
def _at_most(n_parameters: int) -> Iterator[None]:
    """Let this thread build so many parameters: a changed depth could make it build until memory ends."""
    built, thread = itertools.count(1), threading.get_ident()

    def count(*_: object) -> None:
        if threading.get_ident() == thread and next(built) > n_parameters:
            raise ValueError("the network would have many more parameters than were saved")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
