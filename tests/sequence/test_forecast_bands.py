"""Anomalies by the bands of a forecaster, whichever it is."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.metrics import f1_score

from netwright.core.errors import InputError
from netwright.sequence import ForecastBandDetector, RecurrentForecaster
from netwright.training import Training


class LastSeason(BaseEstimator):
    """Forecasts what was four steps before, with a band of two on either side."""

    def fit(self, y):
        return self

    def forecasts_of(self, y):
        steps = np.arange(len(y)) - 3
        return np.where(steps[:, None] >= 0, y[np.maximum(steps, 0)], np.nan)[..., None]

    def bands_of(self, level, y):
        assert level == 0.8
        return self.forecasts_of(y) - 2.0, self.forecasts_of(y) + 2.0


def test_the_oddness_is_the_error_in_bands_and_an_anomaly_is_replaced_where_it_would_be_forecast():
    x = np.tile([3.0, 1.0, 2.0, 5.0], 10)
    x[21] += 12
    model = ForecastBandDetector(LastSeason()).fit(x)
    odd = -model.score_samples(x)
    assert odd[21] == pytest.approx(12 / (2 / 1.2815515655446004))
    assert not np.delete(odd, 21).any()  # step 25, a season later, too
    assert np.flatnonzero(model.predict(x) == -1).tolist() == [21]
    assert model.expected(x)[0][21, 0] == 1.0
    assert np.isnan(model.expected(x)[0][:12]).all()  # these settle it
    assert np.isfinite(model.expected(x)[0][12:]).all()


def test_planted_spikes_are_found_by_a_recurrent_forecaster():
    rng = np.random.default_rng(0)
    x = np.tile([3.0, 1.0, 2.0, 5.0], 60) + rng.normal(0, 0.1, 240)
    odd = np.zeros(240, dtype=bool)
    odd[rng.choice(np.arange(20, 240), 6, replace=False)] = True
    x[odd] += 1.0
    forecaster = RecurrentForecaster(horizon=1, training=Training(epochs=2), random_state=0)
    model = ForecastBandDetector(forecaster).fit(x)
    assert f1_score(odd, model.predict(x) == -1) > 0.9


def test_settings_and_series_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="false_alarms must be from 0 to"):
        ForecastBandDetector(LastSeason(), false_alarms=0.0).fit(np.zeros(9))
    with pytest.raises(InputError, match="must have 1 columns, got 2"):
        ForecastBandDetector(LastSeason()).fit(np.zeros(9)).predict(np.zeros((9, 2)))
