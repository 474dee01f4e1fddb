"""How forecasts are scored: errors beside those of repeating the last season, bands by what they hold."""

from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from netwright.metrics import ScoreInfo

Steps = Float[np.ndarray, "*origins horizon"]

_ALL = (
    ScoreInfo(
        name="mase",
        label="Scaled error",
        greater_is_better=False,
        explanation="The mean absolute error over that of repeating the last season one step ahead, in the "
        "steps before the first origin (MASE, Hyndman and Koehler 2006): below 1 is better than that.",
    ),
    ScoreInfo(
        name="mae",
        label="Mean absolute error",
        greater_is_better=False,
        explanation="The average error in the target's own unit.",
    ),
    ScoreInfo(
        name="rmse",
        label="Root mean squared error",
        greater_is_better=False,
        explanation="A typical error in the target's own unit, in which large errors weigh more.",
    ),
    ScoreInfo(
        name="coverage_80",
        label="Held by the 80 % band",
        greater_is_better=True,
        explanation="The share of what came that lies within the 80 % band: at 0.8 it holds at its word.",
    ),
    ScoreInfo(
        name="coverage_95",
        label="Held by the 95 % band",
        greater_is_better=True,
        explanation="The share of what came that lies within the 95 % band: at 0.95 it holds at its word.",
    ),
    ScoreInfo(
        name="winkler_95",
        label="Winkler score, 95 %",
        greater_is_better=False,
        explanation="The width of the 95 % band, and 40 times how far what came lies beyond it.",
    ),
)

FORECAST_SCORES = MappingProxyType({info.name: info for info in _ALL})
"""What forecasts are scored by."""


def winkler(truth: Steps, lower: Steps, upper: Steps, level: float) -> float:
    """Return the mean Winkler score of bands: their width, and 2 / (1 - level) times what lies beyond.

    Args:
        truth: what came; NaN is passed over.
        lower: ends of the bands.
        upper: ends of the bands.
        level: share that they should hold.
    """
    beyond = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    return float(np.nanmean(upper - lower + 2 / (1 - level) * beyond))


def coverage(truth: Steps, lower: Steps, upper: Steps) -> float:
    """Return the share of what came that lies within bands.

    Args:
        truth: what came; NaN is passed over.
        lower: ends of the bands.
        upper: ends of the bands.
    """
    known = np.isfinite(truth)
    return float(np.mean(((truth >= lower) & (truth <= upper))[known])) if known.any() else float("nan")


def unit_of(y: Float[np.ndarray, " time"], season: int) -> float:
    """Return the mean absolute difference from one season before, the unit of the scaled error.

    Args:
        y: (time), before the first origin.
        season: its length.
    """
    away = np.abs(y[season:] - y[:-season])
    unit = float(np.nanmean(away)) if np.isfinite(away).any() else 0.0
    return unit if unit > 1e-9 * float(np.nanmax(np.abs(y))) else 1.0
