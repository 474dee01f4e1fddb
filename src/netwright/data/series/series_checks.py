"""What is looked at when series are read: order, duplicates, gaps, constants."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from netwright.core.errors import TableError
from netwright.data.quality import TableFinding
from netwright.data.wording import shown


def check_rows(
    times: pd.Index, rows: Int[np.ndarray, " rows"], name: str, *, refuse: bool
) -> tuple[Int[np.ndarray, " rows"], list[TableFinding]]:
    """Return the order of one series' rows in time, and what is to be said of it.

    Args:
        times: of the rows.
        rows: their numbers in the table, from 0.
        name: of the series, or empty.
        refuse: whether times that stand twice are an error.

    Raises:
        TableError: naming two rows of the same time.
    """
    of = f" of {shown(name)}" if name else ""
    order = np.argsort(
        np.asarray(times.asi8 if isinstance(times, pd.DatetimeIndex) else times), kind="stable"
    )
    ordered, findings = times[order], []
    if not times.is_monotonic_increasing:
        text = f"The rows{of} are not in the order of time; they were sorted."
        findings.append(TableFinding("unordered", "note", text, (), (), ""))
    if ordered.is_unique:
        return order, findings
    twice = np.flatnonzero(ordered.duplicated())
    one, other = sorted(int(rows[order[place]]) + 1 for place in (twice[0] - 1, twice[0]))
    if refuse:
        mend = "keep one of them, or aggregate them by duplicates='mean', 'sum', 'first' or 'last'"
        if _summer_time(ordered, twice):
            mend += "; if summer time ends there, give the time zone by time_zone= or write times in UTC"
        came = f"{ordered[twice[0]]} in rows {one} and {other}{of}, and {len(twice) - 1} more such"
        raise TableError("each time must stand once in a series", came, mend)
    text = (
        f"{len(twice)} times{of} stand more than once, such as in rows {one} and {other}; they were joined."
    )
    findings.append(
        TableFinding("duplicates", "warning", text, (), tuple(rows[order[twice[:100]]].tolist()), "")
    )
    return order, findings


def told(values: list[Float[np.ndarray, "time targets"]], names: list[str]) -> list[TableFinding]:
    """Return what is to be said of the values of series: runs of missing ones, constants.

    Args:
        values: of each series.
        names: of the series.
    """
    findings = []
    for one, name in zip(values, names, strict=True):
        label = f"the series {shown(name)}" if name else "the series"
        for column in one.T:
            missing = ~np.isfinite(column)
            if missing.any():
                run = _longest(missing)
                share = f"{missing.sum():,} of {len(column):,} values of {label}"
                text = f"{share} are missing, at most {run:,} in a row."
                severity = "warning" if missing.mean() > 0.2 else "note"
                remedy = (
                    "They are passed over in learning, and filled from the past where a window needs them."
                )
                findings.append(TableFinding("missing", severity, text, (), (), remedy))
            if np.ptp(column[~missing]) == 0:
                text = f"Of {label} all values are {column[~missing][0]:g}: nothing but that can be forecast."
                findings.append(TableFinding("constant", "warning", text, (), (), "Leave it out."))
    return findings


def _longest(flags: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _summer_time(ordered: pd.Index, twice: np.ndarray) -> bool:
    """Whether duplicates look like the hour that is there twice when clocks are set back."""
    if not isinstance(ordered, pd.DatetimeIndex) or ordered.tz is not None:
        return False
    at = ordered[twice]
    return bool(((at.hour <= 3) & at.month.isin([3, 4, 9, 10, 11]) & (at.day_of_week >= 5)).all())
