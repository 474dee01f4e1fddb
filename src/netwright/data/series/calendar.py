"""Calendar features: where in the day, the week and the year a time lies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from netwright.core.errors import InputError


def calendar_features(
    times: Any, cycles: Sequence[str] | None = None
) -> tuple[Float[np.ndarray, "time features"], list[str]]:
    """Return sine and cosine of each time's place in the cycles that the times resolve, and their names.

    Use them as covariates that are known for the future: they tell a network the hour, the day of the week
    and the season without a jump at the turn of a cycle.

        sin(2 pi place / length), cos(2 pi place / length)

    A cycle is left out where the times do not vary in it: of days all at noon nothing is said of the hour.

    Args:
        times: dates, or numbers, which have no calendar and give no features.
        cycles: of "day", "week" and "year"; None for those in which the times vary.

    Raises:
        InputError: when they are neither.

    Example:
        >>> values, names = calendar_features(pd.date_range("2024-01-01", periods=12, freq="MS"))
        >>> names, values.shape
        (['year sine', 'year cosine'], (12, 2))
    """
    index = times if isinstance(times, pd.Index) else pd.Index(times)
    if not isinstance(index, pd.DatetimeIndex):
        if index.dtype.kind not in "iuf":
            raise InputError("times must be dates or numbers", str(index.dtype), "parse them first")
        return np.zeros((len(index), 0)), []
    hours = index.hour + index.minute / 60 + index.second / 3600
    turns = {
        "day": np.asarray(hours / 24),
        "week": np.asarray(index.day_of_week / 7),
        "year": np.asarray((index.day_of_year - 1 + hours / 24) / np.where(index.is_leap_year, 366, 365)),
    }
    columns, names = [], []
    for name, turn in turns.items():
        if name in cycles if cycles is not None else len(index) and _varies(name, turn):
            columns += [np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)]
            names += [f"{name} sine", f"{name} cosine"]
    return np.stack(columns, 1) if columns else np.zeros((len(index), 0)), names


def _varies(name: str, turn: np.ndarray) -> bool:
    """Whether a cycle says anything: months fall on all days of the week, which says nothing of them."""
    if name != "week":
        return float(np.ptp(turn)) > (0.02 if name == "year" else 1e-9)
    steps = np.diff(turn) % 1
    return len(steps) > 0 and float(np.median(steps)) < 2 / 7 and float(np.ptp(turn)) > 0
