import numpy as np
import pytest
from scipy.special import rel_entr
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.search import NonMetricNeighbors, kl_divergence, nearest_by, non_metric


@pytest.fixture
def topics():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(12, 0.3), 700)
    shares[shares < 1e-3] = 0  # impossible events, whose divergence is infinite
    return shares / shares.sum(axis=1, keepdims=True)


def brute_force(function, queries, rows, k):
    table = np.array([[function(a, b) for b in rows] for a in queries])
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, 1), order


def test_neighbours_under_kl_equal_brute_force_and_the_direction_counts(topics, monkeypatch):
    monkeypatch.setattr(non_metric, "BLOCK", 5_000)  # several blocks
    queries, rows = topics[:40], topics[40:] + 1e-6
    costs, places = brute_force(lambda a, b: rel_entr(a, b).sum(), queries, rows, 7)
    model = NonMetricNeighbors(kl_divergence, n_neighbors=7).fit(rows)
    found_costs, found = model.kneighbors(queries)
    np.testing.assert_array_equal(found, places)
    np.testing.assert_allclose(found_costs, costs, rtol=1e-9, atol=1e-12)
    backwards = nearest_by(lambda a, b: kl_divergence(b, a).T, queries, rows, 7)[1]
    assert (backwards != found).any()


def test_events_that_a_row_holds_impossible_make_the_divergence_infinite(topics):
    table = kl_divergence(topics[:60], topics[60:200])
    by_hand = np.array([[rel_entr(a, b).sum() for b in topics[60:200]] for a in topics[:60]])
    assert np.isinf(by_hand).any()
    np.testing.assert_allclose(table, by_hand, rtol=1e-9, atol=1e-12)


def test_neighbours_under_a_users_function_equal_brute_force(monkeypatch):
    monkeypatch.setattr(non_metric, "BLOCK", 3_000)
    rng = np.random.default_rng(1)
    queries, rows = rng.normal(size=(90, 4)), rng.normal(size=(300, 4))

    def grows_more_than_falls(a, b):  # not symmetric, no triangle
        gap = b - a[:, None]
        return (np.maximum(gap, 0) ** 3 + np.maximum(-gap, 0)).sum(axis=2)

    costs, places = brute_force(
        lambda a, b: (np.maximum(b - a, 0) ** 3 + np.maximum(a - b, 0)).sum(), queries, rows, 5
    )
    found_costs, found = nearest_by(grows_more_than_falls, queries, rows, 5)
    np.testing.assert_array_equal(found, places)
    np.testing.assert_allclose(found_costs, costs)


def test_it_is_an_estimator_of_scikit_learn(topics):
    model = clone(NonMetricNeighbors(n_neighbors=3))
    with pytest.raises(NotFittedError):
        model.kneighbors(topics[:2])
    assert model.fit(topics).kneighbors(topics[:2])[1][:, 0].tolist() == [0, 1]
    assert model.kneighbors(topics[:2], n_neighbors=1)[0].shape == (2, 1)
    with pytest.raises(ValueError, match="features"):
        model.kneighbors(topics[:2, :3])


@pytest.mark.parametrize(
    ("function", "k", "said"),
    [
        (lambda a, b: np.zeros(3), 1, "dissimilarity must give \\(queries, rows\\), here \\(2, 5\\)"),
        (lambda a, b: np.full((len(a), len(b)), np.nan), 1, "NaN"),
        (kl_divergence, 6, "at most the 5 rows"),
        (lambda a, b: kl_divergence(a - 9, b), 1, "must not be negative"),
    ],
)
def test_what_cannot_be_compared_is_refused(function, k, said):
    with pytest.raises(InputError, match=said):
        nearest_by(function, np.ones((2, 3)), np.ones((5, 3)), k)
