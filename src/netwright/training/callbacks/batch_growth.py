"""Batch growth: larger batches where one would lower the rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.samples import Steps


@final
@dataclass(eq=False)
class BatchGrowth(Callback):
    """Multiplies the rows per step by a factor at some epochs, in the place of dividing the rate by it.

    Use it where a schedule would lower the rate in steps and larger batches cost little time: the noise of
    the gradient falls in the same way, which is what a lower rate is for at the end of a run, with fewer
    updates. Once the batch has all rows that it may have, only the rate can be lowered further.

        noise ~ rate * rows / batch_size,  batch_size(epoch) = batch_size * factor^k after k growths

    Args:
        factor: of each growth, at least 1.
        at: epochs, from 1, that begin with a larger batch.
        every: epochs between two growths, in the place of `at`.
        most: rows of a batch that are not exceeded; None for all rows.

    Raises:
        InputError: in training, when factor is below 1, or not one of `at` and `every` is given.

    Example:
        >>> from netwright.training import Steps
        >>> growth = BatchGrowth(factor=5, at=[3, 5])
        >>> [growth.plan(epoch, Steps(1000, 20)).batch_size for epoch in range(1, 6)]
        [20, 20, 100, 100, 500]

    Source:
        Smith, Kindermans, Ying and Le (2017), "Don't Decay the Learning Rate, Increase the Batch Size",
        arXiv:1711.00489.
    """

    factor: float = 2.0
    at: Sequence[int] = ()
    every: int | None = None
    most: int | None = None

    def plan(self, epoch: int, steps: "Steps") -> "Steps":
        """Return the steps with as many rows as this epoch's batches have."""
        if self.factor < 1 or (self.every is None) != bool(self.at) or (self.every or 1) < 1:
            raise InputError(
                "BatchGrowth must have a factor from 1 and one of at=[epochs] and every=epochs",
                repr(self),
                "BatchGrowth(2, every=10)",
            )
        growths = sum(epoch >= at for at in self.at) if self.every is None else (epoch - 1) // self.every
        most = max(min(self.most or steps.n_rows, steps.n_rows), steps.batch_size)
        return replace(steps, batch_size=int(min(steps.batch_size * self.factor ** min(growths, 64), most)))
