"""Backtests: forecasts from rolling origins, the net's and those of the references, with their scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.data import RollingOrigins, SeriesTable
from netwright.workbench.series.references import filled, references_for
from netwright.workbench.series.scoring import coverage, unit_of, winkler

LEVELS = (0.8, 0.95)
MOST_ORIGINS = 6


@dataclass
class Backtest:
    """What was forecast from each origin, and what came.

    Args:
        origins: of each line, steps seen at each origin.
        truth: of each line, (origins, horizon).
        forecasts: of each model, for each line, (origins, horizon).
        lower: of the net's bands, by level, for each line.
        upper: the same.
        units: of each line, of the scaled error.
        lacking: what references are lacking, in words.
    """

    origins: list[list[int]]
    truth: list[Float[np.ndarray, "origins horizon"]] = field(default_factory=list)
    forecasts: dict[str, list[np.ndarray]] = field(default_factory=dict)
    lower: dict[float, list[np.ndarray]] = field(default_factory=dict)
    upper: dict[float, list[np.ndarray]] = field(default_factory=dict)
    units: list[float] = field(default_factory=list)
    lacking: str = ""

    def scores(self) -> dict[str, dict[str, float]]:
        """Return the scores of each model, the mean over the lines."""
        panels: dict[str, dict[str, float]] = {}
        for name, forecasts in self.forecasts.items():
            errors = [one - truth for one, truth in zip(forecasts, self.truth, strict=True)]
            sizes = [float(np.nanmean(np.abs(error))) for error in errors]
            panels[name] = {
                "mase": float(np.mean([size / unit for size, unit in zip(sizes, self.units, strict=True)])),
                "mae": float(np.mean(sizes)),
                "rmse": float(np.mean([np.sqrt(np.nanmean(error**2)) for error in errors])),
            }
        for level in LEVELS:
            bands = list(zip(self.truth, self.lower[level], self.upper[level], strict=True))
            panels["net"][f"coverage_{level * 100:.0f}"] = float(np.mean([coverage(*one) for one in bands]))
        panels["net"]["winkler_95"] = float(np.mean([winkler(*one, 0.95) for one in bands]))
        return panels


def lines_of(table: SeriesTable) -> list[tuple[int, int]]:
    """Return the series and the target of each line.

    Args:
        table: of series.
    """
    return [(k, place) for k in range(len(table.values)) for place in range(len(table.targets))]


def cut_table(table: SeriesTable, ends: list[int]) -> SeriesTable:
    """Return the table as it was known when so many steps of each series had been seen.

    Args:
        table: of series.
        ends: steps of each series.
    """
    known = [
        np.concatenate([seen[end:], ahead])
        for seen, ahead, end in zip(table.covariates, table.known_ahead, ends, strict=True)
    ]
    return SeriesTable(
        [values[:end] for values, end in zip(table.values, ends, strict=True)],
        [times[:end] for times, end in zip(table.times, ends, strict=True)],
        table.frequency,
        table.targets,
        table.names,
        [seen[:end] for seen, end in zip(table.covariates, ends, strict=True)],
        table.covariate_names,
        known,
    )


def rolling(table: SeriesTable, horizon: int, n_origins: int) -> list[list[int]]:
    """Return the origins of each series; the first leaves enough to learn from.

    Args:
        table: of series.
        horizon: steps ahead.
        n_origins: at most.

    Raises:
        InputError: when a series is too short.
    """
    found = []
    for values, name in zip(table.values, table.names, strict=True):
        least = 2 * horizon + 8
        if len(values) < least + horizon:
            most = max((len(values) - 8) // 3, 0)
            came = f"{len(values)} steps{f' in {name!r}' if name else ''} for a horizon of {horizon}"
            raise InputError(
                f"a series must have {least + horizon} steps, to learn from, to judge by and to be held out",
                came,
                f"ask for --horizon {most}" if most else "give more of it",
            )
        wanted = max(1, min(n_origins, round(0.35 * len(values) / horizon)))
        found.append(RollingOrigins(horizon, wanted, smallest=least).origins(len(values)))
    return found


def backtest(
    table: SeriesTable,
    model: Any,
    horizon: int,
    *,
    references: bool,
    go_on: Callable[[], bool] = lambda: True,
    n_origins: int = MOST_ORIGINS,
) -> tuple[Backtest, Any]:
    """Fit the net to what was known at the first origin, and forecast from all of them.

    The net is not fitted again at later origins; the references are.

    Args:
        table: of series.
        model: a forecaster, unfitted.
        horizon: steps ahead.
        references: whether there are any.
        go_on: asked before each.
        n_origins: at most.
    """
    origins = rolling(table, horizon, n_origins)
    fitted = clone(model).fit(cut_table(table, [one[0] for one in origins]))
    found = judged(table, fitted, horizon, origins)
    if references:
        _refer(found, table, fitted, horizon, go_on)
    return found, fitted


def judged(table: SeriesTable, fitted: Any, horizon: int, origins: list[list[int]]) -> Backtest:
    """Return what a forecaster says from these origins, without being fitted again, and what came.

    Args:
        table: of series.
        fitted: a forecaster.
        horizon: steps ahead.
        origins: of each series, steps seen at each origin; what would come after the last step is NaN.
    """
    found = Backtest([origins[series] for series, _ in lines_of(table)])
    for (series, place), rows, line in zip(lines_of(table), found.origins, fitted.lines_, strict=True):
        y = table.values[series][:, place]
        at = np.asarray(rows)[:, None] + np.arange(horizon)
        found.truth.append(np.r_[y, np.full(horizon, np.nan)][at])
        found.units.append(unit_of(y[: rows[0]], line.season))
    found.forecasts["net"] = _taken(fitted.forecasts_of(table), table, found.origins)
    for level in LEVELS:
        lower, upper = fitted.bands_of(level, table)
        found.lower[level] = _taken(lower, table, found.origins)
        found.upper[level] = _taken(upper, table, found.origins)
    return found


def held_out(table: SeriesTable, found: Backtest) -> pd.DataFrame:
    """Return what was forecast and what came as a table, a row for each origin and step.

    Args:
        table: of series.
        found: of it.
    """
    parts = []
    for number, (series, place) in enumerate(lines_of(table)):
        n, horizon = found.truth[number].shape
        at = (np.asarray(found.origins[number])[:, None] + np.arange(horizon)).ravel()
        columns: Mapping[str, Any] = {
            "series": table.names[series],
            "target": table.targets[place],
            "step": np.tile(np.arange(1, horizon + 1), n),
            "time": table.times[series][at],
            "truth": found.truth[number].ravel(),
            "prediction": found.forecasts["net"][number].ravel(),
            **{f"lower {level * 100:.0f} %": found.lower[level][number].ravel() for level in LEVELS},
            **{f"upper {level * 100:.0f} %": found.upper[level][number].ravel() for level in LEVELS},
        }
        parts.append(pd.DataFrame(columns))
    frame = pd.concat(parts, ignore_index=True)
    spare = [name for name, one in (("series", table.names), ("target", table.targets)) if len(one) == 1]
    return frame.drop(columns=spare)


def _refer(found: Backtest, table: SeriesTable, fitted: Any, horizon: int, go_on: Callable[[], bool]) -> None:
    seasons = [line.season for line in fitted.lines_]
    names, _ = references_for(max(seasons))
    for name in names:
        if not go_on():
            return
        forecasts = []
        for number, (series, place) in enumerate(lines_of(table)):
            y, season = table.values[series][:, place], seasons[number]
            makers, found.lacking = references_for(season)
            maker = makers.get(name, makers["naive"])  # one of many series may have no season
            rows = [maker(filled(y[:n], season), horizon, season) for n in found.origins[number]]
            forecasts.append(np.stack(rows))
        found.forecasts[name] = forecasts


def _taken(found: list[Any], table: SeriesTable, origins: list[list[int]]) -> list[np.ndarray]:
    """The forecasts of each line made at these origins."""
    return [
        found[series][np.asarray(rows) - 1, place]
        for (series, place), rows in zip(lines_of(table), origins, strict=True)
    ]
