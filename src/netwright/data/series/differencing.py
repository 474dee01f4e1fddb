"""Differencing: a series becomes its steps, seasonal or plain, and comes back from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError

Values = Float[np.ndarray, "time *features"]


@final
@dataclass(eq=False, repr=False)
class Differencing(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A series as its differences over given lags, one after the other, and back.

    Use it where a series has a trend (lag 1) or a season (its length), which a network that has seen small
    values only cannot go on with. The way back is exact in whole numbers, and to rounding in others.

        d_t = y_t - y_(t-lag);  back: y_t = d_t + y_(t-lag)

    After `fit` it has `heads_`, the first values of each stage, and `tails_`, the last ones, from which
    forecasts go on.

    Args:
        lags: of each stage; (12, 1) takes the season of twelve steps out, then the trend.

    Raises:
        InputError: in `fit`, when a lag is no whole number from 1, or the series no longer than their sum.

    Example:
        >>> year = np.array([1.0, 2.0, 4.0, 3.0, 4.0, 6.0])
        >>> steps = Differencing(lags=(3, 1)).fit(year)
        >>> steps.transform(year).tolist(), steps.continued(np.zeros(3)).tolist()
        ([0.0, 0.0], [5.0, 6.0, 8.0])
        >>> steps.inverse_transform(steps.transform(year)).tolist()
        [1.0, 2.0, 4.0, 3.0, 4.0, 6.0]

    Source:
        Brownlee (2017), "Time Series Forecasting with the Long Short-Term Memory Network in Python",
        machinelearningmastery.com, on sales of shampoo.
    """

    lags: Sequence[int] = (1,)

    def fit(self, y: Any, _y: Any = None) -> Self:
        """Remember the ends of a series.

        Args:
            y: (time) or (time, features).
            _y: passed over.
        """
        values = _read(y)
        for lag in self.lags:
            if not isinstance(lag, (int, np.integer)) or lag < 1:
                raise InputError("lags must be whole numbers from 1", repr(lag), "such as (12, 1)")
        if len(values) <= sum(self.lags):
            raise InputError(
                f"a series must have more than the {sum(self.lags)} steps of the lags",
                str(len(values)),
                "take fewer lags, or give more of it",
            )
        self.heads_: list[np.ndarray] = []
        self.tails_: list[np.ndarray] = []
        for lag in self.lags:
            self.heads_.append(values[:lag].copy())
            self.tails_.append(values[-lag:].copy())
            values = values[lag:] - values[:-lag]
        return self

    def transform(self, y: Any) -> np.ndarray:
        """Return the differences, shorter by the sum of the lags.

        Args:
            y: (time) or (time, features), any series of the same form.
        """
        check_is_fitted(self)
        values = _read(y)
        for lag in self.lags:
            values = values[lag:] - values[:-lag]
        return values

    def inverse_transform(self, y: Any) -> np.ndarray:
        """Return the series whose differences these are, and which begins as the fitted one did.

        Args:
            y: what `transform` gave.
        """
        check_is_fitted(self)
        values = _read(y)
        for head in reversed(self.heads_):
            values = np.concatenate([head, _summed(values, head)])
        return values

    def continued(self, y: Any) -> np.ndarray:
        """Return what follows the fitted series when these differences follow: how forecasts come back.

        Args:
            y: (horizon) or (horizon, features) of differences.
        """
        check_is_fitted(self)
        values = _read(y)
        for tail in reversed(self.tails_):
            values = _summed(values, tail)
        return values


def _summed(steps: Values, before: Values) -> Values:
    """Add to each step the value one lag before it, which `before` holds for the first ones."""
    lag, n = len(before), len(steps)
    padded = np.concatenate([steps, np.zeros((-n % lag, *steps.shape[1:]), steps.dtype)])
    columns = padded.reshape(-1, lag, *steps.shape[1:])
    summed: np.ndarray = np.cumsum(np.concatenate([before[None], columns]), axis=0)[1:]
    return summed.reshape(-1, *steps.shape[1:])[:n]


def _read(y: Any) -> np.ndarray:
    values = np.asarray(y)
    if values.ndim not in (1, 2) or values.dtype.kind not in "iufb":
        came = f"{values.dtype} of shape {values.shape}"
        raise InputError("a series must be numbers, (time) or (time, features)", came, "give such an array")
    return values if values.dtype.kind in "if" else values.astype(np.int64)
