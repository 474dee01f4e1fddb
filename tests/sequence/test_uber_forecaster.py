"""The encoder-decoder forecaster with dropout: its intervals, its error, its three kinds of doubt."""

import numpy as np
import pytest
import torch

from netwright.contracts import check_layer
from netwright.estimators import load, save
from netwright.nets.uber_net import UberNet
from netwright.sequence import UberForecaster
from netwright.training import Training


def trips(seed, n=1300):
    """A week and a year's wave with noise that is the same everywhere."""
    t, rng = np.arange(n), np.random.default_rng(seed)
    week = np.array([0.0, 1.0, 2.0, 2.5, 4.0, 7.0, 5.0])[t % 7]
    return 30 + 3 * week + 5 * np.sin(2 * np.pi * t / 90) + 2 * rng.normal(size=n)


@pytest.fixture(scope="module")
def fitted():
    recipe = Training(epochs=12, learning_rate=5e-3)
    model = UberForecaster(horizon=7, window=28, hidden=(16, 8), passes=60, training=recipe, random_state=0)
    return model.fit(trips(0)[:700])


def test_intervals_cover_and_the_error_is_below_the_last_weeks(fitted):
    y = trips(0)
    truth = np.lib.stride_tricks.sliding_window_view(y, 8)[700:, 1:]
    rows = slice(700, 700 + len(truth))
    lower, upper = (ends[rows] for ends in fitted.bands_of(0.95, y))
    assert 0.90 <= np.mean((truth >= lower) & (truth <= upper)) <= 0.98
    missed = fitted.forecasts_of(y)[rows] - truth
    naive = np.lib.stride_tricks.sliding_window_view(y, 8)[693:-7, 1:] - truth
    assert np.sqrt(np.mean(missed**2)) < np.sqrt(np.mean(naive**2))


def test_doubt_has_three_kinds_that_add_up_and_noise_is_the_planted_one(fitted):
    doubt = fitted.doubt()
    assert all(kind.shape == (7,) for kind in doubt)
    np.testing.assert_allclose(
        doubt.total**2, doubt.model**2 + doubt.misspecification**2 + doubt.noise**2, rtol=1e-6
    )
    assert doubt.model.min() > 0
    assert (
        np.abs(doubt.noise / 2 - 1).max() < 0.5
    )  # 2 was planted; the last week's own noise is not learned away


def test_the_same_seed_gives_the_same_doubt_and_saving_keeps_it(fitted, tmp_path):
    save(fitted, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.doubt().model, fitted.doubt().model)
    np.testing.assert_array_equal(loaded.predict_interval(0.9), fitted.predict_interval(0.9))


def test_its_network_keeps_the_layer_contract():
    net = UberNet(features=3, window=5, horizon=2, hidden=(4, 4), dropout=0.0)
    with torch.no_grad():
        assert net.construct(torch.zeros(2, 7, 3)).shape == (2, 1, 2)
    net.decoder, net.opened, net.constructed = None, None, None  # these learn by `construct` alone
    check_layer(net, torch.randn(4, 7, 3), shape=(4, 1, 2))
