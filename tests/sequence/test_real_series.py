"""The estimators of series on real ones: statsmodels' and scikit-learn's own."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from statsmodels import datasets

from netwright.sequence import (
    ForecastBandDetector,
    LSTMClusterer,
    RecurrentForecaster,
    SeriesAnomalyDetector,
    SeriesReconstructionDetector,
    ShapeletClassifier,
    SiameseFaultDetector,
    UberForecaster,
    wavelet_changes,
)
from netwright.training import Training


@pytest.fixture(scope="module")
def carbon():
    """Carbon dioxide on Mauna Loa, a mean for each month from 1958 to 2001."""
    return datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()


def test_the_nile_carries_less_water_since_1899():
    """The change that is known best of all (Cobb 1978, doi:10.1093/biomet/65.2.243)."""
    flow = datasets.nile.load_pandas().data
    changes = wavelet_changes(flow["volume"])
    assert flow["year"].to_numpy()[changes.times].tolist() == [1899]
    assert -450 < changes.sizes[0] < -150  # of 1100 before and 850 after, over the years nearby


@pytest.mark.parametrize(("make", "share"), [(RecurrentForecaster, 0.9), (UberForecaster, 1.0)])
def test_forecasts_of_a_year_beat_last_year_and_last_year_with_its_rise(carbon, make, share):
    model = make(horizon=12, random_state=0).fit(carbon[:-60])
    made, (lower, upper) = model.forecasts_of(carbon), model.bands_of(0.8, carbon)
    origins = np.arange(len(carbon) - 61, len(carbon) - 12)
    steps = origins[:, None] + np.arange(1, 13)
    y = carbon.to_numpy()
    error = np.abs(made[origins] - y[steps]).mean()
    assert error < 0.5 * np.abs(y[steps - 12] - y[steps]).mean()
    assert error < share * np.abs(y[steps - 12] + (y[origins] - y[origins - 12])[:, None] - y[steps]).mean()
    held = ((lower[origins] <= y[steps]) & (y[steps] <= upper[origins])).mean()
    assert 0.6 < held < 0.98


def detectors():
    short = Training(epochs=20, learning_rate=5e-3)
    return {
        "bands": ForecastBandDetector(RecurrentForecaster(horizon=1, random_state=0)),
        "forecast": SeriesAnomalyDetector(window=24, training=short, random_state=0),
        "reconstruction": SeriesReconstructionDetector(window=24, training=short, random_state=0),
    }


@pytest.mark.parametrize("way", detectors())
def test_wrong_readings_among_real_ones_stand_out(carbon, way):
    """Ten readings of the last 15 years are off by two parts per million, beside a trend of 1.5 a year."""
    x = carbon.diff(12).to_numpy()[12:].copy()
    model = detectors()[way].fit(x[:-180])
    wrong = np.random.default_rng(0).choice(np.arange(len(x) - 180, len(x), 6), 10, replace=False)
    x[wrong] += np.resize([2.0, -2.0], 10)
    odd = np.zeros(len(x), dtype=bool)
    odd[wrong] = True
    assert roc_auc_score(odd[-180:], -model.score_samples(x)[-180:]) > 0.95


def test_one_example_of_each_digit_serves_to_recognise_the_others():
    """Rows of a digit are the steps of its series; the reference is the nearest example by the pixels."""
    images, y = load_digits().images / 16, load_digits().target
    model = SiameseFaultDetector(training=Training(epochs=20), random_state=0)
    model.fit(images[:1200], y[:1200])
    examples = images[[np.flatnonzero(y == kind)[0] for kind in range(10)]]
    right = (model.recognise(images[1200:], examples, range(10)) == y[1200:]).mean()
    distances = np.square(images[1200:, None] - examples).sum((2, 3))
    assert right > (distances.argmin(1) == y[1200:]).mean() + 0.05
    alike = model.similarity(images[1200:], images[1200:])
    pairs = np.triu_indices(len(alike), 1)
    assert roc_auc_score((y[1200:, None] == y[1200:])[pairs], alike[pairs]) > 0.9


def test_shapelets_and_groups_tell_digits():
    images, y = load_digits().images / 16, load_digits().target
    zeros_and_ones = y < 2
    X, kinds = images[zeros_and_ones], y[zeros_and_ones]
    model = ShapeletClassifier(sizes={4: 8}, training=Training(epochs=30), random_state=0)
    assert model.fit(X[:200], kinds[:200]).score(X[200:], kinds[200:]) > 0.95
    groups = LSTMClusterer(random_state=0).fit(X[:200])
    assert adjusted_rand_score(kinds[200:], groups.predict(X[200:])) > 0.7
