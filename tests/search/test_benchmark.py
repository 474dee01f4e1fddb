import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.search import HNSW, IVF, Exact, benchmark, recall_at_k
from netwright.search.benchmarking import on_frontier


def test_recall_is_the_share_of_true_neighbours_found():
    truth = np.array([[1, 2, 3], [4, 5, 6]])
    assert recall_at_k([[3, 2, 9], [4, 8, 7]], truth) == pytest.approx(3 / 6)
    assert recall_at_k([[3, 2, 9], [4, 8, 7]], truth, k=1) == pytest.approx(1 / 2)
    assert recall_at_k([[1, 2, 3, 7], [9, 9, 9, 4]], truth) == pytest.approx(1 / 2)  # only the first k count


def test_places_without_a_row_count_neither_for_nor_against():
    assert recall_at_k([[1, -1]], [[1, -1]]) == 1.0
    assert recall_at_k([[-1, -1]], [[1, -1]]) == 0.0
    assert recall_at_k([["a", None]], [["a", None]]) == 1.0
    assert recall_at_k([[-1]], [[-1]]) == 1.0


def test_recall_refuses_what_does_not_fit():
    for found, truth, k in (([[1]], [[1], [2]], None), ([[1]], [[1]], 2), ([1], [[1]], None)):
        with pytest.raises(InputError):
            recall_at_k(found, truth, k)


def test_the_frontier_holds_what_nothing_beats():
    recall, speed = np.array([1.0, 0.9, 0.9, 0.5, 1.0]), np.array([10.0, 50.0, 40.0, 50.0, 10.0])
    assert on_frontier(recall, speed).tolist() == [True, True, False, False, True]


def test_the_table_has_recall_by_definition_and_a_frontier(few):
    rows, queries = few[:5_000], few[10_000:10_100]
    table = benchmark(
        rows,
        queries,
        metric="l2",
        structures=[Exact(), HNSW(8, 40), IVF(cells=20), IVF(20, probes=2)],
        repeats=1,
    )
    assert table["structure"].iloc[0] == "Exact()"
    assert table["recall"].iloc[0] == 1.0
    efforts = table[table["structure"].str.startswith("HNSW")]
    assert efforts["recall"].is_monotonic_increasing
    assert (table["structure"] == "IVF(cells=20, probes=2, codes=None)").any()
    np.testing.assert_array_equal(
        table["pareto"], on_frontier(table["recall"].to_numpy(), table["queries_per_second"].to_numpy())
    )
    assert table["pareto"].any()
    assert (table[["queries_per_second", "build_seconds", "megabytes"]] > 0).all(axis=None)


def test_every_usual_structure_is_measured(few):
    table = benchmark(few[:10_200, :8], few[10_200:10_250, :8], efforts=2, repeats=1)
    kinds = set(table["structure"].str.extract(r"^(\w+)\(")[0])
    assert kinds == {"Exact", "HNSW", "IVF", "PQ", "SQ", "Anisotropic"}
    with pytest.raises(InputError, match="hold some rows out"):
        benchmark(few, few[:0])
