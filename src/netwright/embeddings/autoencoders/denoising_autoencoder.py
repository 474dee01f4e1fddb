"""The denoising autoencoder: it sees rows with noise and holes, and gives them back clean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.embeddings.autoencoders.building import assemble, coder_for
from netwright.estimators import DeepEmbedder
from netwright.layers import GaussianNoise, MaskingNoise
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class DenoisingAutoencoder(DeepEmbedder):
    """Denoising autoencoder: rows are spoilt in training, and the network learns to give them back clean.

    Use it to clean rows or pictures (`reconstruct`), or for codes that do not hang on single inputs. It is
    fitted to clean rows and spoils them itself, anew in each epoch. Tables get fully connected layers,
    pictures convolutions.

        minimise mean |x - g(f(x~))|^2,   x~ = x + noise * scale * e with a share of its numbers hidden

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer, for pictures maps of each stage; None for (128, 64), or (16, 32).
        noise: standard deviation of the Gaussian noise, in standard deviations of X.
        masked: share of the numbers that are hidden: pixels become 0, numbers of tables their column's mean.
        activation: a torch module class without arguments, between layers.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> import numpy as np
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data
        >>> model = DenoisingAutoencoder(noise=1.0, training=Training(epochs=20), random_state=0).fit(X)
        >>> noisy = X + np.random.default_rng(0).normal(0, 4, X.shape)
        >>> bool(np.square(model.reconstruct(noisy) - X).mean() < 0.5 * np.square(noisy - X).mean())
        True

    Source:
        Vincent, Larochelle, Bengio and Manzagol (2008), "Extracting and Composing Robust Features with
        Denoising Autoencoders", doi:10.1145/1390156.1390294.
        Differs: all layers are trained at once, by the squared error, and noise may be Gaussian, as in their
        paper of 2010.
    """

    width: int = 32
    hidden: Sequence[int] | None = None
    noise: float = 0.5
    masked: float = 0.0
    activation: type[nn.Module] = nn.ReLU
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        hole: float | Tensor = 0.0
        if len(sample) == 3:  # what black becomes
            hole = torch.tensor([[[-centre / self.scale_]] for centre in self.centre_.tolist()])
        corruption = nn.Sequential(GaussianNoise(float(self.noise)), MaskingNoise(float(self.masked), hole))
        return assemble(self, coder_for(sample, self.width, self.hidden, self.activation), corruption)
