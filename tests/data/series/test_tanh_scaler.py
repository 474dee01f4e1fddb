"""Scaling to -1 and 1 by the training rows alone."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from netwright.core.errors import InputError
from netwright.data import TanhScaler


def test_round_trip_is_exact_to_a_billionth_and_only_training_rows_are_seen():
    values = np.random.default_rng(0).normal(50, 20, size=(200, 3))
    scaler = TanhScaler().fit(values[:100])
    scaled = scaler.transform(values)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), values, rtol=0, atol=1e-9)
    assert scaled[:100].min() == -1
    assert scaled[:100].max() == 1
    assert np.abs(scaled[100:]).max() > 1  # later values may go beyond: nothing of them was used
    reference = MinMaxScaler((-1, 1)).fit(values[:100]).transform(values)
    np.testing.assert_allclose(scaled, reference, rtol=0, atol=1e-12)


def test_constants_become_zero_and_missing_values_stay():
    values = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]])
    scaler = TanhScaler().fit(values)
    assert scaler.transform(values)[:, 1].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(scaler.transform(values)[1, 0])
    np.testing.assert_array_equal(scaler.inverse_transform(scaler.transform(values)), values)


def test_infinite_or_unknown_features_are_refused():
    with pytest.raises(InputError, match="infinity in row 2"):
        TanhScaler().fit([1.0, np.inf])
    with pytest.raises(InputError, match="a known value"):
        TanhScaler().fit([[np.nan, 1.0], [np.nan, 2.0]])
    with pytest.raises(InputError, match="2 features"):
        TanhScaler().fit(np.ones((3, 2))).transform(np.ones((3, 1)))
