"""The profile of each column, for the report."""

import itertools

import numpy as np
import pandas as pd

from netwright.data import describe_columns
from netwright.data.columns.kinds import ColumnKind
from netwright.report import ColumnProfile

N_BINS = 12
MOST_LEVELS = 8


def profile_columns(frame: pd.DataFrame, left_out: dict[str, str]) -> tuple[ColumnProfile, ...]:
    """Describe each column as it was found in the training rows.

    Args:
        frame: training rows without the target.
        left_out: columns that the encoder left out, with the reason.

    Example:
        >>> profile = profile_columns(pd.DataFrame({"x": [1.5, 2.5, 4.5]}), {})[0]
        >>> profile.kind, profile.summary
        ('number', 'median 2.5, from 1.5 to 4.5')
    """
    return tuple(
        _profile(kind, frame[name], left_out.get(name, ""))
        for name, kind in zip(frame.columns, describe_columns(frame), strict=True)
    )


def _profile(kind: ColumnKind, column: pd.Series, note: str) -> ColumnProfile:
    summary, histogram = _shape(kind, column)
    return ColumnProfile(
        name=str(kind.name),
        kind=kind.kind,
        used=not note,
        note=note,
        missing_share=kind.n_missing / max(len(column), 1),
        n_distinct=kind.n_distinct,
        summary=summary,
        histogram=histogram,
    )


def _shape(kind: ColumnKind, column: pd.Series) -> tuple[str, tuple[tuple[str, int], ...]]:
    known = column.dropna()
    if known.empty:
        return "no values", ()
    if kind.kind == "number":
        return _numbers(pd.to_numeric(known, errors="coerce").dropna().to_numpy(dtype=np.float64))
    if kind.kind == "date":
        dates = pd.to_datetime(known, errors="coerce").dropna()
        return f"from {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}", ()
    if kind.left_out:
        return "such as " + ", ".join(kind.examples), ()
    counts = known.astype(str).value_counts().head(MOST_LEVELS)
    shares = [f"{level} {count / len(known):.0%}" for level, count in counts.head(3).items()]
    return ", ".join(shares), tuple((str(level), int(count)) for level, count in counts.items())


def _numbers(values: np.ndarray) -> tuple[str, tuple[tuple[str, int], ...]]:
    summary = f"median {np.median(values):.4g}, from {values.min():.4g} to {values.max():.4g}"
    counts, edges = np.histogram(values, bins=N_BINS)
    labels = [f"{low:.4g} to {high:.4g}" for low, high in itertools.pairwise(edges)]
    return summary, tuple(zip(labels, map(int, counts), strict=True))
