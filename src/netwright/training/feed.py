"""Where a run's batches come from: rows in memory by number, or a stream, in an order that a seed gives."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from netwright.data.sequences.smart_batches import smart_order
from netwright.training.distribute import World, cuts, part_factor, share_of
from netwright.training.samples import Samples, Steps, step_counts, tell
from netwright.training.streams import Stream

ROWS_AT_ONCE = 1024
"""Validation rows that pass the network together, where training batches are not larger themselves."""


class Feed:
    """The batches of each epoch, and the place in the random stream from which they can be given again.

    Args:
        samples: rows in memory, or a stream.
        generator: draws the order.
        world: the processes; each gets its part of every batch.

    Attributes:
        start: state of the generator when the running epoch began.

    Example:
        >>> from netwright.training import TensorSamples
        >>> samples = TensorSamples(torch.arange(3.0), torch.zeros(3))
        >>> feed = Feed(samples, torch.Generator().manual_seed(0), World())
        >>> [len(part.target) for part, _ in feed.batches(Steps(3, 2))]
        [2, 1]
    """

    def __init__(self, samples: Samples | Stream, generator: torch.Generator, world: World) -> None:
        self.samples, self.generator, self.world = samples, generator, world
        self.start: Tensor = generator.get_state()

    def batches(self, steps: Steps, skip: int = 0) -> Generator[tuple[Any, float]]:
        """Give this process's part of each batch of one epoch, and by how much its gradient counts.

        The mean over the processes of gradients times that factor is the gradient of the mean over the whole
        batch, also where the parts differ by a row.

        Args:
            steps: how the rows are cut.
            skip: batches that a resumed epoch has behind it.
        """
        self.start = self.generator.get_state()
        if isinstance(self.samples, Stream):
            rank, size = self.world.rank, self.world.size
            parts = self.samples.batches(steps, self.generator, skip=skip, rank=rank, size=size)
        else:
            parts = self._slices(steps, skip)
        with closed(parts):
            for (first, last), part in zip(islice(steps.bounds(), skip, None), parts, strict=True):
                yield part, part_factor(last - first, self.world)

    def _slices(self, steps: Steps, skip: int) -> Generator[Any]:
        order = torch.randperm(len(self.samples), generator=self.generator)
        lengths = step_counts(self.samples, order)
        if (
            lengths is not None
        ):  # sequences of different lengths: like ones together, so that little is padded
            order = smart_order(order, lengths, [end for _, end in steps.bounds()], self.generator)
        bounds = islice(steps.bounds(), skip, None)
        parts = [share_of(order[first:last], self.world) for first, last in bounds]
        if parts:
            tell(self.samples, torch.cat(parts))
        for part in parts:
            yield self.samples[part]  # type: ignore[index]

    def rewind(self, start: Tensor) -> None:
        """Go back to the beginning of an epoch.

        Args:
            start: the attribute of that name, as it was then.
        """
        self.generator.set_state(start)


def validation_batches(samples: Samples | Stream, batch_size: int, world: World) -> Iterator[Any]:
    """Give this process's part of the validation rows, in their order.

    Args:
        samples: rows in memory, or a stream.
        batch_size: of training.
        world: the processes.

    Example:
        >>> from netwright.training import TensorSamples
        >>> samples = TensorSamples(torch.arange(3.0), torch.zeros(3))
        >>> [len(batch.target) for batch in validation_batches(samples, 2, World())]
        [3]
    """
    at_once = max(batch_size, ROWS_AT_ONCE)
    if isinstance(samples, Stream):
        steps = Steps(len(samples), at_once, smallest=world.size)
        yield from samples.batches(steps, rank=world.rank, size=world.size)
        return
    mine = share_of(torch.arange(len(samples)), world)
    tell(samples, mine)
    for rows in mine.tensor_split(cuts(len(samples), at_once, world)):
        yield samples[rows]


@contextmanager
def closed(batches: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """Give an iterator, and close it afterwards where it can be: a stream may hold files and threads.

    Args:
        batches: of any kind.

    Example:
        >>> with closed(iter([1, 2])) as batches:
        ...     next(batches)
        1
    """
    try:
        yield batches
    finally:
        getattr(batches, "close", bool)()
