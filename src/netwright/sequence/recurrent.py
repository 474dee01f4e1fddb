"""Recurrent networks for one answer a sequence, as classifier and regressor."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import nn

from netwright.data import SequenceSamples, read_sequences
from netwright.estimators import DeepClassifier, DeepRegressor
from netwright.estimators.series_rows import read_series
from netwright.layers import LSTMCell
from netwright.nets import SequenceNetwork
from netwright.nets.recurrent_stack import CellMaker
from netwright.nets.sequence_network import Pooling
from netwright.sequence.over_sequences import OverSequences
from netwright.sequence.recipe import settle_recurrent
from netwright.training import Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class RecurrentClassifier(DeepClassifier):
    """Recurrent network for labels of sequences: N steps in, one answer out.

    Use it where the order of steps matters over long stretches; where a shape anywhere in a series decides,
    `ConvSequenceClassifier` looks at all steps at once. Sequences may have different lengths; they are
    standardised by the training rows alone, missing values (NaN) become zeros with a mark, and batches hold
    like lengths.

        h_t, c_t = cell(x_t, h_(t-1), c_(t-1));   p = softmax(W pool(h_1 ... h_T) + b)

    After `fit` it has `scaler_` besides what every classifier has.

    Args:
        cell: (features in, features out) -> cell: a class of `netwright.layers` such as `LSTMCell`,
            `GRUCell` or `ElmanCell`, or one with settings by `functools.partial`.
        width: features of each cell.
        depth: layers.
        bidirectional: whether each layer reads from both ends.
        dropout: share of each layer's output that the next one does not see in training.
        pooling: what of the states answers: "last", "mean", "max" or "attention".
        class_weight: None, "balanced", or a weight for each class.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, naming the row and step that cannot be read.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images, load_digits().target  # 8 steps of 8 features
        >>> recipe = Training(epochs=12, learning_rate=0.01)
        >>> model = RecurrentClassifier(width=32, training=recipe, random_state=0)
        >>> model.fit(X[:900], y[:900]).score(X[900:], y[900:]) > 0.8
        True

    Source:
        Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", doi:10.1162/neco.1997.9.8.1735; with
        `cell=GRUCell`: Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder for
        Statistical Machine Translation", arXiv:1406.1078; with `cell=ElmanCell`: Elman (1990), "Finding
        Structure in Time", doi:10.1207/s15516709cog1402_1.
    """

    cell: CellMaker = LSTMCell
    width: int = 64
    depth: int = 1
    bidirectional: bool = False
    dropout: float = 0.0
    pooling: Pooling = "last"
    class_weight: Any = None
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Return sequences as samples."""
        return read_sequences(X)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> SequenceSamples:
        """Return rows of them scaled, and learn how where it is asked for."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as recurrent networks want it."""
        return settle_recurrent(training)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return OverSequences(
            SequenceNetwork(
                sample[0],
                n_outputs,
                self.cell,
                self.width,
                self.depth,
                self.bidirectional,
                self.dropout,
                self.pooling,
            )
        )


@final
@dataclass(eq=False, repr=False)
class RecurrentRegressor(DeepRegressor):
    """Recurrent network for one number or several about each sequence: N steps in, one answer out.

    Targets are standardised while learning; sequences are treated as in `RecurrentClassifier`.

        h_t, c_t = cell(x_t, h_(t-1), c_(t-1));   y = W pool(h_1 ... h_T) + b

    Args:
        cell: (features in, features out) -> cell, as in `RecurrentClassifier`.
        width: features of each cell.
        depth: layers.
        bidirectional: whether each layer reads from both ends.
        dropout: share of each layer's output that the next one does not see in training.
        pooling: what of the states answers: "last", "mean", "max" or "attention".
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, naming the row and step that cannot be read.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(200, 6, 1))
        >>> model = RecurrentRegressor(width=16, training=Training(epochs=30), random_state=0)
        >>> model.fit(X, X[:, :, 0].sum(1)).score(X, X[:, :, 0].sum(1)) > 0.8
        True

    Source:
        Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", doi:10.1162/neco.1997.9.8.1735; with
        `cell=GRUCell`: Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder for
        Statistical Machine Translation", arXiv:1406.1078; with `cell=ElmanCell`: Elman (1990), "Finding
        Structure in Time", doi:10.1207/s15516709cog1402_1.
    """

    cell: CellMaker = LSTMCell
    width: int = 64
    depth: int = 1
    bidirectional: bool = False
    dropout: float = 0.0
    pooling: Pooling = "last"
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Return sequences as samples."""
        return read_sequences(X)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> SequenceSamples:
        """Return rows of them scaled, and learn how where it is asked for."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as recurrent networks want it."""
        return settle_recurrent(training)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return OverSequences(
            SequenceNetwork(
                sample[0],
                n_outputs,
                self.cell,
                self.width,
                self.depth,
                self.bidirectional,
                self.dropout,
                self.pooling,
            )
        )
