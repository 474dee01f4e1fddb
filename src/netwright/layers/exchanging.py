"""A fresh linear layer in the place of an old one."""

from torch import nn

from netwright.core.errors import InputError


def exchange_linear(network: nn.Module, name: str, n_outputs: int) -> None:
    """Put a fresh linear layer in the place of one of a network's, on its device and in its precision.

    Args:
        network: is changed.
        name: of the layer, or of another one with `in_features`, as `named_modules` gives it.
        n_outputs: of the new one.

    Raises:
        InputError: when there is no linear layer of that name inside the network.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 10, bias=False))
        >>> exchange_linear(network, "2", 3)
        >>> network[2]
        Linear(in_features=4, out_features=3, bias=False)
    """
    old = network.get_submodule(name) if name else network
    width = getattr(old, "in_features", None)
    if not name or not isinstance(width, int):
        mend = "take a network whose head was not cut, and has a place in a larger one"
        raise InputError("the head must be a linear layer", type(old).__name__, mend)
    like = next(iter([*old.parameters(), *network.parameters()]))
    bias = not isinstance(old, nn.Linear) or old.bias is not None
    new = nn.Linear(width, n_outputs, bias=bias, device=like.device, dtype=like.dtype)
    parent, _, place = name.rpartition(".")
    setattr(network.get_submodule(parent), place, new.train(old.training))
