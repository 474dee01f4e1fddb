"""The dense autoencoder: rows are squeezed through a narrow layer and made again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.embeddings.autoencoders.building import assemble
from netwright.estimators import DeepEmbedder
from netwright.estimators.numbers import check_hidden
from netwright.nets.autoencoder import dense_autoencoder
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class Autoencoder(DeepEmbedder):
    """Dense autoencoder: a network learns short codes from which it can make the rows again.

    Use it where principal components lose too much: with hidden layers the codes follow curved surfaces,
    without them (`hidden=()`) they span the space of the principal components. Few numbers, 2 or 3, are for
    plots. Pictures are laid out as vectors; `ConvAutoencoder` is for them.

        z = f(x),   y = g(z),   minimise mean |x - y|^2

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer of the encoder, which the decoder mirrors; empty for a linear one.
        activation: a torch module class without arguments, between layers; codes have none.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> model = Autoencoder(width=8, training=Training(epochs=20), random_state=0).fit(X)
        >>> codes = model.transform(X)
        >>> codes.shape, model.inverse_transform(codes).shape
        ((1797, 8), (1797, 64))
        >>> bool(model.reconstruction_error(X).mean() < 0.5 * X.var(0).mean())
        True

    Source:
        Hinton and Salakhutdinov (2006), "Reducing the Dimensionality of Data with Neural Networks",
        doi:10.1126/science.1127647; few numbers for plots: Mylittlerapture/Low-Dimensional-Autoencoder
        (GitHub).
        Differs: all layers are trained at once, from random weights.
    """

    width: int = 32
    hidden: Sequence[int] = (128, 64)
    activation: type[nn.Module] = nn.ReLU
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        parts = dense_autoencoder(sample, self.width, check_hidden(self.hidden), self.activation)
        return assemble(self, parts)
