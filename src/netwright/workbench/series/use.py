"""Using a job of series: the steps ahead, from what was learned or from newer rows."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from netwright.data import SeriesTable, read_series
from netwright.data.series.table import Duplicates
from netwright.workbench.series.backtest import LEVELS


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
    asked = SeriesAsked(**model.asked_)
    panel, table = model.panel_, None
    if data is not None:
        table = read_series(
            data,
            asked.time,
            asked.targets,
            series=asked.series,
            covariates=asked.covariates,
            duplicates=asked.duplicates,
            time_zone=asked.time_zone,
        )
    ahead = model.predict(y=table)
    bands = {level: model.predict_interval(level, y=table) for level in LEVELS}
    names, targets = panel.names, panel.targets
    parts = []
    for series, name in enumerate(names):
        times = _times(model, table, series, asked.horizon)
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


def _times(model: Any, table: SeriesTable | None, series: int, horizon: int) -> Any:
    if table is not None:
        return table.ahead(series, horizon)
    n = len(model.panel_.lines[model.panel_.owners.index(series)])
    return model.panel_.times(series, n + horizon)[n:]
