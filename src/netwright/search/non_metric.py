"""Nearest rows under any dissimilarity, also one that is not symmetric and knows no triangle."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from netwright.core.errors import InputError
from netwright.search.reading import read_k

Numbers = NDArray[np.float64]
Dissimilarity = Callable[[Numbers, Numbers], ArrayLike]

BLOCK = 2**22
"""Numbers that a function may hold at once: 32 MB of differences."""
QUERIES = 64


def kl_divergence(queries: Numbers, rows: Numbers) -> Numbers:
    """Return the Kullback-Leibler divergence of each query from each row, as one matrix product.

    Use it to compare distributions: topics of documents, shares of a budget, colour histograms.

        KL(q | x) = sum_i q_i log(q_i / x_i);  0 log 0 = 0, infinite where x_i = 0 < q_i

    Args:
        queries: rows of probabilities.
        rows: rows of probabilities.

    Raises:
        InputError: when a number is negative.

    Example:
        >>> kl_divergence(np.array([[0.5, 0.5]]), np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
        [[0.0, inf]]

    Source:
        Boytsov and Naidan (2013), "Engineering Efficient and Effective Non-metric Space Library",
        doi:10.1007/978-3-642-41062-8.
    """
    if (queries < 0).any() or (rows < 0).any():
        raise InputError(
            "distributions must not be negative", "a number below 0", "use counts or probabilities"
        )
    there = rows > 0
    logs = np.log(np.where(there, rows, 1.0))
    own = (queries * np.log(np.where(queries > 0, queries, 1.0))).sum(axis=1)
    divergence = own[:, None] - queries @ logs.T
    impossible = (queries @ (~there).T.astype(np.float64)) > 0
    return np.where(impossible, np.inf, np.maximum(divergence, 0.0))


def nearest_by(
    dissimilarity: Dissimilarity, queries: ArrayLike, rows: ArrayLike, k: int = 10
) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the k least dissimilar rows of each query, compared exactly and in blocks.

    Use it once; `NonMetricNeighbors` keeps the rows for many calls.

    Args:
        dissimilarity: takes (queries, width) and (rows, width), gives (queries, rows), lower is nearer; as
            `kl_divergence`. Every row is compared, so it may have no property of a metric.
        queries: (queries, width).
        rows: (rows, width).
        k: how many, at most the rows.

    Returns:
        (dissimilarities, places among the rows), the nearest first.

    Raises:
        InputError: when the function gives another shape, or a NaN.

    Example:
        >>> longest = lambda a, b: np.abs(a[:, None] - b).max(axis=2)
        >>> nearest_by(longest, [[0.0, 0.0]], [[3.0, 1.0], [2.0, 2.0]], k=1)[1].tolist()
        [[1]]

    Source:
        Boytsov and Naidan (2013), "Engineering Efficient and Effective Non-metric Space Library",
        doi:10.1007/978-3-642-41062-8.
    """
    a, b = (np.atleast_2d(np.asarray(given, np.float64)) for given in (queries, rows))
    k = read_k(k)
    if k > len(b):
        raise InputError(f"k must be at most the {len(b)} rows", str(k), "ask for fewer neighbours")
    costs, places = np.empty((len(a), k)), np.empty((len(a), k), np.int64)
    n_queries = max(1, min(len(a), QUERIES))  # a function of differences makes (queries, rows, width)
    n_rows = max(1, BLOCK // max(1, n_queries * b.shape[1]))
    for start in range(0, len(a), n_queries):
        part = slice(start, start + n_queries)
        costs[part], places[part] = _nearest(dissimilarity, a[part], b, k, n_rows)
    return costs, places


class NonMetricNeighbors(BaseEstimator):  # type: ignore[misc]
    """Exact neighbours under a dissimilarity of your own, with scikit-learn's interface.

    Use it where no index serves, because the measure is not symmetric or obeys no triangle inequality:
    divergences of distributions, costs of alignment. Where one of `Metric` will do, `Index` is faster.

        kneighbors(q) = the k rows x of the least d(q, x)

    Args:
        dissimilarity: as in `nearest_by`; the query comes first.
        n_neighbors: how many are found when `kneighbors` is not told.

    Example:
        >>> topics = [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
        >>> model = NonMetricNeighbors(kl_divergence, n_neighbors=1).fit(topics)
        >>> model.kneighbors([[0.2, 0.8]])[1].tolist()
        [[2]]

    Source:
        Boytsov and Naidan (2013), "Engineering Efficient and Effective Non-metric Space Library",
        doi:10.1007/978-3-642-41062-8.

    Differs:
        The library prunes with permutations and graphs and may miss; this compares with every row.
    """

    def __init__(self, dissimilarity: Dissimilarity = kl_divergence, n_neighbors: int = 5) -> None:
        self.dissimilarity = dissimilarity
        self.n_neighbors = n_neighbors

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Keep the rows.

        Args:
            X: (rows, width).
            y: not used.
        """
        self.rows_ = validate_data(self, X, dtype=np.float64)
        return self

    def kneighbors(self, X: ArrayLike, n_neighbors: int | None = None) -> tuple[Numbers, NDArray[np.int64]]:
        """Return (dissimilarities, places of rows) of the nearest, as scikit-learn's NearestNeighbors does.

        Args:
            X: queries.
            n_neighbors: how many; that of the constructor when None.
        """
        check_is_fitted(self)
        queries = validate_data(self, X, dtype=np.float64, reset=False)
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        return nearest_by(self.dissimilarity, queries, self.rows_, k)


def _nearest(
    dissimilarity: Dissimilarity, queries: Numbers, rows: Numbers, k: int, n_rows: int
) -> tuple[Numbers, NDArray[np.int64]]:
    costs, places = np.empty((len(queries), 0)), np.empty((len(queries), 0), np.int64)
    for start in range(0, len(rows), n_rows):
        some = rows[start : start + n_rows]
        table = _table(dissimilarity, queries, some)
        costs = np.hstack([costs, table])
        here = np.broadcast_to(np.arange(start, start + len(some)), table.shape)
        places = np.hstack([places, here])
        if costs.shape[1] > k:
            best = np.argpartition(costs, k - 1, axis=1)[:, :k]
            costs, places = np.take_along_axis(costs, best, 1), np.take_along_axis(places, best, 1)
    order = np.lexsort((places, costs), axis=1)
    return np.take_along_axis(costs, order, 1), np.take_along_axis(places, order, 1)


def _table(dissimilarity: Dissimilarity, queries: Numbers, rows: Numbers) -> Numbers:
    table = np.asarray(dissimilarity(queries, rows), np.float64)
    if table.shape != (len(queries), len(rows)):
        raise InputError(
            f"dissimilarity must give (queries, rows), here {(len(queries), len(rows))}",
            f"the shape {table.shape}",
            "compare all pairs at once, for instance over queries[:, None] - rows",
        )
    if np.isnan(table).any():
        raise InputError("dissimilarity must give numbers", "NaN", "infinity says that nothing is alike")
    return table
