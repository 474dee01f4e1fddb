"""The job for series: from a time-stamped table to forecasts that were backtested, drawn and written down."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.core.files import check_folder
from netwright.data import SeriesTable, TableFinding, read_series
from netwright.data.series.table import Duplicates
from netwright.estimators import DeepForecaster
from netwright.report import (
    Answers,
    Comparison,
    Content,
    Fact,
    Finding,
    ForecastLine,
    Heading,
    TableProfile,
    Usage,
)
from netwright.sequence import RecurrentForecaster
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.series.backtest import LEVELS, Backtest, backtest, held_out, lines_of
from netwright.workbench.series.scoring import FORECAST_SCORES
from netwright.workbench.series.use import SeriesAsked
from netwright.workbench.series.verdict import verdict_on_forecasts
from netwright.workbench.stages import Plan
from netwright.workbench.summary import Story, learning_of, machine, references_of

MOST_DRAWN = 12
"""Lines that the report draws."""
SEEN = 6
"""Horizons of the past that a drawing shows beside the backtest, at least."""


def fit_series(
    data: Any,
    *,
    time: str,
    target: str | Sequence[str],
    horizon: int,
    series: str | None = None,
    covariates: Sequence[str] = (),
    duplicates: Duplicates = "error",
    time_zone: str | None = None,
    out: str | Path | None = None,
    model: DeepForecaster | None = None,
    time_limit: float | None = None,
    references: bool = True,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Read series, backtest a forecaster from rolling origins beside plain references, and forecast.

    The forecaster is fitted to what was known at the first of at most six origins and judged from all of
    them; for what it is used for later it is fitted again to all steps. The report says plainly when a
    reference is better.

    Args:
        data: a file, or a table in memory.
        time: the column of times.
        target: the column to forecast, or several.
        horizon: steps ahead.
        series: the column that says to which series a row belongs.
        covariates: columns of numbers that are known ahead.
        duplicates: what becomes of rows that have the same time.
        time_zone: of times without one.
        out: folder for the model and the report; None writes nothing.
        model: a forecaster, unfitted; None for `RecurrentForecaster`.
        time_limit: seconds for the whole job; references that do not fit in are left out.
        references: whether to compare with naive, seasonal naive, drift and exponential smoothing.
        seed: of the net.
        say: told of each stage; None is silent.

    Raises:
        InputError: naming the column, the rows or the series that cannot be used.
        OSError: when the folder cannot be written.

    Example:
        >>> from netwright.training import Training
        >>> t = np.arange(90)
        >>> table = {"day": t, "sold": 20 + 0.1 * t + 5 * np.sin(2 * np.pi * t / 7)}
        >>> net = RecurrentForecaster(horizon=7, training=Training(epochs=2))
        >>> job = fit_series(table, time="day", target="sold", horizon=7, model=net, references=False)
        >>> job.note.task, job.scores["mase"] < 1
        ('forecast', True)
    """
    plan = Plan(seed, references, limit=time_limit, say=say)
    if out is not None:
        check_folder(Path(out))
    if not isinstance(horizon, int) or horizon < 1:
        raise InputError("horizon must be a whole number from 1", repr(horizon), "such as 12")
    plan.tell("reading the series")
    table = read_series(
        data,
        time,
        target,
        series=series,
        covariates=covariates,
        duplicates=duplicates,
        time_zone=time_zone,
    )
    net = RecurrentForecaster() if model is None else clone(model)
    net.set_params(horizon=horizon)
    net.random_state = seed if net.random_state is None else net.random_state
    asked = SeriesAsked(
        time=time,
        horizon=horizon,
        series=series,
        targets=table.targets,
        covariates=list(covariates),
        duplicates=duplicates,
        time_zone=time_zone,
    )
    story = Story(
        data=str(data) if isinstance(data, (str, Path)) else "a table in memory",
        out=None if out is None else str(out),
        asked=(Fact("seed", str(seed)),),
        findings=tuple(table.findings),
    )
    job = _work(table, net, plan, story, asked)
    if out is not None:
        job.save(out)
    return job


