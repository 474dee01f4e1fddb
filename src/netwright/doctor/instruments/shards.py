"""Workers that are left without rows: the last batch of an epoch under data parallelism, and its remedy."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from netwright.core.errors import InputError


def starved_workers(n_rows: int, batch_size: int, n_workers: int, *, fewest: int = 1) -> int:
    """Return how many workers get too few rows of the last batch, when it is split among them evenly.

    Use it before you train on several devices: a worker without rows puts NaN into the statistics of its
    batch normalisation, and one with a single row may refuse it.

    Args:
        n_rows: of the training set.
        batch_size: rows of a step, for all workers together.
        n_workers: among which they are split.
        fewest: rows that a worker needs; 2 where there is batch normalisation.

    Example:
        >>> starved_workers(1000, 64, 4), starved_workers(961, 64, 4), starved_workers(961, 64, 4, fewest=2)
        (0, 3, 4)

    Source:
        Vryniotis, "5 tips for multi-GPU training with Keras", blog.datumbox.com.
    """
    left = n_rows % batch_size or min(batch_size, n_rows)
    shares = [left // n_workers + (worker < left % n_workers) for worker in range(n_workers)]
    return sum(share < fewest for share in shares)


class FullShards(Sampler[list[int]]):
    """Batches of row numbers, none of which leaves a worker without rows.

    Rows of a last batch that is too small to be shared join the batch before it, so that every row still
    comes once in each epoch. Give it to a `DataLoader` as `batch_sampler`.

    Args:
        n_rows: of the training set.
        batch_size: rows of a step, for all workers together.
        n_workers: among which a batch is split.
        fewest: rows that each worker needs; 2 where there is batch normalisation.
        shuffle: whether rows come in another order in each epoch.
        random_state: of the orders.

    Raises:
        InputError: when not even all rows together give each worker enough, or a batch does not.

    Example:
        >>> [len(rows) for rows in FullShards(33, 8, 4)]
        [8, 8, 8, 9]

    Source:
        Vryniotis, "5 tips for multi-GPU training with Keras", blog.datumbox.com.
    """

    def __init__(
        self,
        n_rows: int,
        batch_size: int,
        n_workers: int,
        *,
        fewest: int = 1,
        shuffle: bool = True,
        random_state: int = 0,
    ) -> None:
        if min(n_rows, batch_size) < n_workers * fewest:
            raise InputError(
                f"rows and batch_size must be at least {n_workers * fewest} for {n_workers} workers",
                f"{n_rows} and {batch_size}",
                "take larger batches or fewer workers",
            )
        self.n_rows, self.batch_size, self.shuffle = n_rows, batch_size, shuffle
        starved = starved_workers(n_rows, batch_size, n_workers, fewest=fewest)
        self.n_batches = max(1, n_rows // batch_size) if starved else -(-n_rows // batch_size)
        self.generator = torch.Generator().manual_seed(random_state)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self) -> Iterator[list[int]]:
        order = torch.randperm(self.n_rows, generator=self.generator) if self.shuffle else None
        rows = order.tolist() if order is not None else list(range(self.n_rows))
        for number in range(self.n_batches):
            end = (number + 1) * self.batch_size if number + 1 < self.n_batches else self.n_rows
            yield rows[number * self.batch_size : end]
