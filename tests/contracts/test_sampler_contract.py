"""The contract of samplers passes a healthy sampler and names what is wrong with each sick one."""

import numpy as np
import pytest

from netwright.contracts import check_sampler


class Healthy:
    def rows(self, y, rng):
        return rng.integers(0, len(y), len(y))


class BeyondTheEnd:
    def rows(self, y, rng):
        return rng.integers(0, len(y), len(y)) + 50


class Negative:
    def rows(self, y, rng):
        return rng.integers(-len(y), 0, len(y))


class Fractions:
    def rows(self, y, rng):
        return rng.random(len(y))


class Nothing:
    def rows(self, y, rng):
        return np.zeros(0, dtype=int)


class Unseeded:
    def rows(self, y, rng):
        return np.random.default_rng().integers(0, len(y), len(y))


class GlobalStream:
    def rows(self, y, rng):
        return np.random.randint(0, len(y), len(y))  # noqa: NPY002


class SortsTheTarget:
    def rows(self, y, rng):
        y[:] = y[::-1].copy()
        return rng.integers(0, len(y), len(y))


def test_a_healthy_sampler_passes():
    check_sampler(Healthy())
    check_sampler(Healthy(), ["no", "yes", "no"])


@pytest.mark.parametrize(
    ("sick", "sentence"),
    [
        (BeyondTheEnd, "must give rows from 0 to 99"),
        (Negative, "must give rows from 0 to 99"),
        (Fractions, "must give a vector of row numbers, gave float64"),
        (Nothing, "must give a vector of row numbers"),
        (Unseeded, "gives other rows from the same seed"),
        (GlobalStream, "moves numpy's global random stream"),
        (SortsTheTarget, "changes y in place"),
    ],
)
def test_a_sick_sampler_is_named_with_what_broke(sick, sentence):
    with pytest.raises(AssertionError, match=sentence) as caught:
        check_sampler(sick())
    assert str(caught.value).startswith(sick.__name__)
