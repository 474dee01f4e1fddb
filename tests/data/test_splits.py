"""Splits: exact sizes, no overlap, shares kept, groups whole, time in order."""

import math

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import split_rows

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_rows", [2, 3, 10, 99, 100, 1001])
@pytest.mark.parametrize("fraction", [0.01, 0.07, 0.2, 0.25, 1 / 3, 0.5, 0.9])
def test_sizes_are_exact_and_rows_never_overlap(n_rows, fraction):
    for how in ({}, {"time": RNG.normal(size=n_rows)}):
        training, held_out = split_rows(n_rows, fraction=fraction, **how)
        assert len(held_out) == min(max(1, math.ceil(round(n_rows * fraction, 9))), n_rows - 1)
        np.testing.assert_array_equal(np.sort(np.concatenate([training, held_out])), np.arange(n_rows))
        assert training.dtype == held_out.dtype == np.int64


def test_eighty_twenty_is_eighty_and_twenty():
    training, held_out = split_rows(100)
    assert (len(training), len(held_out)) == (80, 20)
    assert len(split_rows(100, fraction=0.07)[1]) == 7


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5, 0.77])
def test_a_stratified_split_is_exact_and_keeps_each_share_within_one_row(fraction):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.choice(list("abcdef"), 300, p=[0.5, 0.3, 0.1, 0.05, 0.03, 0.02])
        y = np.concatenate([y, list("abcdef") * 2])
        training, held_out = split_rows(len(y), fraction=fraction, y=y, random_state=seed)
        assert len(held_out) == math.ceil(round(len(y) * fraction, 9))
        assert len(np.intersect1d(training, held_out)) == 0
        for name in np.unique(y):
            quota = len(held_out) * (y == name).mean()
            assert abs((y[held_out] == name).sum() - quota) < 1
            assert (y[training] == name).any()


def test_a_plain_split_does_not_keep_the_shares():
    y = np.repeat([0, 1], [950, 50])
    counts = {(y[split_rows(1000, random_state=seed)[1]] == 1).sum() for seed in range(10)}
    assert len(counts) > 1
    assert {(y[split_rows(1000, y=y, random_state=seed)[1]] == 1).sum() for seed in range(10)} == {10}


def test_classes_of_two_rows_keep_one_in_training():
    y = np.repeat(np.arange(10), 2)
    training, held_out = split_rows(20, fraction=0.5, y=y)
    np.testing.assert_array_equal(y[training], y[held_out])


def test_groups_stay_whole_and_the_size_is_nearly_met():
    groups = RNG.integers(0, 60, 1000)
    for seed in range(10):
        training, held_out = split_rows(1000, groups=groups, random_state=seed)
        assert not set(groups[training]) & set(groups[held_out])
        assert abs(len(held_out) - 200) <= np.bincount(groups).max() / 2 + 1


def test_the_latest_rows_are_held_out():
    time = pd.Series(pd.Timestamp("2013-01-01") + pd.to_timedelta(RNG.permutation(50), unit="D"))
    training, held_out = split_rows(50, time=time)
    assert time[training].max() < time[held_out].min()
    np.testing.assert_array_equal(split_rows(10, time=[0] * 10)[1], [8, 9])


def test_the_seed_decides():
    one, again, other = (split_rows(100, random_state=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"n_rows": 1}, "at least 2 rows"),
        ({"n_rows": 10, "fraction": 0}, "fraction must lie between 0 and 1, got 0"),
        ({"n_rows": 10, "fraction": 1.0}, "fraction must lie"),
        ({"n_rows": 5, "y": list("aaaab")}, "at least 2 rows to be split, got 1 row of class 'b'"),
        ({"n_rows": 4, "y": list("aabb"), "fraction": 0.7}, "training must keep a row of every class"),
        ({"n_rows": 3, "y": ["a", None, "a"]}, "every row must have a class, got none in row 2"),
        ({"n_rows": 3, "y": ["a", "a"]}, "y must have one value for each of 3 rows"),
        ({"n_rows": 3, "groups": ["a"] * 3}, "at least 2 groups"),
        ({"n_rows": 3, "groups": ["a", None, "b"]}, "every row must have a group, got none in row 2"),
        ({"n_rows": 3, "time": [1, 2, np.nan]}, "every row must have a time, got none in row 3"),
        ({"n_rows": 2, "y": [1, 1], "time": [1, 2]}, "got y and time"),
    ],
)
def test_what_cannot_be_split_is_told(how, words):
    with pytest.raises(TableError) as caught:
        split_rows(**how)
    assert words in str(caught.value)
