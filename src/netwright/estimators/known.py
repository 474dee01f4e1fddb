"""Names that saved models may hold, and what they stand for: nothing else is built."""

import contextlib
import importlib
import types
from typing import Any

import torch

from netwright.core.errors import ModelError

TORCH_MODULES = ("torch.nn", "torch.optim", "torch.optim.lr_scheduler")
"""Where classes may come from that are written by name: activations, losses, optimizers, schedules."""

FUNCTION_ROOMS = ("layers", "losses", "metrics", "nets", "optim")
"""Rooms of netwright whose functions may be written by name: these compute, and touch no files."""


def name_of_class(kind: type, place: str) -> str:
    """Return the name by which a class is written.

    Args:
        kind: the class.
        place: where it stands, for messages.

    Raises:
        ModelError: when it is none of torch's or of netwright's networks and layers.

    Example:
        >>> name_of_class(torch.nn.SELU, "activation")
        'torch.nn:SELU'
    """
    if _is_own_module(kind):
        return f"{kind.__module__}:{kind.__qualname__}"
    for module in TORCH_MODULES:
        if getattr(importlib.import_module(module), kind.__name__, None) is kind:
            return f"{module}:{kind.__name__}"
    raise cannot_be_written(place, f"the class {kind.__module__}.{kind.__qualname__}")


def own_object(name: str, kind: type) -> Any:
    """Return the object of netwright's that a name stands for.

    Args:
        name: module and object, with a colon between.
        kind: what it must be.

    Raises:
        ModelError: when there is none of that kind.
    """
    module, _, qualified = name.partition(":")
    if module.startswith("netwright."):
        with contextlib.suppress(ImportError):
            found = getattr(importlib.import_module(module), qualified, None)
            if isinstance(found, kind) and getattr(found, "__module__", None) == module:
                return found
    raise not_known(name)


def known_function(name: str) -> Any:
    """Return the function of netwright's that the name stands for.

    Args:
        name: module and function, with a colon between.

    Raises:
        ModelError: when it is none that computes.
    """
    if computes(name.partition(":")[0]):
        return own_object(name, types.FunctionType)
    raise not_known(name)


def computes(module: str) -> bool:
    """Return whether a module is one whose functions compute, and touch no files.

    Args:
        module: its full name.

    Example:
        >>> computes("netwright.nets.mlp"), computes("netwright.core.files")
        (True, False)
    """
    return any(f"{module}.".startswith(f"netwright.{room}.") for room in FUNCTION_ROOMS)


def not_known(name: str) -> ModelError:
    """Return the error about a name that stands for nothing that may be built.

    Args:
        name: of a class or function.
    """
    return ModelError(
        "a saved model may only name classes that are known",
        repr(name)[:200],
        "load it with classes=[...] if it is yours; otherwise do not trust the file",
    )


def _is_own_module(kind: type) -> bool:
    return computes(kind.__module__) and issubclass(kind, torch.nn.Module)


def module_class(name: str) -> type:
    """Return a class of torch, or a network or layer of netwright's.

    Args:
        name: module and class, with a colon between.

    Raises:
        ModelError: when it is neither.
    """
    if name.startswith("netwright."):
        found: type = own_object(name, type)
        if _is_own_module(found):
            return found
    return torch_class(name)


def torch_class(name: str) -> type:
    """Return the class of torch that a name stands for.

    Args:
        name: module and class, with a colon between.

    Raises:
        ModelError: when torch lists no such class there.
    """
    module, _, qualified = name.partition(":")
    if module in TORCH_MODULES:
        found = getattr(importlib.import_module(module), qualified, None)
        if isinstance(found, type) and found.__module__.startswith("torch."):
            return found
    raise not_known(name)


def cannot_be_written(place: str, what: str) -> ModelError:
    """Return the error about a value that is no data.

    Args:
        place: where it stands.
        what: it is.
    """
    return ModelError(
        f"{place} must be something that can be written as data",
        what,
        "set it to None before saving (predicting does not need it), or use torch's or netwright's own",
    )
