"""Frequencies and wavelet scales as features."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from netwright.core.errors import InputError
from netwright.layers import WaveletTransform1d, daubechies
from netwright.sequence import FourierFeatures, WaveletFeatures
from netwright.sequence.signals.scales import time_last

BOTH = [FourierFeatures(), WaveletFeatures()]


@pytest.mark.parametrize("model", BOTH, ids=["fourier", "wavelet"])
def test_they_keep_scikit_learns_contract(model):
    check_estimator(model)


@pytest.mark.parametrize("model", BOTH, ids=["fourier", "wavelet"])
def test_each_feature_of_a_series_has_features_of_its_own_with_names(model):
    X = np.random.default_rng(0).normal(size=(5, 40, 3))
    found = model.fit(X).transform(X)
    apart = np.hstack([model.fit_transform(X[:, :, one]) for one in range(3)])
    np.testing.assert_allclose(found, apart)
    names = model.fit(X).get_feature_names_out()
    assert len(names) == len(set(names)) == found.shape[1]
    assert names[0] == "feature 0 mean"


def test_powers_are_numpys():
    X = np.random.default_rng(0).normal(3, 1, (4, 33))
    found = FourierFeatures(n_frequencies=10, window=False).fit_transform(X)
    expected = np.log(np.square(np.abs(np.fft.rfft(X)[:, 1:11])) / 33**2 + 1e-12)
    np.testing.assert_allclose(found, np.hstack([X.mean(1, keepdims=True), expected]), rtol=1e-6)


def test_what_a_scale_holds_is_the_formula():
    X = np.random.default_rng(0).normal(size=(4, 40))
    found = WaveletFeatures(levels=2).fit_transform(X)
    coarse, second, first = (one.numpy() for one in WaveletTransform1d(daubechies(2), 2)(time_last(X)))
    by_hand = [coarse.mean(1) / 2, coarse.std(1)]
    for part in (first, second):
        squares, time = np.square(part), np.linspace(0, 1, part.shape[1])
        energy = squares.mean(1)
        burst = np.log(energy / np.square(np.abs(part).mean(1)))
        by_hand += [np.log(energy), burst, (squares * time).sum(1) / squares.sum(1)]
    np.testing.assert_allclose(found, np.stack(by_hand, 1), rtol=1e-6)


def test_a_linear_model_on_them_tells_what_raw_values_do_not():
    rng, time, y = np.random.default_rng(0), np.arange(64), np.arange(200) % 2
    swings = np.sin(2 * np.pi * (6 + 2 * y[:, None]) * time / 64 + rng.uniform(0, 2 * np.pi, (200, 1)))
    X = swings + rng.normal(0, 0.5, (200, 64))
    bursts = rng.normal(size=(200, 64))
    for row in np.flatnonzero(y):
        place = rng.integers(56)
        bursts[row, place : place + 8] += 4 * (-1.0) ** np.arange(8)
    for model, series in ((FourierFeatures(), X), (WaveletFeatures(), bursts)):
        linear = make_pipeline(StandardScaler(), LogisticRegression())
        pipeline = make_pipeline(model, StandardScaler(), LogisticRegression())
        assert pipeline.fit(series[:100], y[:100]).score(series[100:], y[100:]) > 0.95
        assert linear.fit(series[:100], y[:100]).score(series[100:], y[100:]) < 0.7


def test_more_frequencies_than_there_are_are_refused():
    with pytest.raises(InputError, match="n_frequencies must be from 0 to 10, got 11"):
        FourierFeatures(n_frequencies=11).fit(np.zeros((2, 20)))
