"""The regular step of a series: how far neighbouring times are apart."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from netwright.core.errors import TableError

Frequency = str | float
"""An alias of pandas, such as "MS" or "h", or a number where times are numbers."""

DAY = 86_400.0


def infer_frequency(times: Any) -> Frequency:
    """Return the step on whose grid all times lie, though some of the grid may be empty.

    Use it before gaps are filled. Months, quarters and years are steps of their own, whose days differ; where
    there is no weekend, working days are.

    Args:
        times: sorted, each once; dates or numbers.

    Raises:
        TableError: when there are less than two, or no step has all of them on its grid.

    Example:
        >>> infer_frequency(pd.to_datetime(["2024-01-01", "2024-02-01", "2024-04-01"]))
        'MS'
        >>> infer_frequency([1990, 1991, 1994])
        1.0
    """
    index = times if isinstance(times, pd.Index) else pd.Index(times)
    if len(index) < 2:
        raise TableError("a series must have two times or more", str(len(index)), "give more of it")
    if not isinstance(index, pd.DatetimeIndex):
        return _of_numbers(np.asarray(index, dtype=np.float64))
    for alias in _candidates(index):
        if index.isin(regular_times(index[0], None, alias, last=index[-1])).all():
            return alias
    gaps = pd.Series(index[1:] - index[:-1]).value_counts()
    raise TableError(
        "times must be regular, with gaps at most",
        f"steps such as {', '.join(str(gap) for gap in gaps.index[:3])}",
        "bring them to a regular step first, for instance with pandas' resample",
    )


def regular_times(first: Any, n: int | None, frequency: Frequency, last: Any = None) -> pd.Index:
    """Return the times of the grid from the first on, so many of them or up to the last.

    Args:
        first: a time on the grid.
        n: how many; None where `last` says it.
        frequency: as `infer_frequency` gives it.
        last: the last time that may be among them.

    Example:
        >>> list(regular_times(1990.0, 3, 2.0))
        [1990.0, 1992.0, 1994.0]
    """
    if isinstance(frequency, str):
        return pd.date_range(first, last, periods=n, freq=frequency)
    if n is None:
        n = round((last - first) / frequency) + 1
    return pd.Index(first + frequency * np.arange(n))


def places_on_grid(times: pd.Index, grid: pd.Index) -> np.ndarray:
    """Return for each time its place on a grid that holds it.

    Args:
        times: on the grid.
        grid: as `regular_times` gives it.

    Example:
        >>> places_on_grid(pd.Index([1990.0, 1994.0]), regular_times(1990.0, 3, 2.0)).tolist()
        [0, 2]
    """
    if isinstance(grid, pd.DatetimeIndex) or len(grid) < 2:
        return grid.get_indexer(times)
    step = float(grid[1]) - float(grid[0])
    places: np.ndarray = np.rint((np.asarray(times, float) - float(grid[0])) / step).astype(np.int64)
    return places


def _of_numbers(times: np.ndarray) -> float:
    step = float(np.median(np.diff(times)))
    smallest = float(np.diff(times).min())
    for trial in (step, smallest):  # a grid with many gaps is seen by its smallest step
        steps = np.rint(np.diff(times) / trial)
        if steps.min() < 1:
            continue
        exact = float((times[-1] - times[0]) / steps.sum())  # decimal years are rounded, their sum is not
        if np.abs((times - times[0]) / exact - np.r_[0, np.cumsum(steps)]).max() < 0.1:
            return exact
    raise TableError(
        "times that are numbers must be regular, with gaps at most",
        f"steps from {smallest:g} to {np.diff(times).max():g}",
        "number the rows by their step",
    )


def _candidates(index: pd.DatetimeIndex) -> list[str]:
    """Aliases to try, the likeliest first."""
    found: list[Any] = []
    if len(index) >= 3:
        with warnings.catch_warnings():  # that it will be an object one day
            warnings.simplefilter("ignore")
            alias = pd.infer_freq(index)
        found.append(getattr(alias, "freqstr", alias))
    gaps = np.diff(index.asi8) / (1e9 if index.unit == "ns" else {"us": 1e6, "ms": 1e3, "s": 1.0}[index.unit])
    values, counts = np.unique(np.round(gaps, 6), return_counts=True)
    for gap in dict.fromkeys([float(values[counts.argmax()]), float(values.min())]):
        found += _by_gap(gap, index)
    return list(dict.fromkeys(alias for alias in found if alias))


def _by_gap(gap: float, index: pd.DatetimeIndex) -> list[str]:
    days = gap / DAY
    if days < 1:
        return [to_offset(pd.Timedelta(seconds=gap)).freqstr]
    month = f"{index[0]:%b}".upper()
    start, end = bool((index.day == 1).all()), bool(index.is_month_end.all())
    if 0.95 < days < 1.05:  # summer time makes days of 23 and 25 hours
        return ["B", "D"] if not (index.day_of_week >= 5).any() and len(index) > 9 else ["D"]
    if 6.9 < days < 7.1:
        return [f"W-{f'{index[0]:%a}'.upper()}"]
    for low, high, starts, ends in (
        (27, 32, "MS", "ME"),
        (89, 93, f"QS-{month}", f"QE-{month}"),
        (364, 367, f"YS-{month}", f"YE-{month}"),
    ):
        if low < days < high and (start or end):
            return [starts if start else ends]
    return [f"{round(days)}D"] if abs(days - round(days)) < 0.05 else []
