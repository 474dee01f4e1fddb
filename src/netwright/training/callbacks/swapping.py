"""Two sets of weights for one network: those that learn, and those that are judged and kept."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.run import Run


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Return all parameters and buffers that are saved, by name, as they stand in memory.

    Args:
        network: of any kind.

    Example:
        >>> list(tensors_of(nn.Linear(1, 1)))
        ['weight', 'bias']
    """
    return {name: value for name, value in network.state_dict().items() if isinstance(value, Tensor)}


def copy_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return copies of all parameters and buffers that are saved.

    Args:
        network: of any kind.

    Example:
        >>> layer = nn.Linear(1, 1)
        >>> kept = copy_tensors(layer)
        >>> _ = nn.init.constant_(layer.weight, 7.0)
        >>> bool(kept["weight"] == 7.0)
        False
    """
    return {name: tensor.clone() for name, tensor in tensors_of(network).items()}


def put_in(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Write values into the network, in place.

    Args:
        network: that has tensors of these names.
        tensors: the values; what is not named stays.

    Example:
        >>> layer = nn.Linear(1, 1)
        >>> put_in(layer, {"weight": torch.ones(1, 1)})
        >>> layer.weight.item()
        1.0
    """
    with torch.no_grad():
        for name, tensor in tensors_of(network).items():
            if name in tensors:
                tensor.copy_(tensors[name])


def to_device(tensors: dict[str, Tensor], run: "Run") -> dict[str, Tensor]:
    """Return tensors where the network is.

    Args:
        tensors: by name.
        run: whose network it is.
    """
    return {name: tensor.to(run.device) for name, tensor in tensors.items()}


def check_alone(run: "Run", callback: Callback, others: tuple[type[Callback], ...]) -> None:
    """Raise InputError where two callbacks of a run would swap the weights of one network.

    Args:
        run: about to start.
        callback: one that swaps them.
        others: the classes of those that must not stand beside it.
    """
    if twin := next((c for c in run.callbacks if c is not callback and isinstance(c, others)), None):
        raise InputError(
            "a run must average its weights in one way",
            f"{type(callback).__name__} and {type(twin).__name__}",
            "leave one of them out",
        )
