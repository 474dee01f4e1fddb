"""Whether inputs tell anything of targets at all, before any network is trained."""

import numpy as np
from jaxtyping import Float, Shaped
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from netwright.core.errors import InputError

MOST_LABELS = 20
"""Whole numbers of more values than this are compared by size."""


def relation_test(
    X: Float[np.ndarray, "rows columns"],
    y: Shaped[np.ndarray, " rows"],
    *,
    n_neighbours: int = 5,
    n_permutations: int = 200,
    random_state: int = 0,
) -> float:
    """Return the probability that targets without any relation to the inputs look like these.

    Use it before you look for a better network: where it is large, nearest neighbours have targets that are
    no more alike than those of any rows. It sees relations that are local in the standardised columns, of
    whatever form.

        s = mean over rows of how far their neighbours' targets agree
        p = (1 + permutations of y with s as large) / (1 + permutations)

    Args:
        X: inputs.
        y: labels, which agree or do not, or numbers, which agree by their ranks.
        n_neighbours: of each row.
        n_permutations: of the targets; p is at least one in so many and one.
        random_state: of the permutations.

    Raises:
        InputError: when there are not more rows than neighbours.

    Example:
        >>> X = np.random.default_rng(0).standard_normal((100, 2))
        >>> relation_test(X, X[:, 0] > 0) < 0.01
        True

    Source:
        Ojala and Garriga (2010), "Permutation Tests for Studying Classifier Performance",
        Journal of Machine Learning Research 11.
    """
    if len(X) <= n_neighbours or len(X) != len(y):
        raise InputError(
            f"there must be more than {n_neighbours} rows, each with a target",
            f"{len(X)} rows and {len(y)} targets",
            "give more rows, or take fewer neighbours",
        )
    X = (X - X.mean(0)) / np.maximum(X.std(0), 1e-12)
    near = NearestNeighbors(n_neighbors=n_neighbours + 1).fit(X).kneighbors(return_distance=False)[:, :-1]
    values, places = np.unique(y, return_inverse=True)
    is_label = len(values) <= MOST_LABELS
    codes: NDArray[np.float64] = places.astype(np.float64)
    rng = np.random.default_rng(random_state)
    actual = _agreement(codes, near, is_label=is_label)
    chance = [_agreement(rng.permutation(codes), near, is_label=is_label) for _ in range(n_permutations)]
    return (1 + sum(one >= actual for one in chance)) / (1 + n_permutations)


def _agreement(codes: NDArray[np.float64], near: NDArray[np.int64], *, is_label: bool) -> float:
    away = np.abs(codes[near] - codes[:, None])
    return float((away == 0).mean()) if is_label else -float(away.mean())
