"""What data that outgrows memory looks like to the loop: passes over it, in batches."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch

from netwright.core.errors import InputError
from netwright.training.samples import Steps


class Stream(ABC):
    """Rows that are read in passes instead of being taken by number.

    Use it wherever samples are asked for, when the rows do not fit in memory. A subclass gives `__len__` and
    `read`; how an epoch is cut, what a resumed run skips and which rows belong to which process are settled
    here.

    Example:
        >>> class Counting(Stream):
        ...     def __len__(self):
        ...         return 7
        ...     def read(self, spans, seed):
        ...         order = torch.arange(7)
        ...         if seed is not None:
        ...             order = torch.randperm(7, generator=torch.Generator().manual_seed(seed))
        ...         return (order[first:last].tolist() for first, last in spans)
        >>> list(Counting().batches(Steps(7, 3)))
        [[0, 1, 2], [3, 4, 5], [6]]
        >>> list(Counting().batches(Steps(7, 3), torch.Generator().manual_seed(2), skip=1))
        [[2, 5, 4], [0]]
    """

    @abstractmethod
    def __len__(self) -> int:
        """Return the rows of one pass."""

    @abstractmethod
    def read(self, spans: Iterable[tuple[int, int]], seed: int | None) -> Iterator[Any]:
        """Give one batch for each span of places in the order of the pass.

        Args:
            spans: first place and the place after the last one of each batch, ascending, none empty; places
                that no span holds need not be read.
            seed: what the order and everything else is drawn from, and from nothing else, so that a place
                holds the same row whatever the spans; None for the rows as they stand.
        """

    def batches(
        self,
        steps: Steps,
        generator: torch.Generator | None = None,
        *,
        skip: int = 0,
        rank: int = 0,
        size: int = 1,
    ) -> Iterator[Any]:
        """Give the batches of one pass.

        Args:
            steps: how the pass is cut into batches.
            generator: gives the seed of the order: it is moved on by one number, at once, however much of the
                pass is read. None gives the rows as they stand, for validation.
            skip: how many batches are left out at the beginning, for a run that is resumed.
            rank: the number of this process.
            size: how many processes share each batch, equally to within one row.

        Raises:
            InputError: when the steps count more rows than there are, or a batch has fewer than one row for
                each process.
        """
        if steps.n_rows > len(self):
            came = f"steps over {steps.n_rows}"
            raise InputError(
                f"the steps must be over the {len(self)} rows of the stream", came, "cut them anew"
            )
        seed = None if generator is None else int(torch.randint(2**63 - 1, (), generator=generator))
        spans = (part_of(*bounds, rank=rank, size=size) for bounds in islice(steps.bounds(), skip, None))
        return self.read(spans, seed)


def part_of(first: int, last: int, *, rank: int, size: int) -> tuple[int, int]:
    """Return the part of a batch that belongs to one process, as a first place and the one after the last.

    Args:
        first: place of the batch's first row.
        last: the place after its last row.
        rank: the number of the process.
        size: how many there are.

    Raises:
        InputError: when a process would have no row.

    Example:
        >>> [part_of(10, 17, rank=rank, size=3) for rank in range(3)]
        [(10, 12), (12, 14), (14, 17)]
    """
    n_rows = last - first
    if n_rows < size:
        expected = f"every batch must have a row for each of {size} processes"
        mend = "take larger batches, or fewer processes"
        raise InputError(expected, f"one of {n_rows}", mend)
    return first + n_rows * rank // size, first + n_rows * (rank + 1) // size
