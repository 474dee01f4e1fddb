"""Reading time-stamped tables: one or many series, on regular times, with what was done to get there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from netwright.core.errors import TableError
from netwright.data.quality import TableFinding
from netwright.data.readers import read_frame, to_frame
from netwright.data.series.frequency import Frequency, infer_frequency, places_on_grid, regular_times
from netwright.data.series.series_checks import check_rows, told
from netwright.data.series.times import read_times
from netwright.data.wording import listed, shown

Duplicates = Literal["error", "mean", "sum", "first", "last"]
Values = Float[np.ndarray, "time features"]


@dataclass(frozen=True)
class SeriesTable:
    """Series on regular times.

    Args:
        values: of each series, (time, targets), NaN where missing.
        times: of each series, the times of the rows of `values`.
        frequency: an alias of pandas, or a number where times are numbers.
        targets: names of the target columns.
        names: of the series; one empty name where there is one series without a column for it.
        covariates: of each series, (time, covariates).
        covariate_names: names of the columns.
        known_ahead: of each series, the covariates of the steps after the last target.
        findings: what was noticed, and what was done.

    Example:
        >>> read_series({"t": [1, 2, 4], "y": [1.0, 2.0, 4.0]}, "t", "y").values[0].ravel().tolist()
        [1.0, 2.0, nan, 4.0]
    """

    values: list[Values]
    times: list[pd.Index]
    frequency: Frequency
    targets: list[str]
    names: list[str]
    covariates: list[Values]
    covariate_names: list[str]
    known_ahead: list[Values]
    findings: list[TableFinding] = field(default_factory=list)

    def ahead(self, which: int, horizon: int) -> pd.Index:
        """Return the times of the steps after a series' last.

        Args:
            which: number of the series.
            horizon: how many steps.

        Example:
            >>> list(read_series({"t": [1, 2], "y": [1.0, 2.0]}, "t", "y").ahead(0, 2))
            [3.0, 4.0]
        """
        return regular_times(self.times[which][-1], horizon + 1, self.frequency)[1:]


def read_series(
    data: Any,
    time: str,
    target: str | Sequence[str],
    *,
    series: str | None = None,
    covariates: Sequence[str] = (),
    duplicates: Duplicates = "error",
    time_zone: str | None = None,
    frequency: Frequency | None = None,
) -> SeriesTable:
    """Read one or many series from a table of times and values.

    Use it before a forecaster. Rows may stand in any order, and times may lack: the regular step is inferred,
    and what lacks becomes a missing step, which is reported. Rows at the end that have covariates and no
    target tell what is known ahead.

    Args:
        data: a file, or a table in memory.
        time: the column of times: dates in any usual form, or numbers.
        target: the column to forecast, or several.
        series: the column that says to which series a row belongs.
        covariates: columns of numbers that are known ahead.
        duplicates: what becomes of rows that have the same time: refused, or aggregated.
        time_zone: of times without one, or to which others are brought.
        frequency: the regular step where it is known, an alias of pandas or a number; None infers it.

    Raises:
        TableError: naming the column or the rows: a time that cannot be read or stands twice, irregular
            times or some off the given step, a value that is infinite or no number, a series of one point, or
            without any.

    Example:
        >>> table = {"day": ["2024-01-03", "2024-01-01"], "sold": [3, 1]}
        >>> found = read_series(table, "day", "sold")
        >>> found.frequency, len(found.values[0]), [one.kind for one in found.findings]
        ('2D', 2, ['unordered'])
    """
    frame = read_frame(data) if isinstance(data, (str, Path)) else to_frame(data)
    targets, covariates = [target] if isinstance(target, str) else list(target), list(covariates)
    _check_columns(frame, [time, *targets, *covariates, *([series] if series else [])])
    stamps = read_times(frame[time], time_zone)
    numbers = _numbers(frame, [*targets, *covariates])
    findings: list[TableFinding] = []
    groups = _groups(frame, series)
    parts: list[tuple[pd.Index, Values]] = []
    for name, rows in groups:
        order, noticed = check_rows(stamps[rows], rows, name, refuse=duplicates == "error")
        findings += noticed
        parts.append(_once(stamps[rows][order], numbers[rows][order], duplicates))
    names = [name for name, _ in groups]
    step = _frequency(parts, names) if frequency is None else _checked(frequency, parts, names)
    table = SeriesTable([], [], step, targets, names, [], covariates, [], findings)
    for (name, _), (times, values) in zip(groups, parts, strict=True):
        _lay(table, name, times, values)
    findings += told(table.values, table.names)
    return table


def _lay(table: SeriesTable, name: str, times: pd.Index, values: Values) -> None:
    """Put one series on its grid, and cut off what is known ahead."""
    grid = regular_times(times[0], None, table.frequency, last=times[-1])
    whole = np.full((len(grid), values.shape[1]), np.nan)
    whole[places_on_grid(times, grid)] = values
    n_targets = len(table.targets)
    known = np.flatnonzero(np.isfinite(whole[:, :n_targets]).any(1))
    label = f"the series {shown(name)}" if name else "the series"
    if len(known) < 2:
        came = f"{len(known)} in {label}"
        raise TableError("a series must have two known values or more", came, "leave it out")
    first, end = int(known[0]), int(known[-1]) + 1
    covariates = whole[:, n_targets:]
    if np.isnan(covariates[first:]).any():
        place = int(np.argwhere(np.isnan(covariates[first:]))[0][1])
        raise TableError(
            "covariates must be known at every step of the series",
            f"a step of {label} without {table.covariate_names[place]!r}",
            "fill them in, also where rows are lacking",
        )
    table.values.append(whole[first:end, :n_targets])
    table.times.append(grid[first:end])
    table.covariates.append(covariates[first:end])
    table.known_ahead.append(covariates[end:])
    gaps = len(grid) - len(times)
    if gaps:
        text = f"{gaps:,} of {len(grid):,} steps of {label} have no row; they count as missing."
        table.findings.append(TableFinding("gaps", "note", text, (), (), "Add the rows if they exist."))


def _check_columns(frame: pd.DataFrame, wanted: list[str]) -> None:
    for name in wanted:
        if name not in frame.columns:
            choose = f"choose from: {listed(frame.columns)}"
            raise TableError("columns must be in the table", f"no column {name!r}", choose)
    if len(set(wanted)) < len(wanted):
        twice = next(name for name in wanted if wanted.count(name) > 1)
        raise TableError("each column must have one part", f"{twice!r} with two", "name another")


def _numbers(frame: pd.DataFrame, columns: list[str]) -> Values:
    values = np.empty((len(frame), len(columns)))
    for place, name in enumerate(columns):
        column = frame[name]
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        strange = np.isnan(numbers) & column.notna().to_numpy()
        for bad, came in ((strange, None), (np.isinf(numbers), "infinity")):
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                raise TableError(
                    f"{name!r} must hold finite numbers",
                    f"{came or shown(column.iloc[row])} in row {row + 1}",
                    "mend it, or leave the cell empty",
                )
        values[:, place] = numbers
    return values


def _groups(frame: pd.DataFrame, series: str | None) -> list[tuple[str, np.ndarray]]:
    if series is None:
        return [("", np.arange(len(frame)))]
    if frame[series].isna().any():
        row = int(np.flatnonzero(frame[series].isna())[0]) + 1
        raise TableError(f"each row must say its series in {series!r}", f"none in row {row}", "leave it out")
    codes, names = pd.factorize(frame[series], sort=True)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return [(str(name), part) for name, part in zip(names, rows, strict=True)]


def _once(times: pd.Index, values: Values, duplicates: Duplicates) -> tuple[pd.Index, Values]:
    if times.is_unique:
        return times, values
    grouped = pd.DataFrame(values).groupby(pd.Series(times).to_numpy(), sort=True)
    if duplicates == "sum":
        joined = grouped.sum(min_count=1)
    else:
        how: dict[str, Any] = {"mean": grouped.mean, "first": grouped.first, "last": grouped.last}
        joined = how[duplicates]()
    return times.unique(), joined.to_numpy(np.float64)


def _frequency(parts: list[tuple[pd.Index, Values]], names: list[str]) -> Frequency:
    found: list[Frequency] = []
    for (times, _), name in zip(parts, names, strict=True):
        if len(times) < 2:
            label = f"the series {shown(name)}" if name else "the series"
            raise TableError("a series must have two rows or more", f"one point in {label}", "leave it out")
        found.append(infer_frequency(times))
    common = max(set(found), key=found.count) if isinstance(found[0], str) else min(found)
    for (times, _), name, one in zip(parts, names, found, strict=True):
        if one != common and not _lies_on(times, common):
            mend = "fit them apart, or bring them to one step"
            raise TableError(f"all series must have the step {common!r}", f"{one!r} in {shown(name)}", mend)
    return common


def _checked(frequency: Frequency, parts: list[tuple[pd.Index, Values]], names: list[str]) -> Frequency:
    """Return the step that was given, on which all times must lie."""
    for (times, _), name in zip(parts, names, strict=True):
        if isinstance(frequency, str) != isinstance(times, pd.DatetimeIndex) or not _lies_on(
            times, frequency
        ):
            came = f"{', '.join(map(str, times[:3]))}{f' in {shown(name)}' if name else ''}"
            mend = "bring them to it, for instance with pandas' resample"
            raise TableError(f"times must be on the step {frequency!r}", came, mend)
    return frequency


def _lies_on(times: pd.Index, frequency: Frequency) -> bool:
    """Whether times are on the grid of a step that was given, or inferred from other series."""
    grid = regular_times(times[0], None, frequency, last=times[-1])
    if isinstance(frequency, str):
        return bool(times.isin(grid).all())
    places = (np.asarray(times, float) - float(times[0])) / frequency
    return bool(np.abs(places - np.rint(places)).max() < 0.1)
