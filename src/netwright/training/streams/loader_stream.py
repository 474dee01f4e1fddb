"""Rows of a torch Dataset, made by worker processes."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from netwright.core.errors import InputError
from netwright.training.samples import Batch
from netwright.training.streams.stream import Stream


@final
@dataclass(frozen=True)
class LoaderStream(Stream):
    """The rows of a torch `Dataset`, made by the workers of torch's `DataLoader`.

    Use it where making a row takes work, such as decoding and augmenting a picture. While a row is made, the
    random streams of Python, numpy and torch are seeded from the pass and the row: its augmentation is the
    same for any number of workers and processes, and in a resumed run.

    Args:
        dataset: rows by number, with a length.
        workers: processes that make rows; 0 makes them in this one.
        collate: list of rows -> batch; the default is torch's. Tuples or lists of two or three become a
            `Batch` of inputs, target and weight, with float64 turned to float32.

    Raises:
        InputError: when the dataset cannot be read by row number, or `workers` is negative.

    Example:
        >>> from torch.utils.data import TensorDataset
        >>> from netwright.training import Steps
        >>> dataset = TensorDataset(torch.arange(6.0).reshape(3, 2), torch.tensor([0, 1, 0]))
        >>> for batch in LoaderStream(dataset, workers=0).batches(Steps(3, 2)):
        ...     print(batch.target)
        tensor([0, 1])
        tensor([0])
    """

    dataset: Dataset[Any]
    workers: int = 2
    collate: Callable[[list[Any]], Any] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.dataset, IterableDataset) or not hasattr(self.dataset, "__len__"):
            expected = "dataset must give rows by number and have a length"
            mend = "give it __len__ and __getitem__, or write a Stream of its own"
            raise InputError(expected, type(self.dataset).__name__, mend)
        if self.workers < 0:
            raise InputError("workers must be at least 0", str(self.workers), "2 is usual")

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]

    def read(self, spans: Iterable[tuple[int, int]], seed: int | None) -> Iterator[Any]:
        """Give the batches; the workers end with the pass, or when it is broken off."""
        draws = torch.Generator().manual_seed(seed or 0)
        order = torch.arange(len(self)) if seed is None else torch.randperm(len(self), generator=draws)
        loader: DataLoader[Any] = DataLoader(
            _Seeded(self.dataset, seed or 0),
            batch_sampler=(order[first:last].tolist() for first, last in spans),
            num_workers=self.workers,
            collate_fn=self.collate or default_collate,
            generator=draws,  # or the loader would draw from the user's stream
        )
        given = iter(loader)
        try:
            for batch in given:
                yield _as_batch(batch)
        finally:  # the traceback of an error would keep the workers waiting
            getattr(given, "_shutdown_workers", lambda: None)()


@dataclass(frozen=True)
class _Seeded(Dataset[Any]):
    """Another dataset, each of whose rows is made under a seed of its own."""

    dataset: Dataset[Any]
    seed: int

    def __getitems__(self, rows: list[int]) -> list[Any]:
        python, numeric, own = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
        try:
            return [self._make(row) for row in rows]
        finally:  # without workers these are the streams that the network draws from
            random.setstate(python)
            np.random.set_state(numeric)  # noqa: NPY002
            torch.set_rng_state(own)

    def _make(self, row: int) -> Any:
        seed = int(np.random.SeedSequence((self.seed, row)).generate_state(1)[0])
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.default_generator.manual_seed(seed)
        return self.dataset[row]


def _as_batch(batch: Any) -> Any:
    if type(batch) not in (tuple, list) or len(batch) not in (2, 3):
        return batch
    return Batch(*(_single(part) for part in batch))


def _single(part: Any) -> Any:
    return part.float() if isinstance(part, Tensor) and part.dtype == torch.float64 else part
