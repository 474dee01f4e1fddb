"""What a script does with the answers that it evaluates, where that measures something else than it seems."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

COMPARE = frozenset({"eq", "__eq__", "ne", "__ne__", "sub", "__sub__", "rsub", "mse_loss", "l1_loss"})
CUT = frozenset({"gt", "__gt__", "ge", "__ge__", "greater", "greater_equal", "round"})


def slip(
    function: Callable[..., Any], args: Any, kwargs: Any, known: Callable[[Tensor], bool]
) -> tuple[str, Any] | None:
    """Return (name, what) of a slip in one call of a function of torch, None where there is none.

    "one column": the largest of a single column was taken, which is always the first. "stretched": answers
    (rows, 1) met targets (rows,), each row every other one. "halved": scores, some of which are outside of 0
    to 1, were cut at 0.5 as if they were probabilities. "shared out": softmax was taken over columns.

    Args:
        function: that was called.
        args: as given.
        kwargs: as given.
        known: whether a tensor was computed from the network's answer.

    Example:
        >>> slip(torch.eq, (torch.zeros(3, 1), torch.zeros(3)), {}, lambda _: True)
        ('stretched', ((3, 1), (3,)))
    """
    if not args or not isinstance(args[0], Tensor):
        return None
    name, tensors = getattr(function, "__name__", ""), [one for one in args[:2] if isinstance(one, Tensor)]
    if not any(known(one) for one in tensors):
        return None
    if name in ("argmax", "max"):
        return _one_column(args, kwargs)
    if name == "softmax":
        return ("shared out", args[0].shape[-1]) if args[0].ndim == 2 and args[0].shape[-1] > 1 else None
    if name in CUT:
        return _halved(name, args)
    return _stretched(*tensors) if name in COMPARE and len(tensors) == 2 else None


def _one_column(args: Any, kwargs: Any) -> tuple[str, Any] | None:
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    single = isinstance(dim, int) and args[0].ndim > 0 and args[0].shape[dim] == 1
    return ("one column", tuple(args[0].shape)) if single else None


def _halved(name: str, args: Any) -> tuple[str, Any] | None:
    scores = args[0]
    if not scores.is_floating_point() or (name != "round" and (len(args) < 2 or args[1] != 0.5)):
        return None
    outside = float(((scores < 0) | (scores > 1)).double().mean())
    between = float(((scores > 0) & (scores <= 0.5)).double().mean())
    return ("halved", (outside, between)) if outside > 0 else None


def _stretched(one: Tensor, other: Tensor) -> tuple[str, Any] | None:
    if one.shape == other.shape or min(one.ndim, other.ndim) == 0 or min(len(one), len(other)) < 2:
        return None
    try:
        whole = torch.broadcast_shapes(one.shape, other.shape)  # type: ignore[no-untyped-call]
    except RuntimeError:
        return None
    larger = max(one.numel(), other.numel())
    return ("stretched", (tuple(one.shape), tuple(other.shape))) if whole.numel() > larger else None
