"""Anomalies of a series, by the doubt in its forecast and by reconstruction."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import f1_score

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.sequence import SeriesAnomalyDetector, SeriesReconstructionDetector
from netwright.sequence.detectors.series_detector import judge
from netwright.training import Training


def series(n_steps, spikes, seed):
    """A swing with noise, and spikes of eight standard deviations of it at some steps."""
    rng, time = np.random.default_rng(seed), np.arange(n_steps)
    x = np.sin(2 * np.pi * time / 20) + rng.normal(0, 0.1, n_steps)
    odd = np.zeros(n_steps, dtype=bool)
    odd[rng.choice(np.arange(20, n_steps, 5), spikes, replace=False)] = True
    return x + 0.8 * odd * rng.choice([-1, 1], n_steps), odd


def forecasting():
    recipe = Training(epochs=20, learning_rate=1e-2)
    return SeriesAnomalyDetector(window=16, hidden=16, passes=10, training=recipe, random_state=0)


def rebuilding():
    recipe = Training(epochs=40, learning_rate=1e-2)
    return SeriesReconstructionDetector(window=16, hidden=16, training=recipe, random_state=0)


@pytest.fixture(scope="module")
def fitted():
    """Both, fitted to a series with spikes in it and a gap."""
    x, _ = series(600, 6, seed=0)
    x[100:105] = np.nan
    return {"forecast": forecasting().fit(x), "reconstruction": rebuilding().fit(x)}


@pytest.mark.parametrize("way", ["forecast", "reconstruction"])
def test_planted_spikes_are_found_at_the_stated_rate_of_false_alarms(fitted, way):
    asked, odd = series(1000, 15, seed=1)
    assert f1_score(odd, fitted[way].predict(asked) == -1) > 0.9
    usual, _ = series(2000, 0, seed=2)
    assert (fitted[way].predict(usual) == -1).mean() <= 0.003  # stated is 0.001: two of 2000
    assert 0.025 < (-fitted[way].score_samples(usual) > norm.isf(0.05 / 2)).mean() < 0.1


def test_a_spike_does_not_spoil_what_is_expected_behind_it(fitted):
    x, _ = series(400, 0, seed=3)
    model, spoiled = fitted["forecast"], x.copy()
    spoiled[300] += 5
    assert model.predict(spoiled)[300] == -1
    np.testing.assert_allclose(model.expected(spoiled)[0][301:340], model.expected(x)[0][301:340], atol=0.1)
    assert (model.predict(spoiled)[301:340] == 1).all()


@pytest.mark.parametrize("way", ["forecast", "reconstruction"])
def test_what_is_judged_again_piece_by_piece_is_as_if_the_whole_were(fitted, way, monkeypatch):
    """Spikes at both ends, near each other and alone, in series of several lengths."""
    model = fitted[way]
    if way == "forecast":
        monkeypatch.setattr(model, "passes", 1)  # nothing is drawn, so that both ways are the same
    for n_steps in (20, 40, 300):
        x, _ = series(n_steps, 0, seed=3)
        x[[0, 1, n_steps // 2, n_steps // 2 + 9, n_steps - 1]] += [3, -3, 2, 2, -3]
        values = x[:, None] - model.shift_
        whole = judge(values, model._bands, -model.offset_)
        pieces = model._judge(values)
        assert (whole.oddness > -model.offset_).any()
        for one, other in zip(pieces, whole, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_oddness_is_the_residual_by_the_doubt(fitted):
    x, _ = series(200, 0, seed=3)
    model = fitted["forecast"]
    expected, spread = model.expected(x)
    np.testing.assert_allclose(-model.score_samples(x)[16:], (np.abs(x[:, None] - expected) / spread)[16:, 0])
    assert np.isnan(expected[:16]).all()
    assert not model.score_samples(x)[:16].any()
    assert (spread[16:] > model.noise_).all()  # the model doubts, too


@pytest.mark.parametrize("way", ["forecast", "reconstruction"])
def test_missing_values_are_bridged_and_never_an_anomaly(fitted, way):
    x, _ = series(200, 0, seed=3)
    x[100:110] = np.nan
    assert (fitted[way].predict(x)[100:110] == 1).all()
    assert np.isfinite(fitted[way].expected(x)[0][100:110]).all()


def test_each_column_is_watched_in_its_own_units():
    one, other = series(300, 0, seed=0)[0], series(300, 0, seed=1)[0]
    X = np.stack([one, 1e6 + 100 * other], 1)
    model = rebuilding().fit(X)
    for column, size in ((0, 2), (1, 200)):
        odd = X.copy()
        odd[200, column] += size
        assert model.predict(odd)[200] == -1
    assert abs(model.expected(X)[0][:, 1].mean() - 1e6) < 10


@pytest.mark.parametrize("kind", [SeriesAnomalyDetector, SeriesReconstructionDetector])
def test_it_repeats_and_survives_saving(kind):
    quick = kind(window=5, hidden=4, training=Training(epochs=1))
    check_repeats(quick, np.random.default_rng(0).normal(size=(60, 2)))


def test_series_and_settings_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="at least 26 steps for windows of 24"):
        SeriesAnomalyDetector().fit(np.zeros(10))
    with pytest.raises(InputError, match="false_alarms must be from 0 to"):
        SeriesAnomalyDetector(false_alarms=0.7).fit(np.zeros(50))
    with pytest.raises(InputError, match="window must be a whole number"):
        SeriesReconstructionDetector(window=0).fit(np.zeros(50))
    with pytest.raises(InputError, match="a value in each column"):
        SeriesAnomalyDetector().fit(np.full((50, 1), np.nan))
    with pytest.raises(ValueError, match="infinity"):
        SeriesAnomalyDetector().fit(np.full((50, 1), np.inf))


def test_a_constant_series_has_no_anomalies_and_no_division_by_zero():
    model = SeriesAnomalyDetector(window=8, hidden=4, training=Training(epochs=2), random_state=0)
    assert np.isfinite(model.fit(np.ones(40)).score_samples(np.ones(40))).all()
