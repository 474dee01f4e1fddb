"""How a run's epochs are cut into batches, by what its callbacks plan."""

from collections.abc import Sequence

from netwright.training.callbacks.callback import Callback
from netwright.training.samples import Steps


def planned(callbacks: Sequence[Callback], epoch: int, steps: Steps) -> Steps:
    """Return how an epoch is cut into batches, by what all callbacks plan.

    Args:
        callbacks: in their order.
        epoch: from 1.
        steps: as the recipe says.

    Example:
        >>> planned([], 1, Steps(10, 5)).per_epoch
        2
    """
    for callback in callbacks:
        steps = callback.plan(epoch, steps)
    return steps


def count_steps(callbacks: Sequence[Callback], epochs: int, steps: Steps) -> int:
    """Return the steps of a whole run that is not cut short.

    Args:
        callbacks: in their order.
        epochs: of the run.
        steps: of an epoch, as the recipe says.

    Example:
        >>> count_steps([], 3, Steps(10, 5))
        6
    """
    if all(type(callback).plan is Callback.plan for callback in callbacks):
        return epochs * steps.per_epoch
    return sum(planned(callbacks, epoch, steps).per_epoch for epoch in range(1, epochs + 1))
