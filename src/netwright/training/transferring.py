"""What a pretrained network gives to a new one: its weights, and a place for a new head."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers.exchanging import exchange_linear


@final
@dataclass(frozen=True)
class Transfer:
    """What was copied from one network to another, and what was not.

    Args:
        copied: names of parameters and buffers that were.
        lacking: names in the target that the source does not have.
        unused: names in the source that the target does not have.
        differing: names in both whose shapes differ.

    Example:
        >>> transfer_weights(nn.Linear(2, 3), nn.Linear(4, 3))
        Transfer(copied=('bias',), lacking=(), unused=(), differing=('weight',))
    """

    copied: tuple[str, ...]
    lacking: tuple[str, ...]
    unused: tuple[str, ...]
    differing: tuple[str, ...]


def transfer_weights(source: nn.Module, target: nn.Module) -> Transfer:
    """Copy every parameter and buffer whose name and shape two networks share.

    Use it to begin with what another network has learnt: all layers then learn on from there, or some are
    kept by `Freezing`. The source stays as it is, and nothing is shared.

    Args:
        source: pretrained.
        target: is written into.

    Raises:
        InputError: when they share nothing.

    Example:
        >>> old = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 10))
        >>> new = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3))
        >>> transfer_weights(old, new).copied
        ('0.weight', '0.bias')

    Source:
        Brownlee (2019), "Transfer Learning in Keras with Computer Vision Models",
        machinelearningmastery.com; Yosinski et al. (2014), "How transferable are features in deep neural
        networks?", arXiv:1411.1792.
    """
    given, wanted = _tensors(source), _tensors(target)
    shared = [name for name in wanted if name in given]
    copied = [name for name in shared if given[name].shape == wanted[name].shape]
    if not copied:
        raise InputError(
            "source and target must share names and shapes",
            f"{', '.join(list(given)[:3])} and {', '.join(list(wanted)[:3])}",
            "build the target as the source was built, with another head",
        )
    with torch.no_grad():
        for name in copied:
            wanted[name].copy_(given[name])
    return Transfer(
        copied=tuple(copied),
        lacking=tuple(name for name in wanted if name not in given),
        unused=tuple(name for name in given if name not in wanted),
        differing=tuple(name for name in shared if name not in copied),
    )


def replace_head(network: nn.Module, n_outputs: int) -> str:
    """Put a fresh linear layer in the place of the last one, and return its name.

    Use it to fine-tune any network on other classes; for pictures `netwright.nets.replace_head` knows the
    head by its name. The name that it returns tells `Freezing` and others what to leave alone.

    Args:
        network: is changed in place.
        n_outputs: of the new layer.

    Raises:
        InputError: when there is no linear layer inside the network, or nothing comes out of the new one.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 10))
        >>> replace_head(network, n_outputs=3), network[2]
        ('2', Linear(in_features=4, out_features=3, bias=True))

    Source:
        Yu (2016), "A Comprehensive guide to Fine-tuning Deep Learning Models in Keras",
        flyyufelix.github.io.
    """
    layers = [(name, m) for name, m in network.named_modules() if name and isinstance(m, nn.Linear)]
    if not layers or n_outputs < 1:
        raise InputError(
            "a head must be a linear layer inside the network, with one output or more",
            f"{len(layers)} such layers and {n_outputs} outputs",
            "put the layer into an nn.Sequential",
        )
    name: str = layers[-1][0]
    exchange_linear(network, name, n_outputs)
    return name


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in network.state_dict().items() if isinstance(value, Tensor)}
