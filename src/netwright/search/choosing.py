"""Which structure serves so many rows at such a recall, and why."""

import dataclasses
from typing import Any

from netwright.search.metric import Metric
from netwright.search.settings import HNSW, IVF, PQ, Anisotropic, Exact, Settings
from netwright.search.structures.cells import ROWS_A_CELL
from netwright.search.structures.codes import parts_of, rows_needed

EXACT_UP_TO = 10_000
"""Rows that one thread compares in about a millisecond a query, at several hundred dimensions."""
GRAPH_UP_TO = 2_000_000
"""Rows whose graph builds within the hour on a few cores."""
FEWEST_FOR_CELLS = 1_000


def choose(given: Settings | None, n_rows: int, width: int, metric: Metric, recall: float) -> tuple[Any, str]:
    """Return settings with every number but the effort resolved, and the reason.

    Args:
        given: what was asked for; None leaves the choice open.
        n_rows: rows that the index will hold.
        width: numbers in a vector.
        metric: what is near.
        recall: what is wanted.
    """
    settings, why = (given, "as asked") if given is not None else _by_size(n_rows, metric, recall)
    needed = _rows_to_learn(settings)
    if n_rows < needed:
        name = type(settings).__name__
        return (
            Exact(),
            f"{name}() is learned from {needed:,} rows, there are {n_rows:,}: every row is compared",
        )
    return _resolved(settings, n_rows, width), why


def _by_size(n_rows: int, metric: Metric, recall: float) -> tuple[Settings, str]:
    if n_rows <= EXACT_UP_TO:
        return (
            Exact(),
            f"{n_rows:,} rows, at most {EXACT_UP_TO:,}: comparing with each is quick and misses none",
        )
    if metric is Metric.l1:
        return Exact(), "l1: graphs and cells are learned for the other metrics"
    if recall >= 1.0:
        return Exact(), "a recall of 1 allows no miss"
    if n_rows <= GRAPH_UP_TO:
        return HNSW(), f"{n_rows:,} rows and recall {recall:g}: a graph answers fastest"
    return (
        IVF(),
        f"{n_rows:,} rows, above {GRAPH_UP_TO:,}: cells build faster and take less memory than a graph",
    )


def _rows_to_learn(settings: Settings) -> int:
    if isinstance(settings, Exact | HNSW):
        return 0
    if isinstance(settings, IVF):
        cells = ROWS_A_CELL * settings.cells if settings.cells else FEWEST_FOR_CELLS
        return max(cells, rows_needed(settings.codes))
    return rows_needed(settings)


def _resolved(settings: Settings, n_rows: int, width: int) -> Settings:
    if isinstance(settings, PQ):
        return dataclasses.replace(settings, parts=parts_of(settings, width))
    if isinstance(settings, Anisotropic):
        return dataclasses.replace(settings, parts=parts_of(settings, width))
    if isinstance(settings, IVF):
        cells = settings.cells or max(1, min(int(4 * n_rows**0.5), n_rows // ROWS_A_CELL))
        codes = settings.codes
        if isinstance(codes, PQ):
            codes = dataclasses.replace(codes, parts=parts_of(codes, width))
        return dataclasses.replace(settings, cells=cells, codes=codes)
    return settings
