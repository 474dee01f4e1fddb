"""Changes, transients and edges of a signal: where its wavelet transform has maxima across scales."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int64
from sklearn.utils.validation import check_array

from netwright.core.errors import InputError

SCALES = (1, 2, 4, 8, 16, 32)

ROUNDING = 1e-9
"""Of the largest number: what is smaller may come from rounding."""

EDGE = (4.0, 3.3)
"""Standard deviations by which an edge must rise above the slope on which it stands: at the scale whose noise
helped it to be found, or at the next."""


class Changes(NamedTuple):
    """Where a signal changes, in the order of time.

    Args:
        times: (changes), the first step behind each change.
        sizes: (changes), by how much the mean over a scale goes up, or down where negative.
        regularity: (changes), about 0 for an edge, which stays; about -1 for a transient, a spike of few
            steps, which passes; towards 1 for a slope.

    Example:
        >>> Changes(np.array([3]), np.array([1.0]), np.array([0.0])).times
        array([3])
    """

    times: Int64[np.ndarray, " changes"]
    sizes: Float[np.ndarray, " changes"]
    regularity: Float[np.ndarray, " changes"]

    @property
    def transient(self) -> np.ndarray:
        """(changes), whether each is a spike, or the end of one, rather than an edge."""
        return self.regularity < -0.5


def wavelet_changes(
    x: Any,
    scales: Sequence[int] = SCALES,
    false_alarms: float = 0.01,
    noise: float | None = None,
    slopes: bool = False,
) -> Changes:
    """Find where a noisy signal jumps: by the maxima of its wavelet transform, from fine scales to coarse.

    Use it to cut a series into pieces that are alike, to find when a process was switched, and to tell spikes
    from steps. Nothing is learned. A jump of d standard deviations of the noise is found where pieces are
    about 2 (5 / d)^2 steps long or longer.

        D_s(t) = mean x[t : t + s] - mean x[t - s : t],   W_s(t) = D_s(t) sqrt(s / 2) / sigma
        change: a maximum of |W_s| over places nearer than s, above the threshold, with none of a finer scale
        within its reach
        threshold: which noise alone exceeds anywhere, at any scale, with the chance false_alarms
        no slope: |D_s(t) - (D_s(t - s) + D_s(t + s)) / 2| sqrt(s / 5) > 4 sigma, or 3.3 at the next scale
    regularity: growth of log2 |D_s| with log2 s, around the scale where it was found

    sigma is taken from differences of neighbours, whose median few jumps do not move.

    Args:
        x: (time), finite.
        scales: steps over which means are compared.
        false_alarms: chance of any false change in a signal that is noise alone.
        noise: standard deviation of the noise, where it is known.
        slopes: whether slopes are changes, too; else they are left out.

    Raises:
        InputError: when x is no signal, is shorter than two steps of the finest scale, or a setting is none.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = np.repeat([0.0, 2.0, -1.0], 60) + rng.normal(0, 0.3, 180)
        >>> wavelet_changes(x).times
        array([ 60, 120])

    Source:
        Mallat and Hwang (1992), "Singularity Detection and Processing with Wavelets", doi:10.1109/18.119727.
        Differs: the wavelet is Haar's, whose maxima stand where means change; maxima need not hang together
        across all scales.
    """
    values = _check(x, scales, false_alarms)
    n = len(values)
    used = sorted({int(scale) for scale in scales if 2 * scale <= n})
    spread = _noise(values) if noise is None else float(noise)
    threshold = max(_threshold(n * len(used), false_alarms) * spread, ROUNDING * float(np.abs(values).max()))
    steps = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    jumps = {scale: _mean_differences(steps, scale) for scale in used}
    found: list[tuple[int, int]] = []
    for scale in used:
        weighted = np.abs(jumps[scale]) * math.sqrt(scale / 2)
        free = np.ones(n, dtype=bool)
        for time, _ in found:
            free[max(time - scale, 0) : time + scale + 1] = False
        found += [(time, scale) for time in _maxima(weighted, scale, threshold, free)]
    rounding = ROUNDING * float(np.abs(values).max())
    kept = sorted(one for one in found if slopes or _is_edge(jumps, *one, max(spread, rounding)))
    return Changes(
        np.array([time for time, _ in kept], dtype=np.int64),
        np.array([jumps[scale][time] for time, scale in kept], dtype=np.float64),
        np.array([_regularity(jumps, time, scale) for time, scale in kept], dtype=np.float64),
    )


def _check(x: Any, scales: Sequence[int], false_alarms: float) -> np.ndarray:
    if not scales or min(scales) < 1:
        raise InputError("scales must be whole numbers from 1", repr(scales), f"such as {SCALES}")
    if not 0 < false_alarms < 1:
        raise InputError("false_alarms must be between 0 and 1", repr(false_alarms), "0.01 is usual")
    values: np.ndarray = check_array(x, ensure_2d=False, dtype=np.float64, input_name="x")
    if values.ndim != 1 or len(values) < 2 * min(scales):
        expected = f"x must be one signal, (time), of {2 * min(scales)} steps or more"
        raise InputError(expected, f"shape {values.shape}", "call it for each signal by itself")
    return values


def _noise(values: np.ndarray) -> float:
    """The standard deviation of white noise, from differences of neighbours."""
    return float(np.median(np.abs(np.diff(values))) / (0.6744897501960817 * math.sqrt(2)))


def _threshold(n_places: int, false_alarms: float) -> float:
    """What the largest of so many standard normal numbers exceeds with this chance at most."""
    from scipy.stats import norm

    return float(norm.isf(false_alarms / (2 * n_places)))


def _mean_differences(steps: np.ndarray, scale: int) -> np.ndarray:
    """Mean of the steps from each place on, less that of those before it; zero where there is no room."""
    n = len(steps) - 1
    out = np.zeros(n)
    middle = np.arange(scale, n - scale + 1)
    out[middle] = (steps[middle + scale] - 2 * steps[middle] + steps[middle - scale]) / scale
    return out


def _maxima(weighted: np.ndarray, scale: int, threshold: float, free: np.ndarray) -> list[int]:
    """Places above the threshold, the largest first, none nearer to a larger one than the scale."""
    left = np.where(free & (weighted > threshold), weighted, 0.0)
    found = []
    while left.any():
        time = int(left.argmax())
        found.append(time)
        left[max(time - scale, 0) : time + scale + 1] = 0.0
    return found


def _is_edge(jumps: dict[int, np.ndarray], time: int, scale: int, spread: float) -> bool:
    """Whether the mean difference is another than one scale before and behind, at this or the next scale."""
    for one, least in zip([known for known in jumps if known >= scale], EDGE, strict=False):
        jump = jumps[one]
        room = range(one, len(jump) - one + 1)
        sides = [jump[place] for place in (time - one, time + one) if place in room]
        if one > scale and not (sides and time in room):
            continue  # at an end there is nothing to compare with
        rise = jump[time] - (np.mean(sides) if sides else 0.0)
        if abs(rise) * math.sqrt(one / 5) > least * spread:
            return True
    return False


def _regularity(jumps: dict[int, np.ndarray], time: int, scale: int) -> float:
    """How the mean difference around a place grows with the scale, over three of them."""
    used = list(jumps)
    first = max(min(used.index(scale) - 1, len(used) - 3), 0)
    near = used[first : first + 3]
    sizes = [np.abs(jumps[one][max(time - one // 2, 0) : time + one // 2 + 1]).max() for one in near]
    known = [(math.log2(one), math.log2(size)) for one, size in zip(near, sizes, strict=True) if size > 0]
    if len(known) < 2:
        return 0.0
    scales, differences = np.array(known).T
    return float(np.polyfit(scales, differences, 1)[0])
