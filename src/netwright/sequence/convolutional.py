"""Convolutional networks for labels of series."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.data import SequenceSamples, read_sequences
from netwright.estimators import DeepClassifier
from netwright.estimators.series_rows import read_series
from netwright.nets import SequenceFCN
from netwright.sequence.over_sequences import OverSequences
from netwright.sequence.recipe import STEPS_TO_STRETCH, roughness, settle_convolutions
from netwright.training import Training
from netwright.training.record import Choice

HALF = (64, 128, 64)
"""Half of the paper's maps, which is a quarter of the work."""

STEPS_FOR_ONE = 300
"""Steps of a series for each one by which the first convolution steps on, so that long series do not take
more work than they are worth."""


@final
@dataclass(eq=False, repr=False)
class ConvSequenceClassifier(DeepClassifier):
    """Fully convolutional network for labels of series.

    Use it first where series have labels: it finds what tells the classes apart wherever it happens, and
    needs no setting. Series may have different lengths; they are read as in `RecurrentClassifier`. What the
    recipe leaves open is chosen for series: one cycle of the learning rate; where there are few series none
    is held back, and if they have 50 steps or more each is stretched and shifted a little in time, unless
    they are so rough that nothing lies between two steps. Unless you name a backbone, series of 50 to 600
    steps get half the paper's maps, and of longer ones the first convolution looks at every second place,
    third and so on, one for each 300 steps of their mean length.

        h = relu(norm(W_k * h)) once for each kernel;   p = softmax(W mean_t h_t + b)

    After `fit` it has `scaler_`, `n_steps_`, the mean length, and `roughness_` besides what every classifier
    has.

    Args:
        backbone: makes the network when called with `n_features=` and `n_outputs=`, as `nets.SequenceFCN` and
            `nets.SequenceResNet` do, also with settings by `functools.partial`, which
            `nets.SequenceLSTMFCN` needs for `n_steps`; None for `SequenceFCN`.
        class_weight: None, "balanced", or a weight for each class.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, naming the row and step that cannot be read, or when backbone gives no network.

    Example:
        >>> from functools import partial
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images, load_digits().target  # 8 steps of 8 features
        >>> small = partial(SequenceFCN, widths=(16, 32, 16), kernel_sizes=(3, 3, 3))
        >>> model = ConvSequenceClassifier(small, training=Training(epochs=10), random_state=0)
        >>> model.fit(X[:900], y[:900]).score(X[900:], y[900:]) > 0.8
        True

    Source:
        Wang, Yan and Oates (2016), "Time Series Classification from Scratch with Deep Neural Networks: A
        Strong Baseline", arXiv:1611.06455.
        Differs: AdamW with one cycle of the rate in place of Adadelta, fewer maps, series stretched in time.
    """

    backbone: Callable[..., nn.Module] | None = None
    class_weight: Any = None
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Return series as samples, and keep how long they are where they are going to be learned from."""
        samples = read_sequences(X)
        if fitting:
            self.n_steps_, self.roughness_ = samples.n_steps, roughness(samples)
        return samples

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> SequenceSamples:
        """Return rows of them scaled, and learn how where it is asked for."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as convolutions over series want it."""
        return settle_convolutions(training, n_rows, self.n_steps_, self.roughness_)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        stride = max(1, self.n_steps_ // STEPS_FOR_ONE)
        widths = HALF if stride == 1 and self.n_steps_ >= STEPS_TO_STRETCH else (128, 256, 128)
        backbone = self.backbone or partial(SequenceFCN, widths=widths, stride=stride)
        network: Any = backbone(n_features=sample[0], n_outputs=n_outputs)
        if not isinstance(network, nn.Module):
            expected = "backbone must give a network when called with n_features= and n_outputs="
            raise InputError(expected, repr(self.backbone)[:60], "such as netwright.nets.SequenceFCN")
        return OverSequences(network)
