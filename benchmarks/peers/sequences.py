"""One recurrent net as each library's users would write it, and what its epochs take.

LSTM or GRU of 64 units over series, the last state into a linear layer; cross-entropy, Adam with its own
defaults, batches of 64, rows drawn anew each epoch, no validation. The first epoch belongs to imports and
compilation and is not counted.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

WIDTH, RATE, BATCH = 64, 1e-3, 64


class Task(NamedTuple):
    """What is the same for all."""

    cell: str
    epochs: int


class Data(NamedTuple):
    """Series of (time, features), one array where they are equally long, and class numbers."""

    X: Any
    y: np.ndarray
    n_classes: int


def equal(n_rows: int) -> Data:
    """Noisy waves of 28 steps of 28 features; the class is the frequency."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, n_rows)
    phase = rng.uniform(0, 6.28, (n_rows, 1, 28))
    waves = np.sin(np.arange(28)[None, :, None] * (y[:, None, None] + 1) / 10 + phase)
    return Data((waves + rng.normal(0, 0.3, waves.shape)).astype(np.float32), y, 10)


def skewed(n_rows: int) -> Data:
    """Waves of 8 features whose lengths are log-normal: about 50 steps in the middle, at most 1,000."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, n_rows)
    lengths = np.clip(np.exp(rng.normal(3.9, 0.9, n_rows)), 5, 1000).astype(int)
    phases = rng.uniform(0, 6.28, (n_rows, 8))
    X = [
        np.sin(np.arange(length)[:, None] * (label + 1) / 10 + phase)
        for length, label, phase in zip(lengths, y, phases, strict=True)
    ]
    return Data([series.astype(np.float32) for series in X], y, 10)


def netwright(data: Data, task: Task, *, smart: bool = True) -> list[float]:
    """The loop as it is by default; how many threads it takes is its own choice within those allowed."""
    import torch

    from netwright.data import read_sequences
    from netwright.layers import GRUCell, LSTMCell
    from netwright.nets import SequenceNetwork
    from netwright.sequence.over_sequences import OverSequences
    from netwright.training import Supervised, TensorSamples, Training

    samples = read_sequences(data.X, smart=smart)
    cell = {"LSTM": LSTMCell, "GRU": GRUCell}[task.cell]
    network = OverSequences(SequenceNetwork(samples.shape[1], data.n_classes, cell, WIDTH))
    record = Training(
        epochs=task.epochs,
        batch_size=BATCH,
        learning_rate=RATE,
        optimizer=partial(torch.optim.AdamW, weight_decay=0.0),
        validation=0.0,
    ).run(network, Supervised(torch.nn.CrossEntropyLoss()), TensorSamples(samples, torch.from_numpy(data.y)))
    return record.seconds


def estimator(data: Data, task: Task) -> list[float]:
    from netwright.layers import GRUCell, LSTMCell
    from netwright.sequence import RecurrentClassifier
    from netwright.training import Training

    recipe = Training(epochs=task.epochs, batch_size=BATCH, learning_rate=RATE, validation=0.0)
    cell = {"LSTM": LSTMCell, "GRU": GRUCell}[task.cell]
    model = RecurrentClassifier(cell, WIDTH, training=recipe, random_state=0).fit(data.X, data.y)
    return model.record_.seconds


def plain_loop(data: Data, task: Task, *, packed: bool = False) -> list[float]:
    import torch
    from torch.nn.utils.rnn import pack_sequence
    from torch.utils.data import DataLoader, TensorDataset

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[task.cell]
            self.layer = layer(data.X[0].shape[1], WIDTH, batch_first=True)
            self.out = torch.nn.Linear(WIDTH, data.n_classes)

        def forward(self, x: Any) -> Any:
            outputs, left = self.layer(x)
            if not packed:
                return self.out(outputs[:, -1])
            return self.out((left[0] if isinstance(left, tuple) else left)[0])

    def collate(rows: Any) -> Any:
        return pack_sequence([row for row, _ in rows], enforce_sorted=False), torch.tensor(
            [label for _, label in rows]
        )

    network, loss = Net(), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    if packed:
        rows: Any = list(zip(map(torch.from_numpy, data.X), data.y.tolist(), strict=True))
        loader = DataLoader(rows, batch_size=BATCH, shuffle=True, collate_fn=collate)
    else:
        rows = TensorDataset(torch.from_numpy(data.X), torch.from_numpy(data.y))
        loader = DataLoader(rows, batch_size=BATCH, shuffle=True)
    seconds = []
    for _ in range(task.epochs):
        start = time.perf_counter()
        for inputs, target in loader:
            optimizer.zero_grad()
            loss(network(inputs), target).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    return seconds


def keras(backend: str, data: Data, task: Task) -> list[float]:
    os.environ["KERAS_BACKEND"] = backend
    import keras
    from keras import Input, Sequential, layers

    layer = {"LSTM": layers.LSTM, "GRU": layers.GRU}[task.cell]
    model = Sequential([Input(data.X.shape[1:]), layer(WIDTH), layers.Dense(data.n_classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss=loss)
    seconds: list[float] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seconds.append(time.perf_counter() - self.start)

    model.fit(data.X, data.y, batch_size=BATCH, epochs=task.epochs, verbose=0, callbacks=[Watch()])
    return seconds


EQUAL: dict[str, Callable[[Data, Task], list[float]]] = {
    "netwright": netwright,
    "netwright, RecurrentClassifier": estimator,
    "PyTorch, loop over a DataLoader": plain_loop,
    "Keras on torch": partial(keras, "torch"),
    "Keras on jax": partial(keras, "jax"),
}
SKEWED: dict[str, Callable[[Data, Task], list[float]]] = {
    "netwright": netwright,
    "netwright, batches as they come": partial(netwright, smart=False),
    "PyTorch, loop over a DataLoader, packed": partial(plain_loop, packed=True),
}
