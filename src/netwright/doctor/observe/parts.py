"""Where tensors come from that the program cuts rows out of, or divides by whole numbers."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from netwright.doctor.observe.facts import Facts

TAKINGS = frozenset({"__getitem__", "index_select", "narrow", "select"})
"""Functions that take a part of a tensor, by name."""
FLOORS = frozenset({"__floordiv__", "floor_divide"})
MOST_TAKINGS, MOST_FLOORED = 1000, 8


def note_parts(facts: Facts, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
    """Keep in mind from which tensor a part was taken, and what a division made of whole numbers.

    Args:
        facts: where it is kept.
        function: of torch.
        args: as given.
        kwargs: as given.
        result: of the call.
    """
    name, whole = getattr(function, "__name__", ""), args[0] if args else None
    if not isinstance(whole, Tensor) or not isinstance(result, Tensor) or whole.requires_grad:
        return
    if name in TAKINGS and whole.ndim and result.ndim:
        if len(facts.taken) >= MOST_TAKINGS:
            del facts.taken[next(iter(facts.taken))]
        facts.taken[result.data_ptr()] = whole  # the latest owner of the memory counts
    floors = name in FLOORS or kwargs.get("rounding_mode")
    if floors and result.ndim > 1 and len(facts.floored) < MOST_FLOORED:
        facts.floored.append((whole, result))
