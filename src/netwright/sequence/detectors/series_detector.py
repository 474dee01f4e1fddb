"""What detectors of anomalies in one series share: windows, a scale of residuals, and a threshold."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import maximum_filter1d
from scipy.stats import norm
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from netwright.core.errors import InputError
from netwright.data import SequenceSamples
from netwright.estimators import DeepEstimator
from netwright.estimators.series_rows import read_series
from netwright.estimators.twins import TwinHead

Bands = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

ROUNDS = 5
"""How often a series is judged again with what was found replaced."""


class StepDetector(OutlierMixin, ABC):  # type: ignore[misc]
    """What says of each step of a series how odd it is, and from where on it is an anomaly.

    After `fit` it has `offset_`, the score below which a step is called one.
    """

    offset_: float

    @abstractmethod
    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the oddness of each step, (time).

        Args:
            X: a series as in `fit`.
        """

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores less the threshold, (time): below 0 are anomalies.

        Args:
            X: a series as in `fit`.
        """
        scores: np.ndarray = self.score_samples(X) - self.offset_
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 for usual steps and -1 for anomalies, (time).

        Args:
            X: a series as in `fit`.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)


class SeriesDetector(StepDetector, DeepEstimator, ABC):
    """What detectors of anomalies share: fitted to one series, they say of each of its steps how odd it is.

    A final detector has the fields `window` and `false_alarms` and gives `build`, `target_steps` and
    `_residuals`. After `fit` it has `scaler_`, `noise_`, the standard deviation of usual residuals, and
    `offset_`, the score below which a step is called an anomaly.

    Example:
        >>> from netwright.sequence import SeriesAnomalyDetector
        >>> issubclass(SeriesAnomalyDetector, SeriesDetector)
        True
    """

    window: int
    false_alarms: float
    shift_: np.ndarray
    noise_: np.ndarray
    offset_: float

    @property
    @abstractmethod
    def target_steps(self) -> int:
        """Steps behind a window that it is to foretell."""

    @abstractmethod
    def _residuals(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is expected, (time, features), the doubt in it, and of which steps something is expected."""

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return windows standardised."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how a series usually goes on.

        Args:
            X: one series, (time) or (time, features), most of it usual; NaN where a value is missing.
            y: passed over.

        Raises:
            ValueError: when X or a setting cannot be used; the message says what to do.
        """
        if not 0 < self.false_alarms < 0.5:
            raise InputError("false_alarms must be from 0 to 0.5", repr(self.false_alarms), "0.001 is usual")
        if not (isinstance(self.window, int) and self.window > 0):
            raise InputError("window must be a whole number from 1", repr(self.window), "24 is usual")
        values = self._series(X, fitting=True)
        windows = self._windows(filled(values))
        n_windows = len(windows)
        self._learn(
            windows, torch.zeros(n_windows), lambda _: TwinHead(values.shape[1]), time=np.arange(n_windows)
        )
        self.offset_ = -float(norm.isf(self.false_alarms / (2 * values.shape[1])))
        self.noise_ = np.ones(values.shape[1])
        expected, _, known = self._residuals(filled(values))
        self.noise_ = _robust_scale((values - expected)[known])
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the oddness of each step, (time): its residual in standard deviations.

        Where nothing is expected, or a value is missing, it is 0.

        Args:
            X: a series as in `fit`; it is judged from its own first window on.
        """
        check_is_fitted(self)
        return -self._judge(self._series(X)).oddness

    def expected(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what each step was expected to be and the standard deviation of that, both (time, features).

        Both are NaN where nothing is expected. Anomalies are replaced by what was expected, so that they do
        not spoil what is expected behind them.

        Args:
            X: a series as in `fit`.
        """
        check_is_fitted(self)
        judged = self._judge(self._series(X))
        return judged.expected + self.shift_, judged.spread

    def _judge(self, values: np.ndarray) -> "Judged":
        return judge(values, looking_again(self._bands, self.window + self.target_steps), -self.offset_)

    def _bands(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is expected, its standard deviation, and of which steps something is expected."""
        expected, doubt, known = self._residuals(values)
        return expected, np.sqrt(np.square(self.noise_) + np.square(doubt)), known

    def _series(self, X: Any, *, fitting: bool = False) -> Float[np.ndarray, "time features"]:
        values = check_array(
            X, ensure_2d=False, dtype=np.float64, ensure_all_finite="allow-nan", input_name="X"
        )
        values = values[:, None] if values.ndim == 1 else values
        validate_data(self, values, skip_check_array=True, reset=fitting)
        least = self.window + (2 if fitting else 1) * max(self.target_steps, 1)
        if len(values) < least:
            expected = f"X must have at least {least} steps for windows of {self.window}"
            raise InputError(expected, f"n_samples = {len(values)}", "give more, or shorten the window")
        if np.isnan(values).all(axis=0).any():
            raise InputError("X must have a value in each column", "only NaN", "leave that column out")
        if fitting:
            self.shift_ = np.nanmedian(values, axis=0)  # float32 keeps little beside a large number
        shifted: np.ndarray = values - self.shift_
        return shifted

    def _windows(self, values: np.ndarray) -> SequenceSamples:
        """All windows with the steps behind them."""
        size = self.window + self.target_steps
        pieces = torch.from_numpy(values).float().unfold(0, size, 1)  # (windows, features, size)
        pieces = pieces.transpose(1, 2)
        lengths = torch.full((len(pieces),), size)
        return SequenceSamples(pieces.reshape(-1, values.shape[1]), lengths)

    def __sklearn_tags__(self) -> Any:
        """Say that values may be missing, and categories not be there."""
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = False
        return tags


class Judged(NamedTuple):
    """What was found of each step of a series.

    Args:
        oddness: (time), the largest residual of a step in standard deviations; 0 where nothing is expected.
        expected: (time, features), NaN where nothing is.
        spread: (time, features), standard deviation of what is expected.

    Example:
        >>> Judged(np.zeros(2), np.zeros((2, 1)), np.ones((2, 1))).oddness
        array([0., 0.])
    """

    oddness: Float[np.ndarray, " time"]
    expected: Float[np.ndarray, "time features"]
    spread: Float[np.ndarray, "time features"]


def judge(values: np.ndarray, bands: Bands, threshold: float) -> Judged:
    """Return how odd each step is, where what was found is replaced by what was expected, until that settles.

    So an anomaly does not spoil what is expected behind it.

    Args:
        values: (time, features), NaN where one is missing.
        bands: series without gaps -> what is expected, its standard deviation, and where something is.
        threshold: in standard deviations, above which a step is replaced.

    Example:
        >>> still = lambda x: (np.zeros_like(x), np.ones_like(x), np.ones(len(x), dtype=bool))
        >>> judge(np.array([[0.0], [7.0]]), still, 3.0).oddness
        array([0., 7.])
    """
    cleaned = filled(values)
    for _ in range(ROUNDS):
        expected, spread, known = bands(cleaned)
        odd = np.nan_to_num(np.abs(values - expected) / spread)
        odd[~known] = 0.0
        instead = (np.isnan(values) & known[:, None]) | (odd > threshold)
        before, cleaned = cleaned, np.where(instead, expected, filled(values))
        if np.array_equal(before, cleaned):
            break
    expected, spread = (np.where(known[:, None], one, np.nan) for one in (expected, spread))
    return Judged(odd.max(axis=1), expected, spread)


def looking_again(bands: Bands, reach: int) -> Bands:
    """Return bands that, asked again, look only at what has changed since then, and at what that may move.

    Args:
        bands: series without gaps -> what is expected, its standard deviation, and where something is.
        reach: steps to either side beyond which a value has no influence.

    Example:
        >>> asked = []
        >>> bands = looking_again(lambda x: asked.append(len(x)) or (x, np.ones_like(x), x[:, 0] > -1), 2)
        >>> _ = bands(np.zeros((50, 1)))
        >>> bands(np.eye(50, 1, -20))[0].ravel().nonzero()[0], asked
        (array([20]), [50, 9])
    """
    asked: np.ndarray | None = None
    found: tuple[np.ndarray, np.ndarray, np.ndarray]

    def again(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        nonlocal asked, found
        if asked is None:
            found = bands(values)
        else:
            expected, spread, where = found
            found = expected.copy(), spread.copy(), where.copy()
            for start, stop in _touched((values != asked).any(axis=1), reach):
                first = max(start - reach, 0)
                for whole, part in zip(found, bands(values[first : stop + reach]), strict=True):
                    whole[start:stop] = part[start - first : stop - first]
        asked = values
        return found

    return again


def _touched(changed: np.ndarray, reach: int) -> list[tuple[int, int]]:
    """The stretches, from one step to another, that lie within reach of a change."""
    near = maximum_filter1d(changed.astype(np.int8), 2 * reach + 1, mode="constant")
    edges = np.flatnonzero(np.diff(np.r_[0, near, 0]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def filled(values: np.ndarray) -> np.ndarray:
    """Return a series with straight lines over what is missing.

    Args:
        values: (time, features).

    Example:
        >>> filled(np.array([[1.0], [np.nan], [3.0]])).tolist()
        [[1.0], [2.0], [3.0]]
    """
    out, time = values.copy(), np.arange(len(values))
    for column in range(values.shape[1]):
        gap = np.isnan(values[:, column])
        if gap.any():
            out[gap, column] = np.interp(time[gap], time[~gap], values[~gap, column])
    return out


def _robust_scale(residuals: np.ndarray) -> np.ndarray:
    """The standard deviation of each column, from the median size, which anomalies do not move."""
    sizes = np.nanmedian(np.abs(residuals), axis=0) / norm.ppf(0.75)
    scale: np.ndarray = np.maximum(sizes, np.finfo(np.float32).eps * np.nanmax(np.abs(residuals), axis=0))
    return np.where(scale > 0, scale, np.finfo(np.float64).tiny)
