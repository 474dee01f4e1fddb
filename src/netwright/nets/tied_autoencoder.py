"""The tied autoencoder: the decoder multiplies by the encoder's matrices, transposed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class TiedAutoencoderNetwork(nn.Module):
    """Autoencoder whose two halves share their weights; each has biases of its own.

    Use it where rows are few: it has about half of the weights of the untied one, and cannot hide small
    encoder weights behind large decoder weights.

        h_l = f(W_l h_{l-1} + b_l),   z = h_L without f,   g_{l-1} = f(W_l^T g_l + c_l),   y = g_0 without f

    Args:
        n_inputs: numbers of a row.
        width: numbers of a code.
        hidden: units of each hidden layer of the encoder.
        activation: a module class without arguments, between layers.

    Raises:
        InputError: when a size is below 1.

    Example:
        >>> network = TiedAutoencoderNetwork(6, width=2, hidden=(4,))
        >>> network(torch.zeros(5, 6)).shape
        torch.Size([5, 6])
        >>> [tuple(weight.shape) for weight in network.decoder_weights]
        [(4, 2), (6, 4)]

    Source:
        Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010), "Stacked Denoising Autoencoders: Learning
        Useful Representations in a Deep Network with a Local Denoising Criterion", JMLR 11.
    """

    def __init__(
        self,
        n_inputs: int,
        width: int,
        hidden: Sequence[int] = (),
        activation: type[nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        sizes = [n_inputs, *hidden, width]
        if min(sizes) < 1:
            raise InputError("layers must have at least one unit", str(sizes), "give larger sizes")
        self.layers = nn.ModuleList(nn.Linear(one, other) for one, other in pairwise(sizes))
        self.offsets = nn.ParameterList(torch.zeros(size) for size in reversed(sizes[:-1]))
        self.activation = activation()

    @property
    def decoder_weights(self) -> list[Tensor]:
        """The matrices of the decoder, from the code on: views of the encoder's."""
        return [layer.get_parameter("weight").T for layer in reversed(self.layers)]

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        return self.decode(self.encode(x))

    def encode(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch code"]:
        """Return the codes of rows.

        Args:
            x: rows.
        """
        for number, layer in enumerate(self.layers):
            x = layer(self.activation(x) if number else x)
        return x

    def decode(self, codes: Float[Tensor, "batch code"]) -> Float[Tensor, "batch features"]:
        """Return the rows that the codes stand for.

        Args:
            codes: as `encode` gives them.
        """
        for number, (weight, offset) in enumerate(zip(self.decoder_weights, self.offsets, strict=True)):
            codes = F.linear(self.activation(codes) if number else codes, weight, offset)
        return codes
