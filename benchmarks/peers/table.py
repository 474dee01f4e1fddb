"""The same net of three layers, as each library's users would write it; each fits and returns its scores.

Linear(columns, 128), ReLU, Linear(128, 64), ReLU, Linear(64, classes), cross-entropy, Adam with its own
defaults but the rate; rows drawn anew each epoch; no weight decay, no validation, no early stopping.
"""

import logging
import os
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

HIDDEN = (128, 64)
RATE = 1e-3
ROWS_AT_ONCE = 8_192
"""Rows in a batch of prediction, where a library asks for one."""


class Task(NamedTuple):
    """What is the same for all."""

    epochs: int
    batch_size: int
    n_classes: int
    threads: int | None = None


class Fitted(NamedTuple):
    """Columns -> a score for each class; and how many weights the net has."""

    scores: Callable[[np.ndarray], np.ndarray]
    n_weights: int


def recipe(task: Task) -> Any:
    import torch

    from netwright.training import Training

    adam = partial(torch.optim.AdamW, weight_decay=0.0, fused=True)
    return Training(
        epochs=task.epochs,
        batch_size=task.batch_size,
        learning_rate=RATE,
        optimizer=adam,
        validation=0.0,
        threads=task.threads,
    )


def netwright_estimator(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    from netwright.tabular import MLPClassifier

    model = MLPClassifier(hidden=HIDDEN, training=recipe(task), random_state=0).fit(X, y)
    return Fitted(model.predict_proba, count(model.network_))


def netwright(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch

    from netwright.training import Supervised, TensorSamples

    network = stack(X.shape[1], task.n_classes)
    samples = TensorSamples(torch.from_numpy(X), torch.from_numpy(y))
    recipe(task).run(network, Supervised(torch.nn.CrossEntropyLoss()), samples)
    return Fitted(partial(outputs, network), count(network))


def scikit_learn(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        HIDDEN,
        batch_size=task.batch_size,
        learning_rate_init=RATE,
        max_iter=task.epochs,
        alpha=0.0,
        n_iter_no_change=task.epochs,
        random_state=0,
    ).fit(X, y)
    return Fitted(model.predict_proba, sum(w.size for w in [*model.coefs_, *model.intercepts_]))


def plain_loop(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    network, loss = stack(X.shape[1], task.n_classes), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    rows = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    loader = DataLoader(rows, batch_size=task.batch_size, shuffle=True)
    for _ in range(task.epochs):
        for inputs, target in loader:
            optimizer.zero_grad()
            loss(network(inputs), target).backward()
            optimizer.step()
    return Fitted(partial(outputs, network), count(network))


def tuned_loop(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch
    from torch.nn.functional import cross_entropy

    network = stack(X.shape[1], task.n_classes)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    inputs, target = torch.from_numpy(X), torch.from_numpy(y)
    for _ in range(task.epochs):
        for rows in torch.randperm(len(target)).split(task.batch_size):
            optimizer.zero_grad()
            cross_entropy(network(inputs[rows]), target[rows]).backward()
            optimizer.step()
    return Fitted(partial(outputs, network), count(network))


def skorch(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch
    from skorch import NeuralNetClassifier

    model = NeuralNetClassifier(
        stack(X.shape[1], task.n_classes),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        max_epochs=task.epochs,
        batch_size=task.batch_size,
        iterator_train__shuffle=True,
        iterator_valid__batch_size=ROWS_AT_ONCE,
        train_split=None,
        verbose=0,
    ).fit(X, y)
    return Fitted(model.predict_proba, count(model.module_))


def keras(backend: str, X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    os.environ["KERAS_BACKEND"] = backend
    import keras
    from keras.layers import Dense

    layers = [Dense(units, activation="relu") for units in HIDDEN]
    model = keras.Sequential([keras.Input((X.shape[1],)), *layers, Dense(task.n_classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss=loss)
    model.fit(X, y, batch_size=task.batch_size, epochs=task.epochs, verbose=0)
    scores = partial(model.predict, batch_size=ROWS_AT_ONCE, verbose=0)
    return Fitted(scores, model.count_params())


def lightning(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from torch.utils.data import DataLoader, TensorDataset

    class Net(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = stack(X.shape[1], task.n_classes)
            self.loss = torch.nn.CrossEntropyLoss()

        def training_step(self, batch: Any, number: int) -> torch.Tensor:
            return self.loss(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=RATE)

    warnings.simplefilter("ignore")
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    rows = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    model = Net()
    trainer = Trainer(max_epochs=task.epochs, accelerator="cpu", devices=1, barebones=True)
    trainer.fit(model, DataLoader(rows, batch_size=task.batch_size, shuffle=True))
    return Fitted(partial(outputs, model.network), count(model))


def fastai(X: np.ndarray, y: np.ndarray, task: Task) -> Fitted:
    import torch
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import Adam
    from torch.utils.data import DataLoader, TensorDataset

    # torch's own loader, which fastai takes too, is twice as fast as fastai's loaders of tables
    rows = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    loaders = DataLoaders(DataLoader(rows, batch_size=task.batch_size, shuffle=True), DataLoader([]))
    network = stack(X.shape[1], task.n_classes)
    adam = partial(Adam, mom=0.9, sqr_mom=0.999, eps=1e-8, wd=0.0)
    learner = Learner(loaders, network, loss_func=torch.nn.CrossEntropyLoss(), opt_func=adam, lr=RATE)
    with learner.no_logging():
        learner.fit(task.epochs, RATE, wd=0.0)
    return Fitted(partial(outputs, network), count(network))


def stack(n_columns: int, n_classes: int) -> Any:
    """The net in torch, for all who take a module."""
    from torch import nn

    sizes = (n_columns, *HIDDEN)
    hidden = [part for ends in pairwise(sizes) for part in (nn.Linear(*ends), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(HIDDEN[-1], n_classes))


def outputs(network: Any, X: np.ndarray) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return torch.cat([network(rows) for rows in torch.from_numpy(X).split(ROWS_AT_ONCE)]).numpy()


def count(network: Any) -> int:
    return sum(p.numel() for p in network.parameters())


LIBRARIES: dict[str, Callable[[np.ndarray, np.ndarray, Task], Fitted]] = {
    "netwright": netwright,
    "netwright, MLPClassifier: reads and encodes too": netwright_estimator,
    "scikit-learn": scikit_learn,
    "PyTorch, loop over a DataLoader": plain_loop,
    "PyTorch, rows permuted, fused Adam": tuned_loop,
    "skorch": skorch,
    "Keras on torch": partial(keras, "torch"),
    "Keras on jax": partial(keras, "jax"),
    "Lightning": lightning,
    "fastai": fastai,
}