def _work(table: SeriesTable, net: Any, plan: Plan, story: Story, asked: SeriesAsked) -> FittedJob:
    n_steps = sum(len(values) for values in table.values)
    plan.tell(f"backtesting on {len(table.values):,} series of {n_steps:,} steps together")
    found, _ = backtest(table, net, asked.horizon, references=plan.references, go_on=plan.goes_on)
    plan.tell("fitting to all steps")
    fitted = net.fit(table)
    fitted.asked_ = asdict(asked)  # so that newer rows are read alike
    panels = found.scores()
    note = JobNote(
        netwright=version(),
        target=", ".join(table.targets),
        task="forecast",
        columns=[asked.time, *([asked.series] if asked.series else []), *table.targets, *asked.covariates],
        scores={
            name: {key: float(value) if np.isfinite(value) else None for key, value in panel.items()}
            for name, panel in panels.items()
        },
        n_rows=n_steps,
        n_held_out=sum(int(np.isfinite(truth).sum()) for truth in found.truth),
    )
    if found.lacking:
        text = f"Exponential smoothing was left out: {found.lacking}"
        story = replace(
            story, findings=(*story.findings, TableFinding("references", "note", text, (), (), ""))
        )
    story = replace(story, seconds=plan.passed())
    content = _told(table, found, fitted, story, note, asked)
    return FittedJob(fitted, note, content, held_out(table, found), whole=plan.whole)


def _told(
    table: SeriesTable, found: Backtest, fitted: Any, story: Story, note: JobNote, asked: SeriesAsked
) -> Content:
    folder = story.out or "FOLDER"
    many = f"{len(table.values):,} series, " if len(table.values) > 1 else ""
    facts = (
        Fact("data", story.data),
        Fact("task", f"forecast {asked.horizon} steps ahead"),
        Fact("net", type(fitted).__name__),
        Fact("steps", f"{many}{note.n_rows:,} steps of {table.frequency}"),
        Fact(
            "origins",
            f"{len(found.origins[0])}, {asked.horizon} steps apart; {note.n_held_out:,} forecasts judged",
        ),
        *story.asked,
    )
    truth = np.concatenate([one.ravel() for one in found.truth])
    said = np.concatenate([one.ravel() for one in found.forecasts["net"]])
    return Content(
        heading=Heading(
            title=f"Forecasting {note.target} from {Path(story.data).name}",
            created=f"{datetime.now():%d %B %Y, %H:%M}".lstrip("0"),
            version=note.netwright,
            seconds=story.seconds,
            machine=machine(),
        ),
        verdict=verdict_on_forecasts(note.scores, asked.horizon),
        answers=Answers(
            "regression",
            note.target,
            truth=truth,
            prediction=said,
            forecasts=_drawn(table, found, fitted, asked.horizon),
        ),
        comparison=Comparison("mase", references_of(story, note), FORECAST_SCORES),
        asked=facts,
        table=TableProfile((), note.n_rows, note.n_held_out),
        learning=learning_of(fitted.record_),
        findings=tuple(Finding(f.kind, f.severity, f.message, f.remedy) for f in story.findings),
        usage=Usage(
            python="from netwright.workbench import predict\n"
            f'forecasts = predict("{folder}")  # or predict("{folder}", "newer.csv")',
            command=f"netwright predict {folder} --out forecasts.csv",
        ),
    )


def _drawn(table: SeriesTable, found: Backtest, fitted: Any, horizon: int) -> tuple[ForecastLine, ...]:
    ahead = fitted.predict()
    bands = {level: fitted.predict_interval(level) for level in LEVELS}
    lines = []
    for number, (series, place) in enumerate(lines_of(table)[:MOST_DRAWN]):
        y, origins = table.values[series][:, place], found.origins[number]
        first = max(0, min(origins[0] - 2 * horizon, len(y) - SEEN * horizon))
        times = [str(time) for time in table.times[series].append(table.ahead(series, horizon))]
        name = " ".join(part for part in (table.names[series], table.targets[place]) if part)
        lines.append(
            ForecastLine(
                name=name,
                times=tuple(time.removesuffix(" 00:00:00") for time in times[first:]),
                seen=y[first:],
                ahead=ahead[series][:, place],
                lower={level: bands[level][0][series][:, place] for level in LEVELS},
                upper={level: bands[level][1][series][:, place] for level in LEVELS},
                backtests=tuple(
                    (origin - first, forecast)
                    for origin, forecast in zip(origins, found.forecasts["net"][number], strict=True)
                ),
            )
        )
    return tuple(lines)
