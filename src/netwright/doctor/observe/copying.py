"""Copies of networks, also of those that keep a tensor of the last pass."""

import copy
import copyreg
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def copy_networks(modules: Iterable[nn.Module], weights: Iterable[Tensor] = ()) -> "Copies":
    """Copy networks and loose weights together, so that what they share stays shared.

    Args:
        modules: networks.
        weights: tensors that learn and stand by themselves.

    Raises:
        TypeError: or whatever else a network raises that cannot be copied; so where the copy would wait for
            other processes.

    Example:
        >>> net = nn.Linear(2, 1)
        >>> copies = copy_networks([net])
        >>> copies.modules[id(net)] is net, torch.equal(copies.modules[id(net)].weight, net.weight)
        (False, True)
    """
    modules, weights = list(modules), list(weights)
    memo: dict[int, Any] = {}
    for module in modules:
        for part in module.modules():
            if _waits(part):
                raise TypeError(f"{type(part).__name__} computes together with other processes")
            _keep_results(part.__dict__, memo)
    with torch.no_grad(), _attribute_by_attribute():
        found = copy.deepcopy(modules, memo)
        loose = [copy.deepcopy(weight, memo) for weight in weights]
    return Copies(
        {id(one): twin for one, twin in zip(modules, found, strict=True)},
        {id(one): twin for one, twin in zip(weights, loose, strict=True)},
    )


class Copies:
    """Copies by the id of what they are copies of.

    Args:
        modules: of networks.
        weights: of tensors that stand by themselves.
    """

    def __init__(self, modules: dict[int, nn.Module], weights: dict[int, Tensor]) -> None:
        self.modules, self.weights = modules, weights

    def again(self) -> "Copies":
        """Return copies of the copies, under the same ids."""
        twins = copy_networks(self.modules.values(), self.weights.values())
        return Copies(
            {key: twins.modules[id(one)] for key, one in self.modules.items()},
            {key: twins.weights[id(one)] for key, one in self.weights.items()},
        )

    def parameters(self) -> list[Tensor]:
        """Return every tensor that learns, each once."""
        found: dict[int, Tensor] = {}
        for module in self.modules.values():
            for parameter in module.parameters():
                if parameter.requires_grad:
                    found[id(parameter)] = parameter
        for weight in self.weights.values():
            found[id(weight)] = weight
        return list(found.values())


@contextmanager
def _attribute_by_attribute() -> Iterator[None]:
    """Keep modules of Python that an attribute holds; and do not let Keras write itself to a file instead.

    What Keras reads back are layers that it knows by name, which a program's own are not.
    """
    before = copyreg.dispatch_table.get(ModuleType)
    copyreg.dispatch_table[ModuleType] = lambda module: module.__name__  # a name: itself, no copy
    base: Any = getattr(sys.modules.get("keras.src.saving.keras_saveable"), "KerasSaveable", None)
    own = vars(base).get("__reduce__") if base is not None else None
    if own is not None:
        del base.__reduce__
    try:
        yield
    finally:
        if own is not None:
            base.__reduce__ = own
        copyreg.dispatch_table.pop(ModuleType)
        if before is not None:
            copyreg.dispatch_table[ModuleType] = before


def _waits(part: nn.Module) -> bool:
    """Whether a part computes only while the same part of other processes does."""
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return False
    divided = any(hasattr(one, "device_mesh") for one in part.parameters(recurse=False))
    return divided or isinstance(part, nn.SyncBatchNorm | nn.parallel.DistributedDataParallel)


def _keep_results(values: dict[str, Any], memo: dict[int, Any]) -> None:
    """Let tensors that a pass computed be copied as constants; `deepcopy` refuses them."""
    for value in values.values():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Tensor) and not one.is_leaf:
                memo[id(one)] = one.detach().clone()
