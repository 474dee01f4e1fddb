"""The autoencoder with tied weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.estimators import DeepEmbedder
from netwright.estimators.numbers import check_hidden
from netwright.nets import TiedAutoencoderNetwork
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class TiedAutoencoder(DeepEmbedder):
    """Autoencoder with tied weights: the decoder multiplies by the transposed matrices of the encoder.

    Use it where rows are few for the weights that they must settle: it has about half of those of
    `Autoencoder`. Without hidden layers it is near to principal components, whose loadings are tied too.

        z = W x + b,   y = W^T z + c,   minimise mean |x - y|^2   (each hidden layer likewise)

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer of the encoder.
        activation: a torch module class without arguments, between layers.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> model = TiedAutoencoder(width=8, training=Training(epochs=5), random_state=0).fit(X)
        >>> encoder, decoder = model.network_.layers[-1].weight, model.network_.decoder_weights[0]
        >>> torch.equal(decoder, encoder.T)
        True

    Source:
        Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked Denoising Autoencoders: Learning
        Useful Representations in a Deep Network with a Local Denoising Criterion", JMLR 11.
    """

    width: int = 32
    hidden: Sequence[int] = (128,)
    activation: type[nn.Module] = nn.ReLU
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        if len(sample) != 1:
            raise InputError(
                "X must be a table",
                f"rows of shape {tuple(sample)}",
                "lay pictures out: X.reshape(len(X), -1)",
            )
        return TiedAutoencoderNetwork(sample[0], self.width, check_hidden(self.hidden), self.activation)
