"""The contractive autoencoder: codes that small changes of a row leave where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.embeddings.autoencoders.building import assemble
from netwright.embeddings.autoencoders.penalised import with_penalty
from netwright.estimators import DeepEmbedder
from netwright.estimators.numbers import check_hidden
from netwright.losses import ContractivePenalty
from netwright.nets.autoencoder import dense_autoencoder
from netwright.training import Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class ContractiveAutoencoder(DeepEmbedder):
    """Contractive autoencoder: what is not needed to make rows again must not move their codes.

    Use it for codes that stay put under small changes of the rows in all directions but those in which rows
    differ from each other, in front of another model. It costs more steps than `DenoisingAutoencoder`, which
    reaches much the same by noise.

        z = sigmoid(f(x)),   minimise mean |x - g(z)|^2 + strength mean ||d z / d x||_F^2

    Args:
        width: numbers of a code, from 0 to 1.
        hidden: units of each hidden layer of the encoder, which the decoder mirrors.
        strength: of the penalty.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> model = ContractiveAutoencoder(width=8, training=Training(epochs=2), random_state=0)
        >>> model.fit_transform(X).shape
        (1797, 8)

    Source:
        Rifai, Vincent, Muller, Glorot and Bengio (2011), "Contractive Auto-Encoders: Explicit Invariance
        During Feature Extraction", ICML.
        Differs: the decoder has weights of its own, and is linear at its end.
    """

    width: int = 32
    hidden: Sequence[int] = ()
    strength: float = 0.1
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        hidden = check_hidden(self.hidden)
        encoder, decoder = dense_autoencoder(sample, self.width, hidden, nn.Sigmoid)
        return assemble(self, (nn.Sequential(encoder, nn.Sigmoid()), decoder))

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Put the penalty beside the error."""
        penalty = ContractivePenalty(float(self.strength))
        return with_penalty(
            training,
            lambda network, rows, _: penalty(network.encoder, network.standardise(rows)),
        ), []
