"""One call on a tape: of a network, or of a function of torch, with symbols in the place of tensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_unflatten

from netwright.doctor.observe.places import Line

RUNS_IN_PLACE = ("__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__")


@dataclass(frozen=True)
class Ref:
    """A tensor that the tape computes, by number."""

    number: int


@dataclass(frozen=True)
class Outside:
    """A tensor that came from outside, such as rows or targets: its place among the tape's constants."""

    number: int


@dataclass(frozen=True)
class Weight:
    """A tensor that learns and was used by itself, not as a part of a called network: its place."""

    number: int


@dataclass(frozen=True)
class Operation:
    """One call on the tape.

    Args:
        function: of torch; or the module that was called.
        leaves: of its arguments, flattened: `Ref`, `Outside`, `Weight`, or a plain value.
        spec: how (args, kwargs) are put together again.
        outputs: numbers of the tensors among the flattened result, None for other leaves.
        training: the mode of the module.
        autocast: dtype under autocast, None without.
        line: of the user's code.
        targets: which of the tensors that enter a module are targets of a loss that it computes itself.
    """

    function: Callable[..., Any]
    leaves: tuple[Any, ...]
    spec: Any
    outputs: tuple[int | None, ...]
    training: bool | None = None
    autocast: torch.dtype | None = None
    line: Line | None = None
    targets: tuple[int, ...] = ()

    @property
    def is_module(self) -> bool:
        """Whether a network was called, rather than a function."""
        return isinstance(self.function, nn.Module)

    @property
    def name(self) -> str:
        """Of the function or the module's class."""
        name = getattr(self.function, "__name__", "")
        return type(self.function).__name__ if self.is_module else name

    def numbers(self) -> list[int]:
        """Return the numbers of the computed tensors that it takes."""
        return [leaf.number for leaf in self.leaves if isinstance(leaf, Ref)]

    def constants(self) -> list[int]:
        """Return the places of the constants that it takes."""
        return [leaf.number for leaf in self.leaves if isinstance(leaf, Outside)]

    def entries(self, *, targets: bool = False) -> list[int]:
        """Return the places of the constants that enter a module, without or alone the targets of its loss.

        Args:
            targets: whether the targets are wanted, rather than the others.
        """
        tensors = [leaf for leaf in self.leaves if isinstance(leaf, Ref | Outside | Weight)]
        return [
            leaf.number
            for which, leaf in enumerate(tensors)
            if isinstance(leaf, Outside) and (which in self.targets) == targets
        ]

    def argument(self, position: int, name: str) -> Any:
        """Return a leaf or subtree of the call by position or keyword, None where it was not given."""
        args, kwargs = tree_unflatten(list(self.leaves), self.spec)
        return args[position] if len(args) > position else kwargs.get(name)


def writes(name: str) -> bool:
    """Return whether a function of that name changes its argument.

    Args:
        name: of a function of torch.

    Example:
        >>> writes("add_"), writes("add"), writes("__setitem__"), writes("__add__")
        (True, False, True, False)
    """
    return name in RUNS_IN_PLACE or (name.endswith("_") and not name.endswith("__"))
