"""Bands that hold what they promise: conformal calibration of each step ahead on rolling origins."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import t as student

from netwright.core.errors import InputError
from netwright.estimators.forecasting.line import FittedLine, from_scale, to_scale

ALONE = 30
"""Independent origins that a step ahead must have to be calibrated by its own errors alone."""


@dataclass
class Calibration:
    """Errors of forecasts from origins whose future was not seen, in units of the expected error.

    A band reaches from the forecast so many expected errors to both sides as held the asked share of the
    calibration errors. Each step ahead has its own share of them; where origins are few, those of all steps
    together are used besides, and the band is widened as Student's t is beside the normal one, by as many
    degrees of freedom as independent errors would tell as much.

    Args:
        errors: (origins, horizon), signed; NaN where unknown.
        spread: expected error of each step, (horizon), that never falls.
    """

    errors: np.ndarray = field(default_factory=lambda: np.zeros((0, 1)))
    spread: np.ndarray = field(default_factory=lambda: np.ones(1))

    def reach(self, level: float, horizon: int) -> np.ndarray:
        """Return how far a band reaches, in expected errors, for each step ahead.

        Args:
            level: share of the future that is to lie within, such as 0.8.
            horizon: steps ahead, beyond those calibrated too.
        """
        if not 0 < level < 1:
            raise InputError("level must be a share between 0 and 1", repr(level), "such as 0.8")
        size = np.abs(self.errors)
        known = np.isfinite(size)
        if not known.any():
            return np.full(horizon, np.inf)
        together = _quantile(size[known], level)
        n_apart = self._apart()
        together *= _widened(level, self._worth(n_apart))
        alone = np.array(
            [
                _quantile(one[ok], level) if ok.any() else together
                for one, ok in zip(size.T, known.T, strict=True)
            ]
        )
        trust = np.clip((n_apart * (1 - level) - 1) / (ALONE * 0.2), 0.0, 1.0)
        steps = np.r_[trust * alone + (1 - trust) * together]
        reach: np.ndarray = np.r_[steps, np.full(max(0, horizon - len(steps)), steps[-1])][:horizon]
        return reach

    def widths(self, horizon: int) -> np.ndarray:
        """Return the expected error of each step ahead; beyond those calibrated it grows with the root.

        Args:
            horizon: steps ahead.
        """
        n = len(self.spread)
        beyond = self.spread[-1] * np.sqrt(np.arange(n + 1, horizon + 1) / n)
        widths: np.ndarray = np.r_[self.spread, beyond][:horizon]
        return widths

    def _worth(self, n_apart: float) -> float:
        """About how many independent errors tell as much about their size as these do together.

        By the variance of their mean, as neighbouring origins err alike (Newey and West 1987); at least the
        origins whose futures do not overlap, and else at most half of all.
        """
        size = np.abs(self.errors[np.isfinite(self.errors).any(1)])
        means = np.nanmean(size, 1)
        n, away = len(means), means - means.mean()
        lags = np.arange(1, min(size.shape[1], n - 1) + 1)
        shared = np.array([away[lag:] @ away[:-lag] for lag in lags])
        together = away @ away + 2 * (1 - lags / (len(lags) + 1)) @ shared
        worth = np.nanvar(size) * n**2 / together if together > 0 else np.inf
        return max(n_apart, min(float(worth), n / 2))

    def _apart(self) -> float:
        """About how many origins there are whose futures do not overlap."""
        n = np.isfinite(self.errors).any(1).sum()
        return float(max(1.0, float(n) / max(1.0, self.errors.shape[1] / 2)))


def calibrated(errors: np.ndarray, doubts: Sequence[np.ndarray] = ()) -> Calibration:
    """Return the calibration by errors from rolling origins.

    Args:
        errors: (origins, horizon), in the scale of the line; NaN where unknown.
        doubts: expected errors, of some origins each, where they differ from window to window.
    """
    if doubts:
        return Calibration(errors / np.concatenate(doubts), np.ones(errors.shape[1]))
    known = np.isfinite(errors)
    counts = np.maximum(known.sum(0), 1)
    mean = np.where(known, np.abs(errors), 0).sum(0) / counts
    spread = rising(mean, counts)
    spread = np.maximum(spread, 1e-12 + 1e-9 * float(spread.max(initial=0.0)))
    return Calibration(errors / spread, spread)


def quantile_of(
    ahead: tuple[np.ndarray, np.ndarray | None], line: FittedLine, calibration: Calibration, level: float
) -> np.ndarray:
    """Return the quantile of the steps ahead, in the units of the line.

    Args:
        ahead: forecasts, and their expected errors where they differ from window to window.
        line: what was learned.
        calibration: of its errors.
        level: share that is to lie below.
    """
    values, expected = ahead
    share = abs(2 * level - 1)
    if share < 1e-9:
        return values
    widths = calibration.widths(len(values)) if expected is None else expected
    away = calibration.reach(share, len(values)) * widths * np.sign(level - 0.5)
    return from_scale(to_scale(values, line.power) + away, line.power)


def rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the nearest values that never fall, by pooling neighbours.

    Args:
        values: of each step ahead.
        weights: of each.
    """
    blocks: list[list[float]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            last, before = blocks.pop(), blocks.pop()
            total = last[1] + before[1]
            blocks.append([(last[0] * last[1] + before[0] * before[1]) / total, total, last[2] + before[2]])
    return np.concatenate([np.full(int(n), value) for value, _, n in blocks])


def _quantile(sizes: np.ndarray, level: float) -> float:
    """The conformal quantile: the ceil((n + 1) level)-th smallest, or the largest."""
    rank = min(int(np.ceil((len(sizes) + 1) * level)), len(sizes))
    return float(np.partition(sizes, rank - 1)[rank - 1])


def _widened(level: float, n: float) -> float:
    """What Student's t adds to the normal band when so few errors are known."""
    return float(student.ppf((1 + level) / 2, max(n, 2.0)) / student.ppf((1 + level) / 2, 1e6))
