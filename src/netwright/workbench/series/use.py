"""Using a job of series: the steps ahead, from what was learned or from newer rows."""

from typing import Any

import pandas as pd

from netwright.data import SeriesTable, read_series
from netwright.workbench.job import ForecastNote
from netwright.workbench.series.backtest import LEVELS


def predict_series(data: Any, model: Any, asked: ForecastNote) -> pd.DataFrame:
    """Return a row for each step ahead of each series: its time, the forecast, and the ends of the bands.

    Args:
        data: newer rows in the columns of training, with those before them; None goes on from the training's
            end.
        model: the fitted forecaster.
        asked: of its job.

    Raises:
        InputError: when the rows cannot be used, or their series are not those of training.
    """
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
