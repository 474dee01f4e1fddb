"""Windows are numpy's own views, and the split lets nothing of the future through."""

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.data import sliding_windows, split_windows


@pytest.mark.parametrize("shape", [(30,), (30, 3)])
@pytest.mark.parametrize(("window", "horizon", "stride"), [(5, 1, 1), (4, 3, 2), (29, 1, 1)])
def test_windows_equal_numpys_sliding_window_view_without_a_copy(shape, window, horizon, stride):
    values = np.random.default_rng(0).normal(size=shape)
    X, Y = sliding_windows(values, window, horizon, stride=stride)
    view = np.lib.stride_tricks.sliding_window_view(values, window + horizon, axis=0)[::stride]
    view = np.moveaxis(view, -1, 1)
    np.testing.assert_array_equal(X, view[:, :window])
    np.testing.assert_array_equal(Y, view[:, window:])
    assert np.shares_memory(X, values)
    assert np.shares_memory(Y, values)


def test_nothing_leaks_across_the_split_boundary():
    (seen, learned), (reaching, judged) = split_windows(np.arange(50), 6, 4, boundary=31)
    assert max(seen.max(), learned.max()) == 30
    assert judged.min() == 31
    assert judged.max() == 49
    assert reaching[0].tolist() == list(range(25, 31))  # what is seen may reach back
    np.testing.assert_array_equal(judged[:, 0], reaching[:, -1] + 1)


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(InputError, match="must have 8 steps"):
        sliding_windows(np.arange(7), 5, 3)
    with pytest.raises(InputError, match="window must be a whole number"):
        sliding_windows(np.arange(7), 0)
    with pytest.raises(InputError, match="boundary must be from 8 to 7"):
        split_windows(np.arange(10), 5, 3, boundary=6)
