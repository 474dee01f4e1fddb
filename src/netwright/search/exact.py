"""The exact nearest rows: matrix products find candidates, with l2 costs computed once more."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from netwright.search.engine import faiss_metric, find_faiss
from netwright.search.metric import Floats, Metric

Slots = NDArray[np.int64]

BLOCK = 2**23
"""Numbers in a block of gathered rows or differences: 32 MB."""
SPARE = 16
"""Candidates beyond k whose l2 costs are computed again: |q|^2 - 2 <q, x> + |x|^2 loses digits."""


def find_exactly(
    queries: Floats, vectors: Floats, k: int, metric: Metric, slots: Slots | None = None
) -> tuple[Floats, Slots]:
    """Return the k lowest costs and their slots, for each query, lowest first.

    Args:
        queries: rows of the vectors' width.
        vectors: all rows.
        k: how many; places that no row fills have the slot -1 and an infinite cost.
        metric: what is near.
        slots: the rows to look at, in rising order; all when None.
    """
    wanted = k + SPARE if metric is Metric.l2 else k
    costs = np.full((len(queries), 0), np.inf, np.float32)
    found = np.full((len(queries), 0), -1, np.int64)
    for some, place in _blocks(vectors, slots):
        block_costs, block_found = _nearest_of(queries, some, min(wanted, len(some)), metric)
        costs = np.hstack([costs, block_costs])
        found = np.hstack([found, block_found + place if isinstance(place, int) else place[block_found]])
        if costs.shape[1] > wanted:
            costs, found = lowest(costs, found, wanted)
    if metric is Metric.l2:
        costs = costs_of(queries, vectors, found, metric)
    return lowest(costs, found, k)


def costs_of(queries: Floats, vectors: Floats, slots: Slots, metric: Metric) -> Floats:
    """Return the cost of each query with its own candidates, computed from the vectors; -1 costs infinity."""
    costs = np.empty(slots.shape, np.float32)
    step = max(1, BLOCK // max(1, slots.shape[1] * vectors.shape[1]))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        rows = vectors[np.maximum(slots[part], 0)]  # (query, candidate, width)
        costs[part] = _costs_with(queries[part], rows, metric)
    costs[slots < 0] = np.inf
    return costs


def lowest(costs: Floats, slots: Slots, k: int) -> tuple[Floats, Slots]:
    """Return the k lowest of each line in order, filled up with -1; equal costs stand by slot."""
    order = np.lexsort((slots, costs), axis=1)[:, :k]
    costs, slots = np.take_along_axis(costs, order, 1), np.take_along_axis(slots, order, 1)
    lacking = ((0, 0), (0, k - costs.shape[1]))
    return (
        np.pad(costs, lacking, constant_values=np.inf),
        np.pad(slots, lacking, constant_values=-1),
    )


def _costs_with(queries: Floats, rows: Floats, metric: Metric) -> Any:
    if metric.higher_is_nearer:
        return -np.einsum("qcd,qd->qc", rows, queries)
    differences = rows - queries[:, None]
    if metric is Metric.l1:
        return np.abs(differences).sum(axis=2)
    return np.einsum("qcd,qcd->qc", differences, differences)


def _blocks(vectors: Floats, slots: Slots | None) -> Any:
    """All rows at once, or the chosen ones gathered a block at a time, each with where it stands."""
    if slots is None:
        if find_faiss() is not None:
            yield vectors, 0
            return
        step = max(1, BLOCK // vectors.shape[1])
        for start in range(0, len(vectors), step):
            yield vectors[start : start + step], start
        return
    step = max(1, BLOCK // vectors.shape[1])
    for start in range(0, len(slots), step):
        some = slots[start : start + step]
        yield vectors[some], some


def _nearest_of(queries: Floats, rows: Floats, k: int, metric: Metric) -> tuple[Floats, Slots]:
    faiss = find_faiss()
    if not len(rows):
        return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
    if faiss is not None:
        values, found = faiss.knn(queries, np.asarray(rows), k, faiss_metric(faiss, metric))
        return (-values if metric.higher_is_nearer else values), found
    return _nearest_with_numpy(queries, rows, k, metric)


def _nearest_with_numpy(queries: Floats, rows: Floats, k: int, metric: Metric) -> tuple[Floats, Slots]:
    found = np.empty((len(queries), k), np.int64)
    costs = np.empty((len(queries), k), np.float32)
    lengths = np.einsum("nd,nd->n", rows, rows) if metric is Metric.l2 else None
    step = max(1, BLOCK // len(rows))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        table = _table(queries[part], rows, metric, lengths)
        found[part] = np.argpartition(table, k - 1, axis=1)[:, :k]
        costs[part] = np.take_along_axis(table, found[part], 1)
    return costs, found


def _table(queries: Floats, rows: Floats, metric: Metric, lengths: Floats | None) -> Floats:
    """All costs of some queries; those of l2 without the query's own length, which changes no order."""
    if metric is Metric.l1:
        return np.asarray(cdist(queries, rows, "cityblock"), np.float32)
    products = queries @ rows.T
    return -products if lengths is None else lengths - 2 * products
