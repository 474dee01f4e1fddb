"""The convolutional autoencoder, for pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.embeddings.autoencoders.building import assemble
from netwright.estimators import DeepEmbedder
from netwright.estimators.backbones import Backbone, make_network
from netwright.estimators.numbers import check_hidden
from netwright.nets import ConvDecoder, ConvEncoder
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class ConvAutoencoder(DeepEmbedder):
    """Convolutional autoencoder: codes of pictures, by far fewer weights than fully connected layers need.

    Use it for pictures, in any form that `netwright.data.read_images` takes, of any size: each stage of the
    encoder convolves and halves them, the decoder upsamples and convolves.

        z = W pool(relu(W_L * ... pool(relu(W_1 * x)))),   y = g(z),   minimise mean |x - y|^2

    Args:
        width: numbers of a code.
        channels: maps of each stage.
        backbone: the encoder, a network that gives `width` numbers, which is copied, or what makes one when
            it is called with `channels=` and `n_outputs=`; None for convolutions with maps as the decoder's.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the pictures cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().images[:200] / 16
        >>> model = ConvAutoencoder(width=8, channels=(8,), training=Training(epochs=2), random_state=0)
        >>> model.fit_transform(X).shape, model.reconstruct(X).shape
        ((200, 8), (200, 1, 8, 8))

    Source:
        Masci, Meier, Cireşan and Schmidhuber (2011), "Stacked Convolutional Auto-Encoders for Hierarchical
        Feature Extraction", doi:10.1007/978-3-642-21735-7_7.
        Differs: all stages are trained at once, the decoder upsamples and has weights of its own, and a
        linear layer makes a short code.
    """

    width: int = 32
    channels: Sequence[int] = (16, 32)
    backbone: Backbone | None = None
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        if len(sample) != 3:
            raise InputError(
                "X must be pictures, (rows, height, width) or (rows, channels, height, width)",
                f"rows of shape {tuple(sample)}",
                "take Autoencoder for tables, or X.reshape(-1, height, width)",
            )
        maps = check_hidden(self.channels)
        if self.backbone is None:
            encoder: nn.Module = ConvEncoder(sample, self.width, maps)
        else:
            encoder = make_network(self.backbone, sample, self.width)
        return assemble(self, (encoder, ConvDecoder(sample, self.width, maps)))
