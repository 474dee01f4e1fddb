"""Who listens to steps of which no hook of torch tells: those whose passes are written by hand."""

import weakref
from typing import Any, Protocol


class StepListener(Protocol):
    """Hears of the steps of a training that computes no graph.

    Example:
        >>> class Losses:
        ...     wants_graphs = False
        ...     def __init__(self): self.losses = []
        ...     def on_loss(self, loss): self.losses.append(loss)
        >>> ear = Losses()
        >>> listeners.append(ear)
        >>> tell_of_loss(0.5)
        >>> listeners.remove(ear)
        >>> ear.losses
        [0.5]
    """

    @property
    def wants_graphs(self) -> bool:
        """Whether the next step is to be computed by autograd as well, where torch's hooks hear of it."""

    def on_loss(self, loss: float) -> None:
        """Hear of the loss of a step that was not computed by autograd as well."""


listeners: list[StepListener] = []
"""Those that listen now."""

flattened: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
"""An optimizer of one long parameter -> the parameters of a network that lie side by side in it."""


def tell_of_loss(loss: float) -> None:
    """Tell all listeners of the loss of a step that was not computed by autograd as well.

    Args:
        loss: of the batch.

    Example:
        >>> tell_of_loss(0.5)
    """
    for one in listeners:
        one.on_loss(loss)
