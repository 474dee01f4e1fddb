"""Denoising and compression by wavelets."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from planted_series import doppler, noisy, ratio
from sklearn.utils.estimator_checks import check_estimator

from netwright.core.errors import InputError
from netwright.layers import daubechies, symlet
from netwright.sequence import (
    WaveletCompressor,
    WaveletDenoiser,
    bayes_threshold,
    sure_threshold,
    universal_threshold,
)

SKIMAGE = json.loads((Path(__file__).parent / "fixtures" / "skimage_denoised.json").read_text())["answers"]
RULES = {"BayesShrink": bayes_threshold, "VisuShrink": universal_threshold}
WAVELETS = {"sym8": symlet(8), "db2": daubechies(2)}


@pytest.mark.parametrize("model", [WaveletDenoiser(), WaveletCompressor()], ids=["denoiser", "compressor"])
def test_they_keep_scikit_learns_contract(model):
    check_estimator(model)


@pytest.mark.parametrize("rule", [bayes_threshold, sure_threshold])
@pytest.mark.parametrize("decibels", [0, 7])
def test_the_doppler_signal_gains_more_than_six_decibels(rule, decibels):
    clean = doppler(2048)
    signals = np.stack([noisy(clean, decibels, seed) for seed in range(5)])
    cleaned = WaveletDenoiser(rule=rule).fit_transform(signals)
    before, after = ([ratio(clean, one) for one in rows] for rows in (signals, cleaned))
    assert min(np.subtract(after, before)) > 6


@pytest.mark.parametrize("way", SKIMAGE)
def test_what_is_left_equals_scikit_images(way):
    method, mode, wavelet = way.split()
    signal = noisy(doppler(1024), 10)
    model = WaveletDenoiser(rule=RULES[method], hard=mode == "hard", wavelet=WAVELETS[wavelet])
    found = model.fit_transform(signal[None])[0]
    np.testing.assert_allclose(found, SKIMAGE[way], rtol=0, atol=1e-7)
    assert abs(ratio(doppler(1024), found) - ratio(doppler(1024), np.array(SKIMAGE[way]))) < 0.2


def test_steins_threshold_is_the_best_by_his_estimate():
    torch.manual_seed(0)
    details = torch.randn(3, 64, dtype=torch.float64) + 4 * (torch.rand(3, 64) < 0.4)
    found = sure_threshold(details, torch.full((3,), 2.0, dtype=torch.float64), 64)
    for row, threshold in zip(details / 2, found / 2, strict=True):
        limits = torch.cat([row.abs(), torch.zeros(1, dtype=torch.float64)])
        risks = torch.stack(
            [64 - 2 * (row.abs() <= t).sum() + row.square().clamp_max(t * t).sum() for t in limits]
        )
        risks[-1] = 64.0
        best = limits[risks.argmin()].clamp_max((2 * np.log(64)) ** 0.5)
        sparse = row.square().mean() - 1 <= np.log2(64) ** 1.5 / 8
        torch.testing.assert_close(threshold, torch.tensor((2 * np.log(64)) ** 0.5) if sparse else best)


def test_rows_and_features_have_each_their_own_noise():
    clean = np.stack([doppler(512), 30 * doppler(512)], 1)
    X = np.stack([noisy(clean, 5, seed) for seed in range(3)])
    model = WaveletDenoiser().fit(X)
    apart = np.stack([WaveletDenoiser().fit_transform(X[:, :, one]) for one in range(2)], 2)
    np.testing.assert_allclose(model.transform(X), apart)
    np.testing.assert_allclose(model.transform(X)[1:2], model.transform(X[1:2]))


def test_known_noise_of_zero_leaves_the_signal_as_it_is():
    X = noisy(doppler(300), 5)[None]
    np.testing.assert_allclose(WaveletDenoiser(noise=0.0).fit_transform(X), X, atol=1e-10)


def test_few_coefficients_hold_nearly_all_and_the_error_is_what_was_dropped():
    X = np.stack([doppler(512), noisy(doppler(512), 40)])
    model = WaveletCompressor(keep=0.1).fit(X)
    small = model.transform(X)
    assert small.nnz == 2 * 52
    left = np.square(model.inverse_transform(small) - X).sum(1)
    assert (left < 0.01 * np.square(X).sum(1)).all()
    dropped = np.square(X).sum(1) - np.asarray(small.multiply(small).sum(1))[:, 0]
    np.testing.assert_allclose(left, dropped, rtol=1e-6)
    whole = WaveletCompressor(keep=1.0).fit(X)
    np.testing.assert_allclose(whole.inverse_transform(whole.transform(X)), X, atol=1e-10)


def test_features_and_odd_lengths_come_back():
    X = np.random.default_rng(0).normal(size=(3, 37, 2))
    model = WaveletCompressor(keep=1.0).fit(X)
    np.testing.assert_allclose(model.inverse_transform(model.transform(X)), X, atol=1e-10)


def test_senseless_settings_are_named():
    X = np.zeros((2, 32))
    with pytest.raises(InputError, match="keep must be above 0 and at most 1, got 0"):
        WaveletCompressor(keep=0).fit(X)
    with pytest.raises(InputError, match=r"noise must be 0 or more, got -1\.0"):
        WaveletDenoiser(noise=-1.0).fit(X)
    with pytest.raises(InputError, match="must have 32 coefficients, got 5"):
        WaveletCompressor().fit(X).inverse_transform(np.zeros((1, 5)))
    with pytest.raises(InputError, match="got 4 axes"):
        WaveletDenoiser().fit(np.zeros((2, 8, 2, 2)))
