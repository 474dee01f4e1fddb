"""Windows of a series: what was seen, and what came next."""

import numpy as np
from jaxtyping import Shaped
from numpy.lib.stride_tricks import sliding_window_view

from netwright.core.errors import InputError

Values = Shaped[np.ndarray, "time *features"]
Windows = tuple[
    Shaped[np.ndarray, "windows window *features"], Shaped[np.ndarray, "windows horizon *features"]
]


def sliding_windows(values: Values, window: int, horizon: int = 1, *, stride: int = 1) -> Windows:
    """Return all windows of a series and the steps that follow each, as views: nothing is copied.

    Use it to turn a series, or several signals side by side, into what a network learns from, with a window
    that is set beforehand.

        X[i] = values[i : i + window],  Y[i] = values[i + window : i + window + horizon]

    Args:
        values: (time) or (time, features).
        window: steps that are seen.
        horizon: steps that follow.
        stride: steps from one window to the next.

    Raises:
        InputError: when a number is not positive, or the series is shorter than window and horizon.

    Example:
        >>> X, Y = sliding_windows(np.arange(6), window=3, horizon=2)
        >>> X.tolist(), Y.tolist()
        ([[0, 1, 2], [1, 2, 3]], [[3, 4], [4, 5]])
        >>> np.shares_memory(X, Y)
        True

    Source:
        Zhu and Laptev (2017), "Engineering Uncertainty Estimation in Neural Networks for Time Series
        Prediction at Uber", Uber engineering blog, eng.uber.com/neural-networks-uncertainty-estimation.
    """
    values = np.asarray(values)
    for name, number in (("window", window), ("horizon", horizon), ("stride", stride)):
        if not isinstance(number, (int, np.integer)) or number < 1:
            raise InputError(f"{name} must be a whole number from 1", repr(number), "give a number of steps")
    if values.ndim < 1 or len(values) < window + horizon:
        came = f"{len(values)} steps" if values.ndim else "a single number"
        raise InputError(
            f"a series must have {window + horizon} steps, for a window of {window} and {horizon} ahead",
            came,
            "shorten them, or give more of it",
        )
    both = np.moveaxis(sliding_window_view(values, window + horizon, axis=0), -1, 1)[::stride]
    return both[:, :window], both[:, window:]


def split_windows(
    values: Values, window: int, horizon: int = 1, *, boundary: int, stride: int = 1
) -> tuple[Windows, Windows]:
    """Return the windows to learn from and those to be judged by, with nothing of the second in the first.

    Windows to learn from end, with all that follows them, before the boundary; what is to be predicted in the
    others begins at the boundary or after it, and what they see may reach back, as it will in use.

    Args:
        values: (time) or (time, features).
        window: steps that are seen.
        horizon: steps that follow.
        boundary: the first step of the future.
        stride: steps from one window to the next.

    Raises:
        InputError: when either side has no window.

    Example:
        >>> (_, learned), (_, judged) = split_windows(np.arange(10), 2, 2, boundary=6)
        >>> learned.max(), judged.min()
        (np.int64(5), np.int64(6))
    """
    values = np.asarray(values)
    if not window + horizon <= boundary <= len(values) - horizon:
        raise InputError(
            f"boundary must be from {window + horizon} to {len(values) - horizon}, for windows on both sides",
            str(boundary),
            "move it, or shorten window and horizon",
        )
    learned = sliding_windows(values[:boundary], window, horizon, stride=stride)
    return learned, sliding_windows(values[boundary - window :], window, horizon, stride=stride)
