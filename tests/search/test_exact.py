import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from netwright.search import Exact, Index, exact
from netwright.search.metric import Metric


def brute_force(rows, queries, metric, k):
    """Neighbours and scores by scikit-learn in double precision."""
    rows, queries = rows.astype(float), queries.astype(float)
    if metric == "inner_product":
        products = queries @ rows.T
        order = np.argsort(-products, axis=1)[:, :k]
        return np.take_along_axis(products, order, 1), order
    model = NearestNeighbors(algorithm="brute", metric=metric, n_neighbors=k).fit(rows)
    distances, order = model.kneighbors(queries)
    return (1 - distances if metric == "cosine" else distances), order


@pytest.mark.parametrize("metric", list(Metric))
def test_neighbours_and_scores_equal_scikit_learns_brute_force(metric, rows, queries):
    scores, order = brute_force(rows[:3000], queries[:40], metric.value, 10)
    found = Index(metric, Exact()).add(rows[:3000]).search(queries[:40], k=10)
    np.testing.assert_array_equal(found.ids, order)
    np.testing.assert_allclose(found.scores, scores, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("metric", list(Metric))
def test_without_faiss_numpy_finds_the_same(metric, rows, queries, monkeypatch):
    index = Index(metric, Exact()).add(rows[:3000])
    with_faiss = index.search(queries[:40], k=10)
    monkeypatch.setattr(exact, "find_faiss", lambda: None)
    monkeypatch.setattr(exact, "BLOCK", 2**15)  # several blocks of rows and of queries
    without = index.search(queries[:40], k=10)
    np.testing.assert_array_equal(without.ids, with_faiss.ids)
    np.testing.assert_allclose(without.scores, with_faiss.scores, rtol=2e-6, atol=2e-6)


def test_distances_far_from_the_origin_keep_their_digits(rows, queries):
    far_rows, far = rows[:3000].astype(float) + 300, queries[:40].astype(float) + 300
    index = Index("l2", Exact()).add(far_rows)
    distances, order = brute_force(far_rows.astype(np.float32), far.astype(np.float32), "l2", 10)
    found = index.search(far, k=10)
    np.testing.assert_array_equal(found.ids, order)
    np.testing.assert_allclose(found.scores, distances, rtol=1e-4)
    assert index.search(far_rows[:1], k=1).scores[0, 0] == 0.0


def test_fewer_rows_than_asked_for_leave_places_without_id_and_score():
    found = Index("l2", Exact()).add([[0.0], [1.0]]).search([[0.2]], k=4)
    assert found.ids.tolist() == [[0, 1, -1, -1]]
    assert np.isnan(found.scores[0, 2:]).all()
    assert found.pairs(0) == [(0, pytest.approx(0.2)), (1, pytest.approx(0.8))]
    assert Index().search([[1.0, 2.0]], k=2).ids.tolist() == [[-1, -1]]


def test_of_equal_rows_the_first_comes_first():
    assert Index("l2").add(np.ones((50, 3))).search(np.ones((1, 3)), k=5).ids.tolist() == [[0, 1, 2, 3, 4]]
