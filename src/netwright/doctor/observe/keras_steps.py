"""Steps of Keras' own optimizers, which are none of torch's: told of through stand-ins of torch's kinds."""

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from netwright.doctor.observe.places import user_line
from netwright.doctor.observe.watcher import Watcher

MODULE = "keras.src.optimizers.base_optimizer"
SETTINGS: dict[str, dict[str, str]] = {
    "SGD": {"momentum": "momentum", "nesterov": "nesterov"},
    "RMSprop": {"alpha": "rho", "momentum": "momentum", "eps": "epsilon", "centered": "centered"},
    "Adam": {"eps": "epsilon", "amsgrad": "amsgrad"},
    "AdamW": {"eps": "epsilon", "amsgrad": "amsgrad", "weight_decay": "weight_decay"},
    "Adamax": {"eps": "epsilon"},
    "NAdam": {"eps": "epsilon"},
    "Adagrad": {"eps": "epsilon"},
    "Adadelta": {"rho": "rho", "eps": "epsilon"},
}
"""Kind of torch's -> its setting -> the name of Keras'."""


class KerasSteps:
    """Listens to Keras where a program brings it.

    Args:
        watcher: who hears of the steps.
        hear: tells it of one event, safely.

    Example:
        >>> KerasSteps(Watcher(), print).opened
        False
    """

    def __init__(self, watcher: Watcher, hear: Callable[..., None]) -> None:
        self.watcher, self.hear = watcher, hear
        self.opened = False
        self.stand_ins: dict[int, tuple[Any, Optimizer]] = {}

    def open(self) -> None:
        """Begin to listen, once Keras is there."""
        if self.opened or MODULE not in sys.modules:
            return
        self.base = sys.modules[MODULE].BaseOptimizer
        self.original = self.base.apply
        self.base.apply = self._apply(self.original)
        self.opened = True

    def close(self) -> None:
        """Leave Keras as it was."""
        if self.opened:
            self.base.apply = self.original

    def _apply(self, original: Any) -> Any:
        def apply(optimizer: Any, grads: Any, trainable_variables: Any = None) -> Any:
            if self.watcher.deaf or _gathers(optimizer):
                return original(optimizer, grads, trainable_variables)
            self.hear(self.watcher, self._before, optimizer, trainable_variables)
            done = original(optimizer, grads, trainable_variables)
            self.hear(self.watcher, self._after, optimizer)
            return done

        return apply

    def _before(self, optimizer: Any, variables: Any) -> None:
        if id(optimizer) not in self.stand_ins:
            weights = [one.value for one in variables or optimizer._trainable_variables]
            stand_in = stand_in_of(optimizer, weights)
            self.watcher.made[stand_in] = user_line(4)
            self.watcher.facts.n_optimizers += 1
            self.stand_ins[id(optimizer)] = optimizer, stand_in
        stand_in = self.stand_ins[id(optimizer)][1]
        stand_in.param_groups[0]["lr"] = _number(optimizer.learning_rate)
        if optimizer.global_clipnorm:
            self.watcher.on_clip(float(optimizer.global_clipnorm))
        self.watcher.before_step(stand_in)

    def _after(self, optimizer: Any) -> None:
        self.watcher.after_step(self.stand_ins[id(optimizer)][1])


def stand_in_of(optimizer: Any, weights: list[Tensor]) -> Optimizer:
    """Return an optimizer of torch that is set as one of Keras; Adam for kinds that torch has not.

    Args:
        optimizer: of Keras.
        weights: that it moves.

    Example:
        >>> from types import SimpleNamespace
        >>> class SGD(SimpleNamespace): ...
        >>> own = SGD(learning_rate=0.5, momentum=0.9, nesterov=False)
        >>> stand_in_of(own, [torch.nn.Parameter(torch.zeros(1))]).param_groups[0]["momentum"]
        0.9
    """
    from netwright.training.stack import without_compiler

    name = {"Nadam": "NAdam"}.get(type(optimizer).__name__, type(optimizer).__name__)
    kind = name if name in SETTINGS else "Adam"
    found = {own: getattr(optimizer, theirs, None) for own, theirs in SETTINGS[kind].items()}
    settings = {own: value for own, value in found.items() if value is not None}
    if hasattr(optimizer, "beta_1"):
        settings["betas"] = optimizer.beta_1, optimizer.beta_2
    with without_compiler():
        made: Optimizer = getattr(torch.optim, kind)(weights, lr=_number(optimizer.learning_rate), **settings)
    return made


def _gathers(optimizer: Any) -> bool:
    """Whether gradients are only added up in this step, and the weights stay."""
    every = int(getattr(optimizer, "gradient_accumulation_steps", None) or 0)
    return every > 0 and (int(_number(optimizer.iterations)) + 1) % every != 0


def _number(value: Any) -> float:
    return float(torch.as_tensor(getattr(value, "value", value)))
