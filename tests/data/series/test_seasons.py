"""Seasons, windows and calendar features are found where they were planted."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.stattools import acf

from netwright.data import autocorrelation, calendar_features, choose_window, find_season


def test_autocorrelation_equals_statsmodels():
    y = np.random.default_rng(0).normal(size=150).cumsum()
    np.testing.assert_allclose(autocorrelation(y, 20), acf(y, nlags=20), atol=1e-10)
    y[40:50] = np.nan
    assert np.isfinite(autocorrelation(y, 20)).all()


@pytest.mark.parametrize(
    ("season", "frequency"), [(12, "MS"), (7, "D"), (24, "h"), (4, "QS-JAN"), (11, None)]
)
def test_a_planted_season_is_found(season, frequency):
    t, rng = np.arange(20 * season), np.random.default_rng(0)
    y = 0.05 * t + np.sin(2 * np.pi * t / season) + 0.2 * rng.normal(size=len(t))
    found = find_season(y, frequency)
    assert found.value == season
    assert "correlated" in found.reason


def test_no_season_is_found_in_noise_and_in_a_walk():
    noise = np.random.default_rng(0).normal(size=300)
    for y in (noise, noise.cumsum(), np.ones(50), np.arange(3.0)):
        assert find_season(y).value == 1
    assert find_season(noise.cumsum(), "MS").value == 1


def test_windows_have_two_seasons_but_no_more_than_a_fifth():
    y = np.random.default_rng(0).normal(size=240)
    assert choose_window(y, season=12).value == 24
    assert choose_window(y[:100], season=12).value == 12
    assert "most" in choose_window(y[:40], season=1, horizon=30).reason


def test_calendar_features_go_round_once_in_their_cycle():
    hours = pd.date_range("2024-01-01", periods=24 * 14, freq="h")
    values, names = calendar_features(hours)
    assert names[:4] == ["day sine", "day cosine", "week sine", "week cosine"]
    np.testing.assert_allclose(values[:24, :2], values[24:48, :2], atol=1e-12)
    np.testing.assert_allclose(values[:168, 2:4], values[168:336, 2:4], atol=1e-12)
    np.testing.assert_allclose((values**2).sum(1), values.shape[1] / 2, atol=1e-12)
    assert calendar_features(range(5))[0].shape == (5, 0)
    assert "week sine" not in calendar_features(pd.date_range("2024-01-01", periods=24, freq="MS"))[1]
