"""How long the season of a series is, and how far back a window should reach, each with its reason."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from netwright.core.errors import InputError

Series = Float[np.ndarray, " time"]

CALENDAR = {
    "YE": (),
    "YS": (),
    "QS": (4,),
    "QE": (4,),
    "MS": (12,),
    "ME": (12,),
    "W": (52,),
    "D": (7,),
    "B": (5,),
    "h": (24, 168),
    "min": (60, 1440),
    "s": (60,),
}
"""Steps in the cycles that a frequency suggests."""


class Chosen(NamedTuple):
    """A number that was chosen, and why.

    Args:
        value: the number.
        reason: in one sentence.

    Example:
        >>> Chosen(12, "the year").value
        12
    """

    value: int
    reason: str


def autocorrelation(y: Any, n_lags: int) -> Float[np.ndarray, " lags"]:
    """Return how a series is correlated with itself 0, 1, ... n_lags steps before, missing steps passed over.

        r_k = mean((y_t - m)(y_(t-k) - m)) / mean((y_t - m)^2), over pairs of known steps, times (n - k) / n

    Args:
        y: (time).
        n_lags: the longest lag.

    Raises:
        InputError: when y is not one series.

    Example:
        >>> autocorrelation([1.0, -1.0] * 50, 2).round(2).tolist()
        [1.0, -0.99, 0.98]
    """
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError("y must be one series, (time)", f"shape {values.shape}", "take one column")
    n_lags = min(n_lags, len(values) - 1)
    known = np.isfinite(values)
    centred = np.where(known, values - (values[known].mean() if known.any() else 0.0), 0.0)
    size = 2 ** int(np.ceil(np.log2(2 * len(values))))
    products = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: n_lags + 1]
    pairs = np.fft.irfft(np.abs(np.fft.rfft(known.astype(float), size)) ** 2, size)[: n_lags + 1]
    means = products / np.maximum(pairs.round(), 1)
    weights = (len(values) - np.arange(n_lags + 1)) / len(values)
    lagged: np.ndarray = means * weights / means[0] if means[0] > 0 else np.eye(1, n_lags + 1)[0]
    return lagged


def find_season(y: Any, frequency: Any = None) -> Chosen:
    """Return how many steps the season of a series has, 1 for none, with the reason.

    Lengths that the frequency suggests are tried first; without one, peaks of the autocorrelation of the
    differences. A season counts when the differences at its lag are correlated beyond twice what chance
    would give (Bartlett's bound), and two of it are there.

    Args:
        y: (time).
        frequency: an alias of pandas, or None.

    Example:
        >>> wave = np.sin(np.arange(120) * 2 * np.pi / 12) + 0.01 * np.arange(120)
        >>> find_season(wave).value, find_season(wave, "MS").value
        (12, 12)
    """
    values = np.asarray(y, dtype=np.float64)
    longest = len(values) // 2
    steps = np.diff(values)
    if longest < 2 or not np.isfinite(steps).any() or not np.nanstd(steps) > 0:
        return Chosen(1, "the series is too short or too even for a season")
    lags = autocorrelation(steps, min(longest, 800) + 1)
    bound = 2 * _bartlett(lags, len(steps))
    asked = _suggested(frequency)
    for length in sorted((one for one in asked if one <= longest), key=lambda one: -lags[one]):
        if (
            lags[length] > max(bound[length], 0.1)
            and lags[length] >= lags[length - 1 : length + 2].max() - 1e-9
        ):
            return Chosen(
                length, f"the step {frequency!r} suggests it, {_worth(lags[length], bound[length])}"
            )
    if asked:
        return Chosen(1, f"no cycle that the step {frequency!r} suggests shows in the autocorrelation")
    peaks = [
        k
        for k in range(3, len(lags) - 1)
        if lags[k] > lags[k - 1] and lags[k] >= lags[k + 1] and lags[k] > max(bound[k], 0.3)
    ]
    if not peaks:
        return Chosen(1, "the autocorrelation of the differences has no peak beyond chance")
    best = max(peaks, key=lambda k: lags[k])
    near = next(k for k in peaks if lags[k] > 0.85 * lags[best])  # multiples of a season peak as well
    return Chosen(near, _worth(lags[near], bound[near]))


def choose_window(y: Any, *, season: int = 1, horizon: int = 1) -> Chosen:
    """Return how many steps a network should see, with the reason.

    Two seasons where there is one, so that the last can be seen against the one before; else as far as the
    autocorrelation of the differences reaches beyond chance, and as far back as is looked ahead. A fifth of
    the series is the most, for there must be windows to learn from.

    Args:
        y: (time).
        season: its length, 1 for none.
        horizon: steps ahead.

    Example:
        >>> choose_window(np.random.default_rng(0).normal(size=200), season=12, horizon=6).value
        24
    """
    values = np.asarray(y, dtype=np.float64)
    most = max(4, len(values) // 5)
    if season > 1:
        wanted, why = max(2 * season, min(horizon, 2 * season)), f"two seasons of {season} steps"
        if wanted > most >= season:
            wanted, why = season, f"one season of {season} steps"
    else:
        steps = np.diff(values)
        lags = autocorrelation(steps, min(64, max(len(steps) - 1, 1)))
        bound = 2 / np.sqrt(max(len(steps), 1))
        reach = int(np.flatnonzero(np.abs(lags) > bound).max(initial=0)) + 1
        wanted, why = max(reach, min(horizon, 32), 8), f"differences are correlated over {reach} steps"
    if wanted > most:
        return Chosen(most, f"{why}, but a fifth of {len(values)} steps is the most")
    return Chosen(wanted, why)


_NONE: tuple[int, ...] = ()


def _suggested(frequency: Any) -> tuple[int, ...]:
    if not isinstance(frequency, str):
        return _NONE
    letters = frequency.split("-")[0].lstrip("0123456789")
    count = int(frequency[: len(frequency.split("-")[0]) - len(letters)] or 1)
    lengths = CALENDAR.get(letters)
    if lengths is None:
        return _NONE
    if letters == "min":
        lengths = (1440, 10080)
    return tuple(length // count for length in lengths if length % count == 0 and length // count > 1)


def _bartlett(lags: np.ndarray, n: int) -> np.ndarray:
    """One standard error of each lag's autocorrelation, were those beyond it nothing but chance."""
    before = np.r_[0.0, np.cumsum(lags[1:] ** 2)][:-1]
    bound: np.ndarray = np.r_[0.0, np.sqrt((1 + 2 * before) / n)]
    return bound


def _worth(found: float, bound: float) -> str:
    return f"the differences are correlated {found:.2f} at that lag, by chance within {bound:.2f}"
