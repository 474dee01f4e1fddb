import pytest
import torch
from torch.utils.data import DataLoader

from netwright.core.errors import InputError
from netwright.training import Steps


def test_the_two_stated_examples():
    assert Steps(1000, 500).per_epoch == 2
    assert (Steps(1050, 100).per_epoch, Steps(1050, 100).last_batch) == (11, 50)
    assert Steps(1050, 100, drop_last=True).per_epoch == 10


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n_rows", [1, 7, 10, 11, 19, 20])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 25])
def test_batches_are_those_of_torchs_data_loader(n_rows, batch_size, drop_last):
    loader = DataLoader(torch.arange(n_rows), batch_size=batch_size, drop_last=drop_last)
    steps = Steps(n_rows, batch_size, drop_last=drop_last)
    assert [list(range(a, b)) for a, b in steps.bounds()] == [batch.tolist() for batch in loader]
    assert steps.per_epoch == len(loader)


def test_a_single_last_row_joins_the_batch_before_it_where_asked():
    assert list(Steps(9, 4, smallest=2).bounds()) == [(0, 4), (4, 9)]
    assert list(Steps(10, 4, smallest=2).bounds()) == [(0, 4), (4, 8), (8, 10)]


def test_numbers_below_one_are_named():
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        Steps(5, 0)
