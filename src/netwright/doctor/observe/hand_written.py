"""Steps of netwright's own trainings whose passes are written by hand: told of through stand-ins."""

import inspect
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

from netwright.core.listening import flattened
from netwright.doctor.observe.places import user_line
from netwright.doctor.observe.watcher import Watcher


class HandWritten:
    """Listens to a training that moves one long parameter, in which those of its network lie.

    What it hears of is an optimizer of the network's own parameters, of the same kind and settings.

    Args:
        watcher: who hears of the steps.
        hear: tells it of one event, safely.

    Example:
        >>> HandWritten(Watcher(), print).wants_graphs
        True
    """

    def __init__(self, watcher: Watcher, hear: Callable[..., None]) -> None:
        self.watcher, self.hear = watcher, hear
        self.stand_ins: dict[Optimizer, Optimizer] = {}

    @property
    def wants_graphs(self) -> bool:
        """Whether the next step is written down."""
        return self.watcher.detailed and not self.watcher.deaf

    def on_loss(self, loss: float) -> None:
        """Hear of the loss of a step of which there is no graph.

        Args:
            loss: of the batch.
        """
        self.hear(self.watcher, self.watcher.on_loss, None, loss)

    def before_step(self, optimizer: Optimizer) -> None:
        """Hear that an optimizer, of whatever parameters, is about to take a step.

        Args:
            optimizer: any.
        """
        self.watcher.before_step(self.known_as(optimizer))

    def after_step(self, optimizer: Optimizer) -> None:
        """Hear that an optimizer has taken a step.

        Args:
            optimizer: any.
        """
        self.watcher.after_step(self.known_as(optimizer))

    def known_as(self, optimizer: Optimizer) -> Optimizer:
        """Return what the watcher knows an optimizer as, set as it is now.

        Args:
            optimizer: that takes a step.
        """
        if optimizer not in flattened:
            return optimizer
        if optimizer not in self.stand_ins:
            self.stand_ins[optimizer] = self._stand_in(optimizer)
        stand_in = self.stand_ins[optimizer]
        for mine, own in zip(stand_in.param_groups, optimizer.param_groups, strict=True):
            mine.update({name: value for name, value in own.items() if name != "params"})
        return stand_in

    def _stand_in(self, optimizer: Optimizer) -> Optimizer:
        from netwright.training.stack import without_compiler

        taken = inspect.signature(type(optimizer)).parameters
        settings: dict[str, Any] = {name: one for name, one in optimizer.defaults.items() if name in taken}
        with without_compiler():
            made = type(optimizer)(list(flattened[optimizer]), **settings)
        self.watcher.made[made] = self.watcher.made.pop(optimizer, None) or user_line(4)
        self.watcher.clearing.exempt.add(id(made))
        return made
