"""Changes found by wavelets."""

import numpy as np
import pytest
from planted_series import f1, noisy, steps

from netwright.core.errors import InputError
from netwright.sequence import wavelet_changes


def test_planted_changes_are_found_within_three_steps_at_ten_decibels():
    scores = []
    for seed in range(20):
        clean, planted = steps(1000, seed)
        scores.append(f1(wavelet_changes(noisy(clean, 10, seed)).times, planted, near=3))
    assert np.mean(scores) > 0.95


def test_without_noise_every_change_stands_at_its_step_with_its_size():
    clean, planted = steps(500, 0)
    found = wavelet_changes(clean)
    assert found.times.tolist() == planted.tolist()
    np.testing.assert_allclose(found.sizes, np.diff(clean)[planted - 1])


def test_noise_alone_hardly_ever_raises_an_alarm():
    alarms = [len(wavelet_changes(np.random.default_rng(seed).normal(size=400)).times) for seed in range(100)]
    assert np.count_nonzero(alarms) <= 5


def test_spikes_are_told_from_edges_and_slopes_are_left_out():
    rng = np.random.default_rng(0)
    x = np.zeros(400)
    x[100] = 4.0  # a spike
    x[200:] += 2.0  # an edge
    found = wavelet_changes(x + rng.normal(0, 0.2, 400))
    assert found.times.tolist() == [100, 200]
    assert found.transient.tolist() == [True, False]
    noise = rng.normal(0, 0.2, (20, 400))
    slopes = np.linspace(0, 40, 400) + noise
    assert np.mean([len(wavelet_changes(one).times) for one in slopes]) < 0.5
    assert np.mean([len(wavelet_changes(one, slopes=True).times) for one in slopes]) > 20


def test_short_and_constant_signals_have_no_changes():
    for x in (np.ones(50), np.arange(2.0), np.ones(2)):
        assert wavelet_changes(x).times.dtype == np.int64
    assert not len(wavelet_changes(np.ones(50)).times)


def test_senseless_arguments_are_named():
    with pytest.raises(InputError, match="one signal"):
        wavelet_changes(np.zeros((3, 4)))
    with pytest.raises(InputError, match="of 2 steps or more"):
        wavelet_changes([1.0])
    with pytest.raises(InputError, match="scales must be whole numbers from 1"):
        wavelet_changes(np.zeros(9), scales=(0, 1))
    with pytest.raises(InputError, match="false_alarms must be between 0 and 1, got 2"):
        wavelet_changes(np.zeros(9), false_alarms=2)
