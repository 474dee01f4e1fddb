"""Scaling of series to the range of tanh."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError


@final
@dataclass(eq=False, repr=False)
class TanhScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers scaled so that those of the training rows fill -1 to 1, where tanh of a cell can reach them.

    Use it before a recurrent network, fitted on the training rows alone: later values may go beyond. Missing
    ones stay missing, and a constant becomes 0.

        z = 2 (x - low) / (high - low) - 1;  back: x = (z + 1) / 2 (high - low) + low

    After `fit` it has `low_` and `high_` of each feature.

    Raises:
        InputError: when there is an infinite value, or nothing but missing ones.

    Example:
        >>> scaler = TanhScaler().fit(np.array([0.0, 5.0, 10.0]))
        >>> scaler.transform(np.array([0.0, 10.0, 20.0])).tolist()
        [-1.0, 1.0, 3.0]

    Source:
        Brownlee (2017), "Time Series Forecasting with the Long Short-Term Memory Network in Python",
        machinelearningmastery.com, on sales of shampoo.
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the range of each feature.

        Args:
            X: (time) or (time, features), training rows alone.
            y: passed over.
        """
        values = _read(X)
        columns = values.reshape(len(values), -1)
        if not len(columns) or np.isnan(columns).all(0).any():
            raise InputError("each feature must have a known value", "none", "leave the feature out")
        self.low_: np.ndarray = np.nanmin(columns, 0)
        self.high_: np.ndarray = np.nanmax(columns, 0)
        self.n_features_in_: int = columns.shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the values scaled, in the shape of X.

        Args:
            X: (time) or (time, features).
        """
        values, low, width = self._parts(X)
        scaled: np.ndarray = (values - low) / width * 2 - 1
        return scaled

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return scaled values in their own units.

        Args:
            X: (time) or (time, features).
        """
        values, low, width = self._parts(X)
        back: np.ndarray = (values + 1) / 2 * width + low
        return back

    def _parts(self, X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        check_is_fitted(self)
        values = _read(X)
        if (n := values[:1].size if values.ndim > 1 else 1) != self.n_features_in_:
            raise InputError(f"X must have {self.n_features_in_} features", str(n), "give those of fit")
        width = self.high_ - self.low_
        constant = width == 0  # half a unit below, so that it becomes 0
        return values, np.where(constant, self.low_ - 0.5, self.low_), np.where(constant, 1.0, width)


def _read(X: Any) -> Float[np.ndarray, "time *features"]:
    values = np.asarray(X, dtype=np.float64)
    if values.ndim not in (1, 2):
        raise InputError("X must be (time) or (time, features)", f"shape {values.shape}", "reshape it")
    if np.isinf(values).any():
        row = int(np.argwhere(np.isinf(values))[0][0]) + 1
        raise InputError("X must be finite or missing", f"infinity in row {row}", "put NaN there")
    return values
