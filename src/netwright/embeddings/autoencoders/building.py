"""Networks of autoencoders by the shape of their rows."""

from collections.abc import Sequence

import torch
from torch import nn

from netwright.estimators import DeepEmbedder
from netwright.estimators.numbers import check_hidden, picture_front
from netwright.layers import Standardise
from netwright.nets import AutoencoderNetwork, ConvDecoder, ConvEncoder
from netwright.nets.autoencoder import dense_autoencoder

UNITS, MAPS = (128, 64), (16, 32)
"""Hidden units for tables, and maps of each stage for pictures, where the user leaves both open."""


def coder_for(
    sample: torch.Size, width: int, hidden: Sequence[int] | None, activation: type[nn.Module] = nn.ReLU
) -> tuple[nn.Module, nn.Module]:
    """Return an encoder and a decoder: fully connected for tables, convolutional for pictures.

    Args:
        sample: shape of a row.
        width: numbers of a code.
        hidden: units of each hidden layer, or for pictures maps of each stage; None for the usual ones.
        activation: between the layers.

    Example:
        >>> [type(half).__name__ for half in coder_for(torch.Size([1, 8, 8]), 4, None)]
        ['ConvEncoder', 'ConvDecoder']
    """
    if len(sample) == 1:
        return dense_autoencoder(sample, width, check_hidden(UNITS if hidden is None else hidden), activation)
    maps = MAPS if hidden is None else check_hidden(hidden)
    return ConvEncoder(sample, width, maps, activation=activation), ConvDecoder(sample, width, maps)


def assemble(
    embedder: DeepEmbedder, parts: tuple[nn.Module, nn.Module], corruption: nn.Module | None = None
) -> AutoencoderNetwork:
    """Return the network of an embedder that has read its training rows.

    Args:
        embedder: with `centre_` and `scale_`.
        parts: encoder and decoder.
        corruption: of rows in training.
    """
    return AutoencoderNetwork(*parts, corruption, front_of(embedder))


def front_of(embedder: DeepEmbedder) -> Standardise | None:
    """Return what standardises pictures in the network; tables are standardised before they reach it.

    Args:
        embedder: that has read its training rows.
    """
    shown = len(embedder.sample_shape_) == 3
    return picture_front(embedder.centre_, embedder.scale_) if shown else None
