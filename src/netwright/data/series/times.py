"""Reading a column of times: dates in text, with or without time zones, or numbers."""

import re
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.data.wording import shown

OFFSET = re.compile(r"(?:[+-]\d{2}:?\d{2}|Z)\s*$")


def read_times(column: pd.Series, time_zone: str | None = None) -> pd.Index:
    """Return the times of a column: dates, or numbers as they are.

    Text is parsed; whole numbers such as 20240131 are read as dates. Times with offsets become times of UTC,
    or of `time_zone`; others get that zone where it is given, and the hour that summer time takes or repeats
    is settled by the order of the rows.

    Args:
        column: of a table.
        time_zone: such as "Europe/Berlin"; None keeps what is there.

    Raises:
        TableError: naming the row that cannot be read, or the zone.

    Example:
        >>> read_times(pd.Series(["2024-01-31", "2024-02-29"], name="day")).month.tolist()
        [1, 2]
    """
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0]) + 1
        raise TableError(
            f"each row must have a time in {column.name!r}", f"none in row {row}", "leave it out"
        )
    if column.dtype.kind in "iuf" and not _are_days(column):
        values = column.to_numpy(np.float64)
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
            raise TableError(f"times in {column.name!r} must be finite", f"infinity in row {row}", "mend it")
        return pd.Index(values)
    return _in_zone(_dates(column), column, time_zone)


def _are_days(column: pd.Series) -> bool:
    """Whether numbers are written like 20240131."""
    values = column.to_numpy(np.float64)
    if not ((values >= 19_000_101) & (values <= 21_001_231) & (values == np.rint(values))).all():
        return False
    return bool(
        pd.to_datetime(column.astype(np.int64).astype(str), format="%Y%m%d", errors="coerce").notna().all()
    )


def _dates(column: pd.Series) -> pd.DatetimeIndex:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return pd.DatetimeIndex(column)
    if column.dtype.kind in "iuf":
        return pd.DatetimeIndex(pd.to_datetime(column.astype(np.int64).astype(str), format="%Y%m%d"))
    texts = column.astype(str)
    with_offset = bool(texts.str.contains(OFFSET).any()) and bool(texts.str.contains(":").any())
    for form in (None, "mixed"):
        settings: dict[str, Any] = {} if form is None else {"format": form}
        try:
            parsed = pd.to_datetime(texts, errors="coerce", utc=with_offset, **settings)
        except (ValueError, TypeError):
            continue
        if parsed.notna().all():
            return pd.DatetimeIndex(parsed)
    bad = parsed.isna().to_numpy()
    row = int(np.flatnonzero(bad)[0])
    raise TableError(
        f"times in {column.name!r} must be dates or numbers",
        f"{shown(texts.iloc[row])} in row {row + 1}",
        "write dates as 2024-01-31 or 2024-01-31 18:00",
    )


def _in_zone(dates: pd.DatetimeIndex, column: pd.Series, zone: str | None) -> pd.DatetimeIndex:
    if zone is None:
        return dates
    try:
        if dates.tz is not None:
            return dates.tz_convert(zone)
        return dates.tz_localize(zone, ambiguous="infer")
    except Exception as error:  # pandas and its readers of zones raise what they like
        raise TableError(
            f"times in {column.name!r} must exist once in the time zone {zone!r}",
            f"{type(error).__name__}: {' '.join(str(error).split())[:100]}",
            "write them in UTC or with their offset, such as 2024-10-27T02:30+01:00",
        ) from error
