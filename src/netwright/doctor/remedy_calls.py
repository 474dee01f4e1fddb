"""Changes from outside to what enters a network or a loss, and to the mode in which a network is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

MEETING = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy")
WITH_LOGITS = "binary_cross_entropy_with_logits"

Door = tuple[Any, str, Callable[[Any], Callable[..., Any]]]
"""(owner, name of its function, the function -> what stands in its place)."""


@dataclass
class Applied:
    """How often a change was made.

    Args:
        times: so far.

    Example:
        >>> Applied().times
        0
    """

    times: int = 0


def _calls(around_call: Callable[[nn.Module, tuple[Any, ...], Callable[..., Any]], Any]) -> list[Door]:
    """Every call of a network from outside of any other goes through a function."""
    inside = [False]

    def around(original: Any) -> Any:
        def __call__(module: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            if inside[0] or next(module.parameters(), None) is None:
                return original(module, *args, **kwargs)
            inside[0] = True
            try:
                return around_call(module, args, lambda *given: original(module, *given, **kwargs))
            finally:
                inside[0] = False

        return __call__

    return [(nn.Module, "__call__", around)]


def standardise(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Standardise what enters a network, by the mean and deviation of its training rows.

    Args:
        change: "mean" and "deviation", one value for each column or channel.
        applied: counts.
    """
    mean, deviation = torch.tensor(change["mean"]), torch.tensor(change["deviation"])

    def mend(leaf: Any) -> Any:
        fits = isinstance(leaf, Tensor) and leaf.ndim >= 2 and leaf.is_floating_point()
        if not fits or leaf.requires_grad or leaf.shape[1] != len(mean):
            return leaf
        shape = (1, -1, *[1] * (leaf.ndim - 2))
        applied.times += 1
        return (leaf - mean.to(leaf).reshape(shape)) / deviation.to(leaf).reshape(shape)

    return _calls(lambda _, args, call: call(*[mend(one) for one in args]))


def change_mode(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Put a network into the right mode for the length of each call.

    Args:
        change: "learning": whether it is about calls from which something is learned.
        applied: counts.
    """

    def call(module: nn.Module, args: tuple[Any, ...], go: Callable[..., Any]) -> Any:
        learning = bool(change["learning"])
        if torch.is_grad_enabled() != learning or module.training == learning:
            return go(*args)
        applied.times += 1
        module.train(learning)
        try:
            return go(*args)
        finally:
            module.train(not learning)

    return _calls(call)


def change_dropout(change: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Make the dropout of each network smaller, once.

    Args:
        change: "factor".
        applied: counts.
    """
    known: set[int] = set()

    def call(module: nn.Module, args: tuple[Any, ...], go: Callable[..., Any]) -> Any:
        if id(module) not in known:
            known.add(id(module))
            for part in module.modules():
                if isinstance(part, _DropoutNd) and id(part) not in known:
                    known.add(id(part))
                    part.p *= float(change["factor"])
                    applied.times += 1
        return go(*args)

    return _calls(call)


def _losses(names: tuple[str, ...], mend: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> list[Door]:
    """Losses of torch are given a mended prediction and target; once, also where they call themselves."""
    inside = [False]

    def around(original: Any) -> Any:
        def loss(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Any:  # noqa: A002 (torch's name)
            if inside[0]:
                return original(input, target, *args, **kwargs)
            inside[0] = True
            try:
                return original(*mend(input, target), *args, **kwargs)
            finally:
                inside[0] = False

        return loss

    return [(F, name, around) for name in names]


def give_scores(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Give cross-entropy the logarithm of what is a softmax already, which are scores.

    Args:
        _: nothing of it is read.
        applied: counts.
    """

    def mend(shares: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        sums = shares.detach().sum(1)
        if bool((shares < 0).any()) or not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
            return shares, target
        applied.times += 1
        return shares.clamp(min=1e-30).log(), target

    return _losses(("cross_entropy",), mend)


def give_logits(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Give a loss that applies a sigmoid the opposite of the one that was applied before.

    Args:
        _: nothing of it is read.
        applied: counts.
    """

    def mend(shares: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if not bool(((shares >= 0) & (shares <= 1)).all()):
            return shares, target
        applied.times += 1
        return torch.logit(shares, eps=1e-6), target

    return _losses((WITH_LOGITS,), mend)


def give_shape(_: Mapping[str, Any], applied: Applied) -> list[Door]:
    """Bring a target into the shape of its prediction, where both have as many values.

    Args:
        _: nothing of it is read.
        applied: counts.
    """

    def mend(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if prediction.shape == target.shape or prediction.numel() != target.numel():
            return prediction, target
        applied.times += 1
        return prediction, target.reshape(prediction.shape)

    return _losses((*MEETING, WITH_LOGITS), mend)
