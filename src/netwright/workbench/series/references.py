"""Plain forecasts beside the net's: naive, seasonal naive, drift, exponential smoothing."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any, final

import numpy as np
from jaxtyping import Float

from netwright.data.series.frequency import Frequency
from netwright.estimators.forecasting.line import fill_from_past

Seen = Float[np.ndarray, " time"]
Ahead = Float[np.ndarray, " horizon"]
LONGEST_SEASON = 60
"""A longer season makes exponential smoothing of statsmodels slow and unsteady; it goes without."""
LACKING = "statsmodels is not installed; for it run: pip install 'netwright[series]'"


def naive(seen: Seen, horizon: int, season: int) -> Ahead:  # noqa: ARG001  (all are called alike)
    """Return the last value, again and again.

    Args:
        seen: (time), filled.
        horizon: steps ahead.
        season: passed over.
    """
    return np.full(horizon, seen[-1])


def seasonal_naive(seen: Seen, horizon: int, season: int) -> Ahead:
    """Return the last season, again and again.

    Args:
        seen: (time), filled.
        horizon: steps ahead.
        season: its length.
    """
    last: np.ndarray = seen[-season:]
    return np.resize(last, horizon)


def drift(seen: Seen, horizon: int, season: int) -> Ahead:  # noqa: ARG001  (all are called alike)
    """Return the last value, going on by the mean step so far.

    Args:
        seen: (time), filled.
        horizon: steps ahead.
        season: passed over.
    """
    slope = (seen[-1] - seen[0]) / max(len(seen) - 1, 1)
    return seen[-1] + slope * np.arange(1, horizon + 1)


@final
class Smoothing:
    """Exponential smoothing of statsmodels, its form chosen once by the corrected criterion of Akaike.

    Tried are no trend and a damped one, and, where there is a season, none, an additive and, of positive
    values, a multiplicative one.

    Raises:
        ModuleNotFoundError: where statsmodels is not installed.
    """

    def __init__(self) -> None:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        self._model: Any = ExponentialSmoothing
        self.form: tuple[Any, Any] | None = None

    def __call__(self, seen: Seen, horizon: int, season: int) -> Ahead:
        """Return the forecasts.

        Args:
            seen: (time), filled.
            horizon: steps ahead.
            season: its length.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.form is None:
                self.form = self._choose(seen, season)
            forecasts: np.ndarray = np.asarray(self._fit(seen, season, *self.form).forecast(horizon))
        return forecasts if np.isfinite(forecasts).all() else np.full(horizon, seen[-1])

    def _choose(self, seen: Seen, season: int) -> tuple[Any, Any]:
        seasons: list[Any] = [None]
        if 1 < season <= LONGEST_SEASON and len(seen) >= 2 * season + 4:
            seasons += ["add", "mul"] if seen.min() > 0 else ["add"]
        forms = list(itertools.product([None, "add"], seasons))
        criterion = [self._fit(seen, season, *form).aicc for form in forms]
        return forms[int(np.nanargmin(criterion))]

    def _fit(self, seen: Seen, season: int, trend: Any, seasonal: Any) -> Any:
        return self._model(
            seen,
            trend=trend,
            damped_trend=trend is not None,
            seasonal=seasonal,
            seasonal_periods=season if seasonal else None,
            initialization_method="estimated",
        ).fit()


def references_for(season: int) -> tuple[dict[str, Callable[[Seen, int, int], Ahead]], str]:
    """Return the references by name, and what is lacking, if anything.

    Args:
        season: length; 1 for none.
    """
    found: dict[str, Callable[[Seen, int, int], Ahead]] = {"naive": naive}
    if season > 1:
        found["seasonal naive"] = seasonal_naive
    found["drift"] = drift
    try:
        found["exponential smoothing"] = Smoothing()
    except ModuleNotFoundError:
        return found, LACKING
    return found, ""


def usual_season(frequency: Frequency, found: int) -> int:
    """Return the season of the references: the one that was found, else the one that the step suggests.

    Args:
        frequency: of the series.
        found: by the net.
    """
    from netwright.data.series.seasons import CALENDAR

    if found > 1 or not isinstance(frequency, str):
        return found
    usual = CALENDAR.get(frequency.split("-")[0], ())
    return usual[0] if usual else 1


def filled(seen: Seen, season: int) -> Seen:
    """Return the series without gaps, filled from its past.

    Args:
        seen: (time).
        season: its length.
    """
    return fill_from_past(seen, season)
