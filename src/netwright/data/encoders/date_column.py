"""A fitted column of dates: several numbers that a net can use."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32

from netwright.data.encoders.coercion import as_dates
from netwright.data.encoders.scaling import Scaling, fit_scaling, scale

PARTS = ("days", "year", "month", "day of week", "day of month", "hour")


@dataclass(eq=False)
class DateColumn:
    """A column of dates as it was fitted.

    It makes a scaled number of each part that differed at fitting: days since 1970, year, month, day of
    week (Monday is 0), day of month, hour; and where some dates were missing a column that says so with 1.

    Args:
        name: the column's name.
        scaling: how the parts are scaled.
        parts: which parts differed.
        knots: one row per part, what the scaling knows about it.
        missing_seen: whether dates were missing at fitting.

    Example:
        >>> days = np.array(["2013-01-05", "2013-01-06"], dtype="datetime64[us]")
        >>> fit_date_column("day", days, "standard").parts
        ['days', 'day of week', 'day of month']
    """

    name: str
    scaling: Scaling
    parts: list[str]
    knots: Float[np.ndarray, "parts knots"]
    missing_seen: bool

    @property
    def names(self) -> list[str]:
        """Names of the output columns."""
        names = [f"{self.name} {part}" for part in self.parts]
        return [*names, f"{self.name} is missing"] if self.missing_seen else names

    def read(self, column: Any) -> np.ndarray:
        """Return a new column as dates."""
        return as_dates(self.name, column)

    def write(self, values: np.ndarray, out: Float32[np.ndarray, "rows outputs"]) -> None:
        """Write the scaled parts, and the mark for missing dates, into the output columns."""
        missing = np.isnat(values)
        for position, part in enumerate(self.parts):
            scaled = scale(date_part(values, part), self.knots[position], self.scaling)
            out[:, position] = np.where(missing, 0.0, scaled)
        if self.missing_seen:
            out[:, len(self.parts)] = missing


def fit_date_column(name: str, values: np.ndarray, scaling: Scaling) -> DateColumn:
    """Fit a column of dates.

    Args:
        name: the column's name.
        values: its dates, NaT where missing.
        scaling: how the parts are scaled.

    Example:
        >>> days = np.array(["2013-01-05", "NaT"], dtype="datetime64[us]")
        >>> fit_date_column("day", days, "standard").names
        ['day days', 'day is missing']
    """
    numbers = {part: date_part(values, part) for part in PARTS}
    varied = [part for part in PARTS if np.nanmin(numbers[part]) < np.nanmax(numbers[part])] or ["days"]
    knots = np.stack([fit_scaling(numbers[part], scaling) for part in varied])
    return DateColumn(name, scaling, varied, knots, bool(np.isnat(values).any()))


def date_part(values: np.ndarray, part: str) -> Float[np.ndarray, "rows"]:
    """Return one part of dates as numbers, NaN where the date is missing.

    Args:
        values: dates.
        part: one of `PARTS`.

    Example:
        >>> date_part(np.array(["2013-01-05T06:30"], dtype="datetime64[us]"), "hour")
        array([6.5])
    """
    if part == "days":
        days = (values - np.datetime64("1970-01-01", "us")) / np.timedelta64(1, "D")
        return np.asarray(days, dtype=np.float64)
    stamps = pd.DatetimeIndex(values)
    if part == "hour":
        return np.asarray(stamps.hour + stamps.minute / 60 + stamps.second / 3600, dtype=np.float64)
    numbers = {
        "year": stamps.year,
        "month": stamps.month,
        "day of week": stamps.day_of_week,
        "day of month": stamps.day,
    }[part]
    return np.asarray(numbers, dtype=np.float64)
