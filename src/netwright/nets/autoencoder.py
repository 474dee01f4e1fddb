"""Autoencoders: an encoder that makes a short code of a row, and a decoder that makes the row again."""

import math
from collections.abc import Sequence
from typing import final

from jaxtyping import Float, Num
from torch import Tensor, nn

from netwright.layers import Standardise
from netwright.nets.mlp import MLP


@final
class AutoencoderNetwork(nn.Module):
    """An encoder and a decoder, one behind the other, with the standardising of pictures on either side.

    Use it for an autoencoder of your own parts; `dense_autoencoder` and `ConvEncoder` with `ConvDecoder`
    are the usual ones. Its answer has the units of its input.

        x' = (x - mean) / scale,   z = encoder(corrupt(x')),   y = decoder(z) * scale + mean

    Args:
        encoder: from a row to its code.
        decoder: from a code to a row.
        corruption: what happens to rows in training before they are encoded; None for nothing.
        front: the standardising of pictures; None for rows that are standardised already.

    Example:
        >>> import torch
        >>> network = AutoencoderNetwork(nn.Linear(6, 2), nn.Linear(2, 6))
        >>> network(torch.zeros(5, 6)).shape, network.encode(torch.zeros(5, 6)).shape
        (torch.Size([5, 6]), torch.Size([5, 2]))

    Source:
        Hinton and Salakhutdinov (2006), "Reducing the Dimensionality of Data with Neural Networks",
        doi:10.1126/science.1127647.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        corruption: nn.Module | None = None,
        front: Standardise | None = None,
    ) -> None:
        super().__init__()
        self.corruption = corruption or nn.Identity()
        self.encoder, self.decoder, self.front = encoder, decoder, front

    def forward(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch *sample"]:
        return self.decode(self.encode(x))

    def encode(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch features"]:
        """Return the codes of rows.

        Args:
            x: rows; pictures may be bytes.
        """
        codes: Tensor = self.encoder(self.corruption(self.standardise(x)))
        return codes

    def decode(self, codes: Float[Tensor, "batch features"]) -> Float[Tensor, "batch *sample"]:
        """Return the rows that the codes stand for.

        Args:
            codes: as `encode` gives them.
        """
        rows: Tensor = self.decoder(codes)
        if self.front is None:
            return rows
        shape = (-1, *[1] * (rows.ndim - 2))  # of channels, the second axis
        return rows * self.front.scale.view(shape) + self.front.mean.view(shape)

    def standardise(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch *sample"]:
        """Return rows as the encoder sees them, before any corruption.

        Args:
            x: rows.
        """
        rows: Tensor = x if self.front is None else self.front(x)
        return rows

    def as_stack(self) -> tuple[nn.Module, ...] | None:
        """Return the parts that do all its work, one after the other, for training by hand."""
        return (self.corruption, self.encoder, self.decoder) if self.front is None else None


def dense_autoencoder(
    sample: Sequence[int],
    width: int,
    hidden: Sequence[int] = (128, 64),
    activation: type[nn.Module] = nn.ReLU,
) -> tuple[nn.Module, nn.Module]:
    """Return an encoder and a decoder of fully connected layers; the decoder mirrors the encoder.

    Args:
        sample: shape of one row; pictures are laid out as vectors.
        width: numbers of a code; they have no activation.
        hidden: units of each hidden layer of the encoder; empty for a linear one.
        activation: a module class without arguments, between layers.

    Example:
        >>> import torch
        >>> encoder, decoder = dense_autoencoder((1, 8, 8), width=4)
        >>> decoder(encoder(torch.zeros(3, 1, 8, 8))).shape
        torch.Size([3, 1, 8, 8])
    """
    n_numbers = math.prod(sample)
    encoder: nn.Module = MLP(n_numbers, width, hidden, activation)
    decoder: nn.Module = MLP(width, n_numbers, tuple(reversed(hidden)), activation)
    if len(sample) == 1:
        return encoder, decoder
    return nn.Sequential(nn.Flatten(), encoder), nn.Sequential(decoder, nn.Unflatten(1, tuple(sample)))
