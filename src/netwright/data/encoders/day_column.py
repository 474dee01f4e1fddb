"""A fitted column of dates whose days are categories: what was special about a day, rows of it share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from netwright.data.encoders.coercion import as_dates

ROWS_PER_DAY = 10
"""Fewer rows on an average day tell too little about it to give it a code."""


@dataclass(eq=False)
class DayColumn:
    """The calendar days of a column of dates, as codes.

    The codes are: one for each day that enough rows share, in order; and one for all others, for new days
    and for missing dates.

    Args:
        name: the column's name.
        days: the days that have a code, counted from 1970-01-01, rising.
        tail_seen: whether some row had the code of all others at fitting.

    Example:
        >>> column = DayColumn("date", np.array([0, 2]))
        >>> column.encode(np.array(["1970-01-03", "1970-01-02", "NaT"], dtype="datetime64[us]"))
        array([1, 2, 2])
    """

    name: str
    days: Int64[np.ndarray, "days"]
    tail_seen: bool = False

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return len(self.days) + 1

    @property
    def unlearned(self) -> list[int]:
        """Codes that no training row had: the last one where every row had a day of its own."""
        return [] if self.tail_seen else [len(self.days)]

    @property
    def names(self) -> list[str]:
        """Names of the output columns."""
        return [f"{self.name} calendar day"]

    def read(self, column: Any) -> np.ndarray:
        """Return a new column as dates."""
        return as_dates(self.name, column)

    def encode(self, values: np.ndarray) -> Int64[np.ndarray, "rows"]:
        """Return the code of each date."""
        days = _days(values)
        places = np.minimum(np.searchsorted(self.days, days), max(len(self.days) - 1, 0))
        known = (self.days[places] == days) & ~np.isnat(values)
        codes: Int64[np.ndarray, rows] = np.where(known, places, len(self.days))
        return codes

    def write(self, values: np.ndarray, out: Float32[np.ndarray, "rows outputs"]) -> None:
        """Write the codes into the output column."""
        out[:, 0] = self.encode(values)


def fit_day_column(name: str, values: np.ndarray, *, min_count: int) -> DayColumn | None:
    """Fit the days of a column of dates, or return None where days are too thinly filled.

    Args:
        name: the column's name.
        values: its dates, NaT where missing.
        min_count: a day with fewer rows has no code of its own.

    Example:
        >>> hours = np.arange(48).astype("datetime64[h]").astype("datetime64[us]")
        >>> fit_day_column("date", hours, min_count=5).days
        array([0, 1])
    """
    days, counts = np.unique(_days(values[~np.isnat(values)]), return_counts=True)
    kept = days[counts >= min_count]
    if len(kept) < 2 or counts.mean() < ROWS_PER_DAY:
        return None
    return DayColumn(name, kept, bool(np.isnat(values).any() or len(kept) < len(days)))


def _days(values: np.ndarray) -> Int64[np.ndarray, "rows"]:
    return values.astype("datetime64[D]").astype(np.int64)
