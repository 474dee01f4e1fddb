"""One line as the statistical paths see it: its scale, what each path forecasts, and their mixture."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netwright.estimators.forecasting.regression import LagRegression
from netwright.estimators.forecasting.smoothing import burn_in, choose_settings, smoothed

POWERS = (1.0, 0.5, 0.0)
"""Scales that are tried: as it is, the square root, the logarithm."""
SHARPNESS = 6.0
"""How strongly the mixture prefers the path with the smaller error."""


@dataclass
class FittedLine:
    """What was learned of one line, by targets before some step.

    Args:
        power: of the scale in which all is computed: 1, 0.5, or 0 for the logarithm.
        season: its length.
        settings: of the smoothing; None where the simple paths alone are used.
        correction: what lags say about the smoothing's errors.
        regression: of the values on their lags and level.
        driven: of the values on lags, level and covariates; None where there are none.
        weights: of the paths.
        spread: typical error of each step ahead.
        centre: the middle of the known values.
        reach: half of their range.
    """

    power: float
    season: int
    settings: np.ndarray | None = None
    correction: LagRegression | None = None
    regression: LagRegression | None = None
    driven: LagRegression | None = None
    weights: np.ndarray = field(default_factory=lambda: np.ones(1))
    spread: np.ndarray = field(default_factory=lambda: np.ones(1))
    centre: float = 0.0
    reach: float = 1.0

    def paths(self, z: np.ndarray, horizon: int, known: np.ndarray) -> np.ndarray:
        """Return what each path forecasts from every origin, (time, paths, horizon).

        Args:
            z: (time), in the scale of the line, NaN where missing.
            horizon: steps ahead, at most those of the fit.
            known: (time + horizon, covariates).
        """
        filled = fill_from_past(z, self.season)
        last = np.repeat(filled[:, None], horizon, 1)
        if self.settings is None:
            simple = [last] if self.season < 2 else [last, _same_place(filled, self.season, horizon)]
            return np.stack(simple, 1)
        smooth = smoothed(z, self.settings, self.season, horizon)
        found = [smooth]
        if self.correction is not None:
            found.append(smooth + self.correction(filled)[:, :horizon])
        if self.regression is not None:
            found.append(last + self.regression(filled)[:, :horizon])
        if self.driven is not None:
            found.append(last + self.driven(filled, known)[:, :horizon])
        found.append(
            _same_place(filled, self.season, horizon) if self.season > 1 else _drift(filled, horizon)
        )
        return np.stack(found, 1)

    def mixed(self, paths: np.ndarray) -> np.ndarray:
        """Return the mixture of the paths, (time, horizon).

        Args:
            paths: (time, paths, horizon).
        """
        mixture: np.ndarray = np.einsum("tkh,k->th", paths, self.weights)
        return mixture


def learn_line(
    y: np.ndarray,
    known: np.ndarray,
    season: int,
    horizon: int,
    end: int,
    *,
    window: int,
    simple: bool,
    like: FittedLine | None = None,
) -> FittedLine:
    """Fit the paths to the targets that lie before `end`; the mixture is left even.

    Args:
        y: (time).
        known: (time + horizon, covariates).
        season: its length.
        horizon: steps ahead.
        end: the first step that must not be seen.
        window: steps that regressions may see.
        simple: whether only the last value and the last season are used.
        like: a line whose scale and whose paths this one must have; None for whatever serves.
    """
    if simple:
        line = FittedLine(1.0, season)
    elif like is not None:
        settings = choose_settings(to_scale(y, like.power), season, horizon, end)
        line = FittedLine(like.power, season, settings)
    else:
        power, settings = _scale(y, season, horizon, end)
        line = FittedLine(power, season, settings)
    z = to_scale(y, line.power)
    seen = z[:end][np.isfinite(z[:end])]
    line.centre = float((seen.max() + seen.min()) / 2)
    line.reach = float((seen.max() - seen.min()) / 2) or 1.0
    if not simple and (like is None or like.regression is not None):
        _add_regressions(line, z, known, horizon, end, window)
    n_paths = line.paths(z[: max(2, burn_in(season))], horizon, known).shape[1]
    line.weights = np.full(n_paths, 1 / n_paths)
    return line


def weigh(line: FittedLine, z: np.ndarray, paths: np.ndarray, origins: np.ndarray) -> None:
    """Set the mixture by the errors from origins whose targets the paths have not seen.

    Args:
        line: whose weights are set.
        z: (time), in its scale.
        paths: (time, paths, horizon).
        origins: steps.
    """
    truth = ahead_of(z, paths.shape[2])[origins]
    errors = np.abs(from_scale(paths[origins], line.power) - from_scale(truth, line.power)[:, None])
    if not np.isfinite(errors).any():
        return  # nothing is known there
    mean = np.array([np.nanmean(errors[:, k]) for k in range(errors.shape[1])])
    best = max(float(mean.min()), 1e-12)
    worth = (best / np.maximum(mean, best)) ** SHARPNESS
    line.weights = worth / worth.sum()


def ahead_of(z: np.ndarray, horizon: int) -> np.ndarray:
    """Return what follows each step, (time, horizon), NaN beyond the end.

    Args:
        z: (time).
        horizon: steps.
    """
    padded = np.r_[z[1:], np.full(horizon, np.nan)]
    return np.lib.stride_tricks.sliding_window_view(padded, horizon)[: len(z)]


def to_scale(y: np.ndarray, power: float) -> np.ndarray:
    """Return values in the scale of a power.

    Args:
        y: values.
        power: 1, 0.5 or 0.
    """
    if power == 1:
        return y
    z: np.ndarray = np.sqrt(np.maximum(y, 0)) if power else np.log(np.maximum(y, np.finfo(float).tiny))
    return z


def from_scale(z: np.ndarray, power: float) -> np.ndarray:
    """Return values of a scale in their own units.

    Args:
        z: values in the scale.
        power: 1, 0.5 or 0.
    """
    if power == 1:
        return z
    y: np.ndarray = np.maximum(z, 0) ** 2 if power else np.exp(np.minimum(z, 700.0))
    return y


def fill_from_past(z: np.ndarray, season: int) -> np.ndarray:
    """Return the values with missing ones taken from one season before, else the last known one.

    What comes before the first known value takes it.

    Args:
        z: (time).
        season: its length.
    """
    missing = np.flatnonzero(~np.isfinite(z))
    if not len(missing):
        return z
    filled, first = z.copy(), int(np.flatnonzero(np.isfinite(z))[0])
    filled[:first] = z[first]
    for t in missing[missing >= first]:
        filled[t] = filled[t - season] if season > 1 and t - season >= first else filled[t - 1]
    return filled


def _scale(y: np.ndarray, season: int, horizon: int, end: int) -> tuple[float, np.ndarray]:
    """The scale in which smoothing is nearest, in the units of y; another than its own must gain 2 %."""
    known = y[np.isfinite(y)]
    tried = {}
    for power in POWERS:
        if power < 1 and (known.min() < 0 or (power == 0 and known.min() <= 0)):
            continue
        z = to_scale(y, power)
        settings = choose_settings(z, season, horizon, end)
        first = min(burn_in(season), max(end - horizon - 1, 0))
        at = slice(max(first, end - 1500), max(end - horizon, first + 1))
        ahead = from_scale(smoothed(z[:end], settings, season, horizon), power)
        error = float(np.nanmean(np.abs(ahead - ahead_of(y[:end], horizon))[at]))
        tried[power] = (error if power == 1 else 1.02 * error, settings)
    power = min(tried, key=lambda one: tried[one][0])
    return power, tried[power][1]


def _add_regressions(
    line: FittedLine, z: np.ndarray, known: np.ndarray, horizon: int, end: int, window: int
) -> None:
    filled = fill_from_past(z, line.season)
    lags = min(window, max(3, end // 12), 36)
    if end - max(lags, 2 * line.season) - horizon < 12:
        return
    truth = ahead_of(z, horizon)
    smooth = smoothed(z, line.settings, line.season, horizon)  # type: ignore[arg-type]
    shared: dict[str, Any] = {"lags": lags, "season": line.season, "end": end}
    line.correction = LagRegression.fitted(filled, truth - smooth, centre=None, **shared)
    rise = truth - filled[:, None]
    line.regression = LagRegression.fitted(filled, rise, centre=line.centre, **shared)
    if known.shape[1]:
        line.driven = LagRegression.fitted(filled, rise, centre=line.centre, known=known, **shared)


def _same_place(filled: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """The last value at the same place of the season."""
    steps = np.arange(1, horizon + 1)
    back = -(-steps // season) * season - steps
    at = np.maximum(np.arange(len(filled))[:, None] - back, 0)
    return filled[at]


def _drift(filled: np.ndarray, horizon: int) -> np.ndarray:
    """The last value, going on by the mean step so far."""
    t = np.maximum(np.arange(len(filled)), 1)
    slope = (filled - filled[0]) / t
    ahead: np.ndarray = filled[:, None] + slope[:, None] * np.arange(1, horizon + 1)
    return ahead
