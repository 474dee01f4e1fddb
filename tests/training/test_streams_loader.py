import multiprocessing
import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from netwright.core.errors import InputError
from netwright.training.samples import Batch, Steps
from netwright.training.streams import LoaderStream

STEPS = Steps(23, 5)


class Noisy(Dataset):
    """A row is its number and one draw from each stream."""

    def __len__(self):
        return 23

    def __getitem__(self, row):
        drawn = random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002
        return torch.tensor([row, *drawn]), row


class Failing(Noisy):
    def __getitem__(self, row):
        raise ValueError(f"row {row} cannot be read")


def batches(stream, seed=0, **how):
    return list(stream.batches(STEPS, torch.Generator().manual_seed(seed), **how))


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.equal(mine.inputs, other.inputs)
        assert torch.equal(mine.target, other.target)


@pytest.fixture(scope="module")
def alone():
    return batches(LoaderStream(Noisy(), workers=0))


def test_what_rows_draw_is_the_same_for_any_number_of_workers(alone):
    assert_same(batches(LoaderStream(Noisy(), workers=2)), alone)


def test_what_rows_draw_is_the_same_in_a_resumed_pass_and_shared_by_processes(alone):
    assert_same(batches(LoaderStream(Noisy(), workers=2), skip=3), alone[3:])
    parts = [batches(LoaderStream(Noisy(), workers=0), rank=rank, size=2) for rank in range(2)]
    for left, right, whole in zip(*parts, alone, strict=True):
        assert torch.equal(torch.cat([left.inputs, right.inputs]), whole.inputs)


def test_every_row_draws_something_else_and_every_pass_too(alone):
    drawn = torch.cat([batch.inputs for batch in alone])
    assert all(len(column.unique()) == 23 for column in drawn.T)
    other = torch.cat([batch.inputs for batch in batches(LoaderStream(Noisy(), workers=0), seed=1)])
    assert (drawn[drawn[:, 0].argsort(), 1:] != other[other[:, 0].argsort(), 1:]).all()


def test_no_worker_is_left_when_the_pass_is_broken_off():
    given = LoaderStream(Noisy(), workers=2).batches(STEPS)
    next(given)
    assert len(multiprocessing.active_children()) == 2
    given.close()
    assert not multiprocessing.active_children()


def test_an_error_in_a_worker_reaches_the_consumer():
    with pytest.raises(ValueError, match=r"row \d+ cannot be read"):
        batches(LoaderStream(Failing(), workers=1))
    assert not multiprocessing.active_children()


def test_tuples_of_two_or_three_are_batches_and_all_else_stays_as_it_is():
    weighted = TensorDataset(torch.zeros(23, 2, dtype=torch.float64), torch.zeros(23), torch.ones(23))
    batch = batches(LoaderStream(weighted, workers=0))[0]
    assert isinstance(batch, Batch)
    assert (batch.inputs.dtype, batch.weight.sum().item()) == (torch.float32, 5.0)
    lengths = batches(LoaderStream(weighted, workers=0, collate=len))
    assert lengths == [5, 5, 5, 5, 3]


def test_what_cannot_be_read_by_number_is_named():
    class Endless(IterableDataset):
        def __iter__(self):
            return iter(range(3))

    with pytest.raises(InputError, match="dataset must give rows by number and have a length, got Endless"):
        LoaderStream(Endless())
    with pytest.raises(InputError, match="workers must be at least 0, got -1"):
        LoaderStream(Noisy(), workers=-1)
