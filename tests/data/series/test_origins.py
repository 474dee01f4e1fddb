"""Walking forward never sees the future."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from netwright.core.errors import InputError
from netwright.data import RollingOrigins


@pytest.mark.parametrize(("horizon", "step", "largest"), [(3, None, None), (4, 1, 10), (1, 5, None)])
def test_walk_forward_never_sees_the_future(horizon, step, largest):
    splits = list(RollingOrigins(horizon, 4, step, 5, largest).split(range(40)))
    assert len(splits) == 4
    for learned, judged in splits:
        assert learned.max() + 1 == judged.min()
        assert len(judged) == horizon
        assert largest is None or len(learned) <= largest
    assert splits[-1][1].max() == 39
    starts = np.array([judged.min() for _, judged in splits])
    assert (np.diff(starts) == (step or horizon)).all()


def test_splits_equal_those_of_scikit_learn():
    ours = list(RollingOrigins(5, 3).split(range(30)))
    theirs = list(TimeSeriesSplit(n_splits=3, test_size=5).split(np.arange(30)))
    for (learned, judged), (other, judged_too) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(learned, other)
        np.testing.assert_array_equal(judged, judged_too)


def test_scikit_learn_takes_it_for_cross_validation():
    x = np.arange(30.0).reshape(-1, 1)
    assert len(cross_val_score(Ridge(), x, x[:, 0], cv=RollingOrigins(5, 3), scoring="r2")) == 3


def test_too_short_a_series_is_refused():
    with pytest.raises(InputError, match="14 steps or more"):
        RollingOrigins(12).origins(13)
    with pytest.raises(InputError, match="horizon must be"):
        RollingOrigins(0)
