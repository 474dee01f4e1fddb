"""Differences come back exactly, and forecasts of them go on from the end."""

import numpy as np
import pytest
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.data import Differencing


@pytest.mark.parametrize("lags", [(1,), (7,), (12, 1), (1, 1, 5)])
@pytest.mark.parametrize("shape", [(60,), (60, 2)])
def test_differencing_inverts_exactly(lags, shape):
    whole = np.random.default_rng(0).integers(-1000, 1000, shape)
    steps = Differencing(lags).fit(whole)
    np.testing.assert_array_equal(steps.inverse_transform(steps.transform(whole)), whole)
    real = np.random.default_rng(1).normal(size=shape)
    steps = clone(steps).fit(real)
    np.testing.assert_allclose(steps.inverse_transform(steps.transform(real)), real, rtol=0, atol=1e-11)


@pytest.mark.parametrize("lags", [(1,), (7,), (12, 1)])
def test_true_differences_continue_as_the_series_does(lags):
    series = np.random.default_rng(0).integers(0, 100, 90)
    steps = Differencing(lags).fit(series[:70])
    to_come = Differencing(lags).fit(series).transform(series)[-20:]
    np.testing.assert_array_equal(steps.continued(to_come), series[70:])


def test_differences_are_those_of_the_definition():
    y = np.array([1.0, 4.0, 9.0, 16.0, 25.0])
    assert Differencing((2,)).fit(y).transform(y).tolist() == [8.0, 12.0, 16.0]
    assert Differencing((1, 1)).fit(y).transform(y).tolist() == [2.0, 2.0, 2.0]


def test_too_long_lags_are_refused():
    with pytest.raises(InputError, match="more than the 5 steps"):
        Differencing((4, 1)).fit(np.arange(5.0))
    with pytest.raises(InputError, match="lags must be"):
        Differencing((0,)).fit(np.arange(5.0))
