import pytest
import torch

from netwright.contracts import check_augmentation
from netwright.core.errors import InputError
from netwright.data import SequenceBatch, TimeStretch, read_sequences

TARGET = torch.zeros(3)


def ramps(n_rows=3, n_steps=20):
    return torch.arange(float(n_steps)).repeat(n_rows, 1)[:, :, None]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_it_keeps_the_contract_of_augmentations():
    check_augmentation(TimeStretch(), torch.randn(4, 12, 2), torch.tensor([0, 1, 0, 1]))


def test_the_pace_and_the_shift_are_those_of_the_formula():
    """By hand: on a ramp the value is the time that is looked at."""
    stretch = TimeStretch(0.3, 0.1)
    pace, centre, shift = torch.rand(3, 3, 1, generator=generator())
    t, c = torch.arange(20.0), 20 * centre
    expected = c + (1 + 0.3 * (2 * pace - 1)) * (t - c) + 20 * 0.1 * (2 * shift - 1)
    found = stretch(ramps(), TARGET, generator())[0][:, :, 0]
    torch.testing.assert_close(found, expected.clamp(0, 19))


def test_nothing_beyond_the_end_of_a_series_comes_in_and_padding_stays_zero():
    samples = read_sequences([torch.ones(20), torch.ones(6), torch.ones(11)])
    batch = samples[torch.arange(3)]._replace(values=torch.full((3, 20, 1), 99.0))
    values = torch.where(batch.mask[:, :, None], torch.ones(3, 20, 1), batch.values)
    found = TimeStretch(0.5, 0.3)(batch._replace(values=values), TARGET, generator())[0]
    assert isinstance(found, SequenceBatch)
    assert torch.equal(found.values[:, :, 0], batch.mask.float())
    assert torch.equal(found.lengths, batch.lengths)


def test_bad_shares_are_told():
    with pytest.raises(InputError, match="stretch must be from 0 to below 1, got 1"):
        TimeStretch(1)
    with pytest.raises(InputError, match="shift must be"):
        TimeStretch(shift=-0.1)
