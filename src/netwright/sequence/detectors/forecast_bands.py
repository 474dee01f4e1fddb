"""Anomalies of a series by the bands of any forecaster."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from scipy.stats import norm
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_array, check_is_fitted

from netwright.core.errors import InputError
from netwright.sequence.detectors.series_detector import Judged, StepDetector, judge
from netwright.sequence.recurrent_forecaster import RecurrentForecaster

LEVEL = 0.8
"""Of the bands that are asked for: wide ones would rest on few errors, and on anomalies among them."""


@final
@dataclass(eq=False, repr=False)
class ForecastBandDetector(StepDetector, BaseEstimator):  # type: ignore[misc]
    """Find steps of a series that leave the band of a forecaster, one step ahead.

    Use it where a forecaster serves anyhow: what it forecast from the step before is compared with what came.
    A forecaster that learns seasons and trends by statistics needs fewer steps than the network of
    `SeriesAnomalyDetector`.

        anomaly: |x_t - f(x_1 ... x_(t-1))| > z sigma_t,   sigma_t = half of the band of 80 % / 1.2816
        z: a normal number exceeds it, on either side, with the chance false_alarms

    Args:
        forecaster: with `fit`, `forecasts_of` and `bands_of`; None for `RecurrentForecaster(horizon=1)`.
        false_alarms: share of usual steps that may be called anomalies, where errors are normal.
        settling: steps at the beginning of a series that are not judged: the forecaster has seen too little.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> x = np.tile([3.0, 1.0, 2.0, 5.0], 30) + np.random.default_rng(0).normal(0, 0.1, 120)
        >>> x[90] += 2
        >>> model = ForecastBandDetector(RecurrentForecaster(horizon=1, random_state=0)).fit(x)
        >>> int(model.score_samples(x).argmin())
        90

    Source:
        Zhu and Laptev (2017), "Deep and Confident Prediction for Time Series at Uber", arXiv:1709.01907.
        Differs: the band is whatever the forecaster gives, here calibrated on steps that it had not seen.
    """

    forecaster: Any = None
    false_alarms: float = 0.001
    settling: int = 12

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the forecaster.

        Args:
            X: one series, (time) or (time, features), most of it usual; NaN where a value is missing.
            y: passed over.

        Raises:
            ValueError: when X or a setting cannot be used; the message says what to do.
        """
        if not 0 < self.false_alarms < 0.5:
            raise InputError("false_alarms must be from 0 to 0.5", repr(self.false_alarms), "0.001 is usual")
        values = self._series(X)
        self.n_features_in_ = values.shape[1]
        self.forecaster_ = clone(self.forecaster or RecurrentForecaster(horizon=1)).fit(values)
        self.offset_ = -float(norm.isf(self.false_alarms / (2 * values.shape[1])))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the oddness of each step, (time): its error in standard deviations.

        Args:
            X: a series as in `fit`.
        """
        return -self._judge(X).oddness

    def expected(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what each step was expected to be and the standard deviation of that, both (time, features).

        Args:
            X: a series as in `fit`.
        """
        judged = self._judge(X)
        return judged.expected, judged.spread

    def _judge(self, X: Any) -> Judged:
        check_is_fitted(self)
        values = self._series(X)
        if values.shape[1] != self.n_features_in_:
            came = str(values.shape[1])
            raise InputError(f"X must have {self.n_features_in_} columns", came, "give those of fit")
        return judge(values, self._bands, -self.offset_)

    def _bands(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        middle = _one_ahead(self.forecaster_.forecasts_of(y=values), values.shape)
        lower, upper = (_one_ahead(end, values.shape) for end in self.forecaster_.bands_of(LEVEL, y=values))
        spread = (upper - lower) / (2 * norm.ppf((1 + LEVEL) / 2))
        known = np.isfinite(middle).all(axis=1) & (spread > 0).all(axis=1)
        known &= np.arange(len(values)) >= self.settling
        return np.where(known[:, None], middle, 0.0), np.where(known[:, None], spread, 1.0), known

    def _series(self, X: Any) -> np.ndarray:
        values: np.ndarray = check_array(
            X, ensure_2d=False, dtype=np.float64, ensure_all_finite="allow-nan", input_name="X"
        )
        return values[:, None] if values.ndim == 1 else values


def _one_ahead(made: Any, shape: tuple[int, ...]) -> np.ndarray:
    """What the first step ahead of the step before was forecast to be; NaN for the first step."""
    ahead = np.asarray(made, dtype=np.float64)[..., 0].reshape(shape)
    return np.vstack([np.full((1, shape[1]), np.nan), ahead[:-1]])
