"""Whatever a user calls series, as lines of numbers with their covariates and times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from netwright.core.errors import InputError
from netwright.data.series.calendar import calendar_features
from netwright.data.series.frequency import infer_frequency, regular_times
from netwright.data.series.table import SeriesTable

Form = Literal["vector", "matrix", "list", "table"]


@dataclass
class Panel:
    """Lines, one for each target of each series, and what belongs to the series.

    Args:
        lines: (time) each, NaN where missing.
        owners: the series of each line.
        covariates: of each series, (time, covariates).
        ahead: of each series, the covariates known beyond it.
        form: what the user gave, in whose form forecasts are returned.
        frequency: an alias of pandas, a number, or None where there are no times.
        firsts: the first time of each series, as text or number.
        zone: of the times, or None.
        names: of the series.
        targets: names of the targets.
        cycles: of the calendar that the times resolve.

    Example:
        >>> read_panel([1.0, 2.0, 3.0]).lines[0].tolist()
        [1.0, 2.0, 3.0]
    """

    lines: list[np.ndarray]
    owners: list[int]
    covariates: list[np.ndarray]
    ahead: list[np.ndarray]
    form: Form
    frequency: Any = None
    firsts: list[Any] = field(default_factory=list)
    zone: str | None = None
    names: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)

    def times(self, series: int, n: int) -> pd.Index | None:
        """Return the first `n` times of a series, beyond its end where n asks for that.

        Args:
            series: its number.
            n: how many.
        """
        if self.frequency is None:
            return None
        first = self.firsts[series]
        if isinstance(first, str):
            first = pd.Timestamp(first)
            first = first.tz_convert(self.zone) if self.zone else first
        return regular_times(first, n, self.frequency)

    def known(self, series: int, n: int) -> np.ndarray:
        """Return covariates of the first `n` steps of a series; beyond what is known the last row goes on.

        Args:
            series: its number.
            n: how many.
        """
        given = np.concatenate([self.covariates[series], self.ahead[series]])[:n]
        return np.pad(given, ((0, n - len(given)), (0, 0)), mode="edge")

    def calendar(self, series: int, n: int) -> np.ndarray:
        """Return calendar features of the first `n` times of a series; none where there are no times.

        Args:
            series: its number.
            n: how many.
        """
        times = self.times(series, n)
        return np.zeros((n, 0)) if times is None else calendar_features(times, self.cycles)[0]

    def shaped(self, forecasts: Sequence[np.ndarray]) -> Any:
        """Return what was forecast for each line in the form of what the user gave.

        Args:
            forecasts: (...) of each line.
        """
        if self.form == "vector":
            return forecasts[0]
        n_series = max(self.owners) + 1
        groups = [
            [one for one, owner in zip(forecasts, self.owners, strict=True) if owner == series]
            for series in range(n_series)
        ]
        if self.form == "list":
            return [group[0] for group in groups]
        whole = [np.stack(group, -1) for group in groups]
        return whole[0] if self.form == "matrix" else whole


def read_panel(y: Any, X: Any = None) -> Panel:
    """Read series from an array, a pandas object, a list of either, or a `SeriesTable`.

    Args:
        y: (time) or (time, targets), a list of (time) arrays, or what `netwright.data.read_series` gives.
        X: covariates, (time, covariates) or a list of such; longer than y where they are known ahead.

    Raises:
        InputError: naming the series that cannot be used.
    """
    if isinstance(y, Panel):
        return y
    if isinstance(y, SeriesTable):
        return _from_table(y)
    if isinstance(y, (list, tuple)) and y and np.ndim(y[0]) > 0:
        parts, form = [_numbers(one) for one in y], "list"
        if any(part.ndim != 1 for part in parts):
            raise InputError("a list of series must hold one axis each", "more", "give (time) arrays")
    else:
        values = _numbers(y)
        parts, form = [values], "vector" if values.ndim == 1 else "matrix"
    panel = _plain(parts, form, _covariates(X, [len(part) for part in parts]))
    index = getattr(y, "index", None)
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        _give_times(panel, index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index)
    _check(panel)
    return panel


def _plain(parts: list[np.ndarray], form: Any, X: list[np.ndarray]) -> Panel:
    panel = Panel([], [], [], [], form)
    for series, (part, known) in enumerate(zip(parts, X, strict=True)):
        for column in part.reshape(len(part), -1).T:
            panel.lines.append(column)
            panel.owners.append(series)
        panel.covariates.append(known[: len(part)])
        panel.ahead.append(known[len(part) :])
        panel.names.append(str(series) if len(parts) > 1 else "")
    panel.targets = [f"y{k}" if panel.form == "matrix" else "y" for k in range(panel.owners.count(0))]
    return panel


def _from_table(table: SeriesTable) -> Panel:
    panel = Panel([], [], list(table.covariates), list(table.known_ahead), "table", table.frequency)
    for series, values in enumerate(table.values):
        panel.lines += list(values.T)
        panel.owners += [series] * values.shape[1]
        first = table.times[series][0]
        panel.firsts.append(first.isoformat() if isinstance(first, pd.Timestamp) else float(first))
        zone = getattr(table.times[series], "tz", None)
        panel.zone = None if zone is None else str(zone)
    panel.names, panel.targets = list(table.names), list(table.targets)
    panel.cycles = _cycles(max(table.times, key=len))
    _check(panel)
    return panel


def _numbers(y: Any) -> np.ndarray:
    try:
        values = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "y must be numbers", type(y).__name__, "give (time), (time, targets) or a list"
        ) from error
    if values.ndim not in (1, 2) or not values.size:
        raise InputError("y must be (time), (time, targets) or a list", f"shape {values.shape}", "reshape it")
    return values


def _covariates(X: Any, lengths: list[int]) -> list[np.ndarray]:
    if X is None:
        return [np.zeros((n, 0)) for n in lengths]
    listed = isinstance(X, (list, tuple)) and np.ndim(X[0]) > 1
    parts = [np.asarray(one, dtype=np.float64) for one in (X if listed else [X])]
    parts = [part[:, None] if part.ndim == 1 else part for part in parts]
    if len(parts) != len(lengths) or any(len(x) < n for x, n in zip(parts, lengths, strict=False)):
        came = f"{[len(part) for part in parts]} for series of {lengths}"
        raise InputError("X must have a row for each step of each series", came, "give one array a series")
    if any(not np.isfinite(part).all() for part in parts):
        raise InputError("X must be finite", "a missing or infinite value", "fill it in")
    return parts


def _give_times(panel: Panel, index: pd.DatetimeIndex) -> None:
    if not (index.is_monotonic_increasing and index.is_unique):
        mend = "sort them, or read the table with netwright.data.read_series"
        raise InputError("the times of y must be in order, each once", "others", mend)
    panel.frequency = infer_frequency(index)
    if len(regular_times(index[0], None, panel.frequency, last=index[-1])) != len(index):
        mend = "read the table with netwright.data.read_series, which fills gaps as missing"
        raise InputError("the times of y must have no gaps", "some", mend)
    panel.firsts, panel.zone = [index[0].isoformat()], None if index.tz is None else str(index.tz)
    panel.cycles = _cycles(index)


def _cycles(times: pd.Index) -> list[str]:
    return [name.removesuffix(" sine") for name in calendar_features(times)[1] if name.endswith(" sine")]


def _check(panel: Panel) -> None:
    for number, line in enumerate(panel.lines):
        place = f"series {panel.owners[number] + 1}"
        if np.isinf(line).any():
            row = int(np.flatnonzero(np.isinf(line))[0]) + 1
            raise InputError(
                "series must be finite or missing", f"infinity in step {row} of {place}", "put NaN"
            )
        if np.isfinite(line).sum() < 2:
            came = f"{np.isfinite(line).sum()} in {place}"
            raise InputError("a series must have two known values or more", came, "leave it out")
