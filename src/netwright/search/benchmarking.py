"""Recall against queries per second, structure by structure and effort by effort."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError
from netwright.search.building import Plan
from netwright.search.choosing import choose
from netwright.search.exact import find_exactly
from netwright.search.metric import Floats, read_metric
from netwright.search.reading import read_k, read_vectors
from netwright.search.recall import recall_at_k
from netwright.search.settings import HNSW, IVF, PQ, SQ, Anisotropic, Exact, Settings
from netwright.search.structures import BUILT, Structure, check_fit

ENOUGH = 0.999
"""A recall above which more effort is not tried."""


def benchmark(
    vectors: ArrayLike,
    queries: ArrayLike,
    k: int = 10,
    *,
    metric: str = "cosine",
    structures: Sequence[Settings] | None = None,
    efforts: int = 6,
    repeats: int = 3,
) -> pd.DataFrame:
    """Measure structures on your own vectors: a line for each effort, as ann-benchmarks has it.

    Use it to see what a recall costs before a structure is chosen by hand; `Index` chooses without it. Times
    are those of one batch of all queries in this process, the best of some repeats.

        recall = mean |found and true| / k;  queries_per_second = queries / seconds of the best repeat;
        pareto: no other line has a higher recall at no fewer queries per second, or the reverse

    Args:
        vectors: rows to search.
        queries: vectors that are not among them.
        k: neighbours.
        metric: what is near.
        structures: settings to measure; one of each that serves the metric when None. What is left open in
            them is gone through.
        efforts: lines a structure, at most.
        repeats: of each measurement.

    Returns:
        A frame with the columns structure, recall, queries_per_second, build_seconds, megabytes, pareto.

    Raises:
        InputError: when there are no queries, or settings do not serve the metric.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> table = benchmark(rng.normal(size=(500, 8)), rng.normal(size=(20, 8)), structures=[Exact()])
        >>> table[["structure", "recall", "pareto"]].values.tolist()
        [['Exact()', 1.0, True]]

    Source:
        Aumüller, Bernhardsson and Faithfull (2018), "ANN-Benchmarks: A Benchmarking Tool for Approximate
        Nearest Neighbor Algorithms", arXiv:1807.05614.
    """
    kind, k = read_metric(metric), read_k(k)
    rows = read_vectors("vectors", vectors, None, kind)
    asked = read_vectors("queries", queries, rows.shape[1], kind)
    if not len(asked):
        raise InputError("queries must be some vectors", "none", "hold some rows out")
    _, truth = find_exactly(asked, rows, k, kind)
    chosen = usual(kind.higher_is_nearer) if structures is None else structures
    lines = []
    for settings in chosen:
        check_fit(settings, kind)
        lines += _lines(rows, asked, truth, Plan(kind, settings, 1.0, 0), efforts, repeats)
    table = pd.DataFrame(lines)
    table["pareto"] = on_frontier(table["recall"].to_numpy(), table["queries_per_second"].to_numpy())
    return table


def usual(similarity: bool) -> list[Settings]:
    """Return one of each structure that serves a similarity, or a distance."""
    every: list[Settings] = [Exact(), HNSW(), IVF(), IVF(codes=SQ("int8", rerank=4)), PQ(), SQ("fp16")]
    return [*every, Anisotropic()] if similarity else every


def on_frontier(recall: NDArray[np.float64], speed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points no other point beats in one figure without losing in the other."""
    better = (recall[None] >= recall[:, None]) & (speed[None] >= speed[:, None])
    strictly = (recall[None] > recall[:, None]) | (speed[None] > speed[:, None])
    return np.asarray(~(better & strictly).any(axis=1), np.bool_)


def _lines(
    rows: Floats, queries: Floats, truth: Any, plan: Plan, efforts: int, repeats: int
) -> list[dict[str, Any]]:
    settings, _ = choose(plan.structure, len(rows), rows.shape[1], plan.metric, plan.recall)
    start = time.perf_counter()
    structure = BUILT[type(settings)](plan.metric, rows.shape[1], settings, plan.random_state)
    structure.add(rows)
    built = time.perf_counter() - start
    lines: list[dict[str, Any]] = []
    for tried in _tried(structure, plan.structure, truth.shape[1], efforts):
        structure.settings = tried
        found, seconds = _timed(structure, queries, truth.shape[1], repeats)
        lines.append(
            {
                "structure": str(tried),
                "recall": recall_at_k(found, truth),
                "queries_per_second": len(queries) / seconds,
                "build_seconds": built,
                "megabytes": structure.bytes_in_memory() / 1e6,
            }
        )
        if lines[-1]["recall"] >= ENOUGH:
            break
    return lines


def _tried(structure: Structure[Any], asked: Any, k: int, efforts: int) -> list[Any]:
    """What is left open, in even steps along the ladder; what was asked for where nothing is."""
    ladder = structure.ladder(k)
    is_open = any(getattr(asked, name, 0) is None for name in ("search_effort", "probes", "rerank"))
    if not ladder or not is_open:
        return [structure.settings]
    places = np.unique(np.linspace(0, len(ladder) - 1, efforts).round().astype(int))
    return [ladder[place] for place in places]


def _timed(structure: Structure[Any], queries: Floats, k: int, repeats: int) -> tuple[Any, float]:
    best = float("inf")
    for _ in range(max(1, repeats)):
        start = time.perf_counter()
        _, found = structure.search(queries, k, None)
        best = min(best, time.perf_counter() - start)
    return found, best
