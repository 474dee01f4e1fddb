"""Using a job of series: the steps ahead, from what was learned or from newer rows, and scores on these."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.data import SeriesTable, read_series
from netwright.data.series.table import Duplicates
from netwright.estimators.forecasting.looking import check_like
from netwright.estimators.forecasting.panel import read_panel
from netwright.workbench.series.backtest import LEVELS, judged


@dataclass(frozen=True)
class SeriesAsked:
    """What a job of series was asked, so that newer rows are read alike.

    Args:
        time: the column of times.
        horizon: steps ahead.
        targets: columns that are forecast.
        series: the column that tells the series apart, or None.
        covariates: columns that are known ahead.
        duplicates: what becomes of rows of the same time.
        time_zone: of times without one, or None.

    Example:
        >>> SeriesAsked("day", 7, ["sold"], None, [], "error", None).horizon
        7
    """

    time: str
    horizon: int
    targets: list[str]
    series: str | None
    covariates: list[str]
    duplicates: Duplicates
    time_zone: str | None


def predict_series(data: Any, model: Any) -> pd.DataFrame:
    """Return a row for each step ahead of each series: its time, the forecast, and the ends of the bands.

    Args:
        data: newer rows in the columns of training, with those before them; None goes on from the training's
            end.
        model: the fitted forecaster.

    Raises:
        InputError: when the rows cannot be used, or their series are not those of training.
    """
    horizon, panel = SeriesAsked(**model.asked_).horizon, model.panel_
    table = None if data is None else _newer(data, model)
    ahead = model.predict(y=table)
    bands = {level: model.predict_interval(level, y=table) for level in LEVELS}
    names, targets = panel.names, panel.targets
    parts = []
    for series, name in enumerate(names):
        times = _ahead(model, series, horizon) if table is None else table.ahead(series, horizon)
        for place, target in enumerate(targets):
            columns = {
                "series": name,
                "target": target,
                "time": times,
                "prediction": ahead[series][:, place],
            }
            for level in LEVELS:
                for end, values in zip(("lower", "upper"), bands[level], strict=True):
                    columns[f"{end} {level * 100:.0f} %"] = values[series][:, place]
            parts.append(pd.DataFrame(columns))
    spare = [column for column, one in (("series", names), ("target", targets)) if len(one) == 1]
    return pd.concat(parts, ignore_index=True).drop(columns=spare)


def evaluate_series(data: Any, model: Any) -> dict[str, float]:
    """Return the scores of forecasts of the steps that came after training, each of them forecast once.

    The first origin is where training ended, and each further one a horizon later; nothing is fitted again.

    Args:
        data: rows in the columns of training: later ones, and before them those that forecasts start from.
        model: the fitted forecaster.

    Raises:
        InputError: when the rows cannot be used, when none is later than training, or when there are too few
            before the first of these.
    """
    horizon, table = SeriesAsked(**model.asked_).horizon, _newer(data, model)
    origins = [
        list(range(_seen(model, table, series), len(table.values[series]), horizon))
        for series in range(len(table.values))
    ]
    return judged(table, model, horizon, origins).scores()["net"]


def _newer(data: Any, model: Any) -> SeriesTable:
    """The table, read as that of training was."""
    asked, panel = SeriesAsked(**model.asked_), model.panel_
    table = read_series(
        data,
        asked.time,
        asked.targets,
        series=asked.series,
        covariates=asked.covariates,
        duplicates=asked.duplicates,
        time_zone=panel.zone,
        frequency=panel.frequency,
    )
    if panel.zone is None and getattr(table.times[0], "tz", None) is not None:
        mend = "leave the offsets out, or fit again with such times"
        raise TableError("times must have no time zone, as those of training", str(table.times[0][0]), mend)
    check_like(panel, read_panel(table))
    return table


def _seen(model: Any, table: SeriesTable, series: int) -> int:
    """Steps of a series that are not later than training."""
    (last, after), times = _ahead(model, series, 1, before=1), table.times[series]
    seen = int((times < last + (after - last) / 2).sum())  # times that are numbers may be rounded
    label = f" of {table.names[series]!r}" if table.names[series] else ""
    if seen < model.window_:
        wanted = f"{model.window_} steps{label} must stand before the first that is judged"
        raise TableError(wanted, f"{seen} up to {last}", "give the rows of training too")
    later = table.values[series][seen:]
    if not np.isfinite(later).any(0).all() or not len(later):
        raise TableError(
            f"steps{label} must be later than training, which ends at {last}",
            f"none{f' with a value of {_empty(table, later)!r}' if len(later) else ''}",
            "give rows that came after it",
        )
    return seen


def _empty(table: SeriesTable, later: np.ndarray) -> str:
    """The first target without a value."""
    return table.targets[int(np.flatnonzero(~np.isfinite(later).any(0))[0])]


def _ahead(model: Any, series: int, horizon: int, before: int = 0) -> Any:
    """The times of the steps after training, and of so many before."""
    n = len(model.panel_.lines[model.panel_.owners.index(series)])
    return model.panel_.times(series, n + horizon)[n - before :]
