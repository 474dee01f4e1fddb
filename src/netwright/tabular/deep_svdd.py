"""One-class classification: a network maps what is usual into a small sphere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import TableEncoder
from netwright.estimators import DeepOutlierDetector
from netwright.estimators.deep_outlier_detector import StrangenessHead
from netwright.estimators.heads import HeadObjective
from netwright.estimators.numbers import check_hidden, picture_front
from netwright.layers import OneHotColumns
from netwright.nets import ConvDecoder, ConvEncoder, Hypersphere, ReconstructionError
from netwright.nets.autoencoder import dense_autoencoder
from netwright.training import Batch, Objective, Samples, Training
from netwright.training.record import Choice

SOURCE = "Ruff et al. (2018), PMLR 80"
EPOCHS = 50
WARM_UP = 10
"""Steps after which the soft boundary begins to follow the distances."""


@final
@dataclass(eq=False, repr=False)
class DeepSVDD(DeepOutlierDetector):
    """Deep support vector data description: learn from usual rows alone what is usual.

    Use it where one class is known and anything may be the other. The network pulls rows of that class
    towards one point; how far from there a row falls is its strangeness. It has no biases and no bounded
    activations, and the point keeps off the origin, so that it cannot send everything there. With
    `pretraining` the encoder first learns as half of an autoencoder. With `nu` up to that share of the rows
    may lie outside of the sphere (soft boundary), for data that are not all usual; without it every row is
    pulled in.

        one class:       minimise mean |phi(x) - c|^2
        soft boundary:   minimise R^2 + mean max(0, |phi(x) - c|^2 - R^2) / nu

    Args:
        width: numbers of a code, in whose space the sphere lies.
        hidden: units of each hidden layer, for pictures maps of each stage; None for (64,).
        nu: share of the rows that may lie outside of the sphere, between 0 and 1; None for the one-class
            form.
        pretraining: epochs of the autoencoder before; 0 for none.
        contamination: share of the training rows that the threshold calls outliers.
        table: how columns become numbers; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> model = DeepSVDD(contamination=0.05, random_state=0).fit(X[y == 0])
        >>> bool((model.predict(X[y == 1]) == -1).mean() > 0.9)
        True

    Source:
        Ruff et al. (2018), "Deep One-Class Classification", ICML, PMLR 80; one class against imbalance: Buda,
        Maki and Mazurowski (2017), "A systematic study of the class imbalance problem in convolutional neural
        networks", arXiv:1710.05381.
        Differs: AdamW, and the radius follows each batch from the eleventh step on.
    """

    width: int = 128
    hidden: Sequence[int] | None = None
    nu: float | None = None
    pretraining: int = 0
    contamination: float = 0.1
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        if len(sample) == 3:
            encoder: nn.Module = ConvEncoder(
                sample, self.width, self._sizes(sample), bias=False, activation=nn.LeakyReLU
            )
            return Hypersphere(encoder, self.width, picture_front(self.centre_, self.scale_))
        front = OneHotColumns(self.table_.n_numbers_, self.table_.cardinalities_)
        return Hypersphere(_free(front.n_outputs, self.width, self._sizes(sample)), self.width, front)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Train without validation: the distance of any rows shrinks for ever."""
        if self.nu is not None and not 0 < self.nu < 1:
            raise InputError("nu must be between 0 and 1, or None", repr(self.nu), "0.1 is usual")
        chosen, training = [], replace(training)
        if training.validation is None:
            training.validation = 0.0
            reason = "the distance shrinks on new rows too, so that they could not say when to stop"
            chosen.append(Choice("validation", 0.0, reason, SOURCE))
        if training.epochs is None:
            training.epochs = EPOCHS
            chosen.append(Choice("epochs", EPOCHS, "a fixed number, since nothing says when to stop", SOURCE))
        if self.nu is not None and not isinstance(training.loss, Objective):
            training.loss = SoftBoundary(self.nu)
        return training, chosen

    def _sizes(self, sample: Sequence[int]) -> Sequence[int]:
        return check_hidden((64,) if self.hidden is None else self.hidden)

    def _prime(self, network: nn.Module, samples: Samples) -> None:
        """Let the encoder learn as half of an autoencoder, then fix the centre."""
        assert isinstance(network, Hypersphere)  # noqa: S101  (what build returned)
        if self.pretraining:
            recipe = replace(self.training or Training(), epochs=self.pretraining, validation=0.0)
            recipe.callbacks, recipe.loss, recipe.schedule, recipe.sampler = (), None, None, None
            error = ReconstructionError(network.encoder, self._decoder(network), network.front)
            recipe.run(error, HeadObjective(StrangenessHead()), samples)
        network.cpu()
        inputs: Tensor = samples[torch.arange(len(samples))].inputs
        network.fit_centre(inputs)

    def _decoder(self, network: Hypersphere) -> nn.Module:
        sample = self.sample_shape_
        if len(sample) == 3:
            return ConvDecoder(sample, self.width, self._sizes(sample))
        assert isinstance(network.front, OneHotColumns)  # noqa: S101
        return dense_autoencoder([network.front.n_outputs], self.width, self._sizes(sample), nn.LeakyReLU)[1]


@final
class SoftBoundary(Objective):
    """The size of the sphere, and how far rows lie outside of it.

        loss = R^2 + mean max(0, d - R^2) / nu,   R^2 = the (1 - nu) quantile of d in the batch before

    Args:
        nu: share of the rows that may lie outside.

    Example:
        >>> sphere = Hypersphere(nn.Linear(1, 1, bias=False), 1)
        >>> SoftBoundary(0.5).loss(sphere, Batch(torch.zeros(4, 1), torch.zeros(4))).item()
        0.0
    """

    def __init__(self, nu: float) -> None:
        self.nu = nu

    def loss(self, network: Any, batch: Batch) -> Tensor:
        """Return the loss of the batch, and let the radius follow in training."""
        distance = network(batch.inputs)[:, 0]
        squared = network.radius.square().clone()
        outside = F.relu(distance - squared)
        if network.training:
            network.steps += 1
            if network.steps > WARM_UP:
                network.radius.copy_(distance.detach().quantile(1 - self.nu).sqrt())
        weight = 1.0 if batch.weight is None else batch.weight
        loss: Tensor = squared + (outside * weight).mean() / self.nu
        return loss


def _free(n_inputs: int, width: int, hidden: Sequence[int]) -> nn.Sequential:
    """Fully connected layers without biases."""
    layers: list[nn.Module] = []
    for units in hidden:
        layers += [nn.Linear(n_inputs, units, bias=False), nn.LeakyReLU()]
        n_inputs = units
    return nn.Sequential(*layers, nn.Linear(n_inputs, width, bias=False))
