"""The network inside an estimator of pictures: the user's own, or one that suits the size of the pictures."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.nets import PictureNet

Backbone = nn.Module | Callable[..., nn.Module]
"""A network, or what makes one when it is called with `channels=` and `n_outputs=`."""


def make_network(backbone: Backbone | None, sample: torch.Size, n_outputs: int) -> nn.Module:
    """Return a network for pictures: a copy of one, a fresh one, or the default.

    Args:
        backbone: what the user gave; None for `PictureNet` of a form that suits the size of the pictures.
        sample: channels, height and width.
        n_outputs: numbers out.

    Raises:
        InputError: when the backbone is neither a network nor what makes one.

    Example:
        >>> type(make_network(None, torch.Size([1, 28, 28]), 10)).__name__
        'PictureNet'
    """
    network: Any = None
    if backbone is None:
        network = default_network(sample, n_outputs)
    elif isinstance(backbone, nn.Module):
        network = copy.deepcopy(backbone)
    elif callable(backbone):
        network = backbone(channels=sample[0], n_outputs=n_outputs)
    if not isinstance(network, nn.Module):
        expected = "backbone must be a network, or give one when called with channels= and n_outputs="
        raise InputError(expected, repr(backbone)[:60], "such as netwright.nets.ResNet")
    return network


def default_network(sample: torch.Size, n_outputs: int) -> PictureNet:
    """Return the default backbone: the patches grow with the pictures, and so do the stages.

    Args:
        sample: channels, height and width.
        n_outputs: numbers out.

    Example:
        >>> len(default_network(torch.Size([3, 96, 96]), 2).features)
        12
    """
    channels, side = sample[0], min(sample[1:])
    patch = 1 if side < 20 else 2 if side < 64 else 4
    widths = (32, 64) if patch == 1 else (64, 128) if side // patch <= 16 else (32, 64, 128)
    return PictureNet(n_outputs, channels, widths, patch)
