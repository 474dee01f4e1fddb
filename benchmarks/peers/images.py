"""Two nets for pictures of 28 x 28, as each library's users would write them, and what their epochs take.

LeNet: Conv 5x5 of 20 maps, ReLU, MaxPool, Conv 5x5 of 50, ReLU, MaxPool, Linear 500, ReLU, Linear 10.
PictureNet: netwright's default for pictures of this size, two stages of a residual block each.

Cross-entropy, Adam with its own defaults but the rate; rows drawn anew each epoch; no weight decay, no
validation. The test pictures are judged after each epoch, and that is not timed.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

RATE, PEAK = 1e-3, 6e-3
ROWS_AT_ONCE = 1_000
NETS = ("LeNet", "PictureNet")
Epochs = list[tuple[float, float]]
"""Of each epoch the seconds, and the accuracy on the test pictures after it."""


class Task(NamedTuple):
    """What is the same for all."""

    net: str
    epochs: int
    batch_size: int
    cycle: bool = False


class Data(NamedTuple):
    """Bytes of (rows, 28, 28), and class numbers."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def build(net: str) -> Any:
    """The net in torch, for all who take a module."""
    from torch import nn

    if net == "PictureNet":
        from netwright.nets import PictureNet

        return PictureNet()
    first = [nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*first, *second, nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))


def netwright(data: Data, task: Task) -> Epochs:
    """The loop as it is by default: precision, layout in memory and threads are its own choice."""
    import torch

    from netwright.nets import Standardised
    from netwright.optim import OneCycle
    from netwright.training import Callback, Supervised, TensorSamples, Training

    class Watch(Callback):
        def __init__(self) -> None:
            self.epochs: Epochs = []

        def on_epoch_start(self, run: Any) -> None:
            self.start = time.perf_counter()

        def on_validate(self, run: Any) -> None:
            seconds = time.perf_counter() - self.start
            self.epochs.append((seconds, accuracy(run.network, data)))

    network = Standardised(build(task.net), [float(data.X.mean())], [float(data.X.std())])
    watch = Watch()
    Training(
        epochs=task.epochs,
        batch_size=task.batch_size,
        learning_rate=PEAK if task.cycle else RATE,
        optimizer=partial(torch.optim.AdamW, weight_decay=0.0),
        schedule=OneCycle(rise=0.15) if task.cycle else None,
        validation=0.0,
        callbacks=[watch],
    ).run(
        network,
        Supervised(torch.nn.CrossEntropyLoss()),
        TensorSamples(torch.from_numpy(data.X[:, None]), torch.from_numpy(data.y)),
    )
    return watch.epochs


def plain_loop(data: Data, task: Task) -> Epochs:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    network, loss = build(task.net), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    rows = TensorDataset(torch.from_numpy(standard(data.X, data)), torch.from_numpy(data.y))
    loader, told = DataLoader(rows, batch_size=task.batch_size, shuffle=True), []
    for _ in range(task.epochs):
        start = time.perf_counter()
        network.train()
        for inputs, target in loader:
            optimizer.zero_grad()
            loss(network(inputs), target).backward()
            optimizer.step()
        told.append((time.perf_counter() - start, accuracy(network, data, standard)))
    return told


def keras(backend: str, data: Data, task: Task) -> Epochs:
    os.environ["KERAS_BACKEND"] = backend
    import keras

    model = keras_net(task.net)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss=loss)
    X, X_test = (standard(part, data)[:, 0, :, :, None] for part in (data.X, data.X_test))
    told: Epochs = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seconds = time.perf_counter() - self.start
            said = self.model.predict(X_test, batch_size=ROWS_AT_ONCE, verbose=0).argmax(1)
            told.append((seconds, float((said == data.y_test).mean())))

    model.fit(X, data.y, batch_size=task.batch_size, epochs=task.epochs, verbose=0, callbacks=[Watch()])
    return told


def keras_net(net: str) -> Any:
    from keras import Input, Model, layers

    def residual(x: Any, width: int) -> Any:
        inner = x
        for number in range(2):
            inner = layers.Conv2D(width, 3, padding="same", use_bias=False)(inner)
            inner = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(inner)
            if not number:
                inner = layers.ReLU()(inner)
        return layers.ReLU()(layers.Add()([x, inner]))

    def stem(x: Any, width: int, kernel: int, stride: int, padding: int) -> Any:
        x = layers.ZeroPadding2D(padding)(x)
        x = layers.Conv2D(width, kernel, strides=stride, use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))

    x = entry = Input((28, 28, 1))
    if net == "PictureNet":
        x = residual(stem(x, 64, 6, 2, 2), 64)
        x = residual(stem(x, 128, 3, 2, 1), 128)
        return Model(entry, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
    for width in (20, 50):
        x = layers.MaxPooling2D()(layers.Conv2D(width, 5, activation="relu")(x))
    x = layers.Dense(500, activation="relu")(layers.Flatten()(x))
    return Model(entry, layers.Dense(10)(x))


def standard(X: np.ndarray, data: Data) -> np.ndarray:
    """Float32 of (rows, 1, height, width), with the training pictures' mean and scale."""
    mean, scale = np.float32(data.X.mean()), np.float32(data.X.std())
    return ((X[:, None].astype(np.float32) - mean) / scale).astype(np.float32)


def accuracy(network: Any, data: Data, prepare: Callable[..., np.ndarray] | None = None) -> float:
    import torch

    training = network.training
    network.eval()
    X = data.X_test[:, None] if prepare is None else prepare(data.X_test, data)
    with torch.inference_mode():
        said = torch.cat([network(part).argmax(1) for part in parts(torch.from_numpy(X))])
    network.train(training)
    return float((said.numpy() == data.y_test).mean())


def parts(X: Any) -> Iterator[Any]:
    return iter(X.split(ROWS_AT_ONCE))


LIBRARIES: dict[str, Callable[[Data, Task], Epochs]] = {
    "netwright": netwright,
    "PyTorch, loop over a DataLoader": plain_loop,
    "Keras on torch": partial(keras, "torch"),
    "Keras on jax": partial(keras, "jax"),
}
