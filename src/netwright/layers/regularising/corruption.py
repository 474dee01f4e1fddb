"""Corruption: what a network sees in training is noisy or has holes, so that it learns what belongs there."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class GaussianNoise(nn.Module):
    """Normal noise on every input in training; in evaluation nothing happens.

    Use it in front of a denoising autoencoder, or of any network that should not hang on the last digits of
    its inputs.

        y = x + deviation * e,   e ~ N(0, 1) for each number

    Args:
        deviation: standard deviation of the noise.

    Raises:
        InputError: when the deviation is negative.

    Example:
        >>> layer = GaussianNoise(0.5)
        >>> torch.equal(layer(torch.zeros(2, 3)), torch.zeros(2, 3))
        False
        >>> torch.equal(layer.eval()(torch.zeros(2, 3)), torch.zeros(2, 3))
        True

    Source:
        Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked Denoising Autoencoders: Learning
        Useful Representations in a Deep Network with a Local Denoising Criterion", JMLR 11.
    """

    def __init__(self, deviation: float = 0.5) -> None:
        super().__init__()
        if not deviation >= 0:
            raise InputError("deviation must be 0 or more", repr(deviation), "0.5 is usual")
        self.deviation = deviation

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return x + self.deviation * torch.randn_like(x) if self.training and self.deviation else x

    def extra_repr(self) -> str:
        return f"deviation={self.deviation}"


@final
class MaskingNoise(nn.Module):
    """Holes in training: a share of the inputs, drawn anew each time, is set to a fixed value.

    Use it in front of a denoising autoencoder that should fill in what is missing from what is there. Unlike
    dropout it does not make the others larger.

        y = fill where u < share, else x,   u ~ U(0, 1) for each number

    Args:
        share: of the inputs that are hidden, from 0 to below 1.
        fill: what stands in the holes: a number, or one for each place of a row.

    Raises:
        InputError: when the share is not from 0 to below 1.

    Example:
        >>> layer = MaskingNoise(0.5)
        >>> sorted(layer(torch.ones(100)).unique().tolist())
        [0.0, 1.0]
        >>> layer.eval()(torch.ones(3))
        tensor([1., 1., 1.])

    Source:
        Vincent, Larochelle, Bengio and Manzagol (2008), "Extracting and Composing Robust Features with
        Denoising Autoencoders", doi:10.1145/1390156.1390294.
    """

    fill: Tensor

    def __init__(self, share: float = 0.3, fill: float | Tensor = 0.0) -> None:
        super().__init__()
        if not 0 <= share < 1:
            raise InputError("share must be from 0 to below 1", repr(share), "0.3 is usual")
        self.share = share
        self.register_buffer("fill", torch.as_tensor(fill, dtype=torch.float32))

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        if not (self.training and self.share):
            return x
        return torch.where(torch.rand_like(x) < self.share, self.fill.to(x.dtype), x)

    def extra_repr(self) -> str:
        return f"share={self.share}"
