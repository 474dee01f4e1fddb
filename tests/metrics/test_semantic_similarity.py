import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import pearsonr, spearmanr

from netwright.core.errors import InputError
from netwright.metrics import UndefinedScoreError, semantic_similarity

RNG = np.random.default_rng(0)
FIRST, SECOND = RNG.normal(size=(2, 40, 6))
GRADES = RNG.integers(0, 6, 40)  # with ties


@pytest.mark.parametrize(
    ("name", "distance"), [("cosine", "cosine"), ("euclidean", "euclidean"), ("dot", None)]
)
def test_correlations_are_scipys_of_the_similarity_of_each_pair(name, distance):
    if distance is None:
        similarity = [u @ v for u, v in zip(FIRST, SECOND, strict=True)]
    else:
        similarity = -np.diag(cdist(FIRST, SECOND, distance))
    found = semantic_similarity(GRADES, FIRST, SECOND)
    assert abs(found[f"spearman_{name}"] - spearmanr(GRADES, similarity).statistic) < 1e-9
    assert abs(found[f"pearson_{name}"] - pearsonr(GRADES, similarity).statistic) < 1e-9


def test_spearman_asks_for_the_order_alone_and_pearson_for_a_straight_line():
    angles = np.linspace(0.1, 3, 12)
    first, second = np.tile([1.0, 0.0], (12, 1)), np.stack([np.cos(angles), np.sin(angles)], 1)
    scores = semantic_similarity(np.cos(angles) ** 3, first, second)
    assert scores["spearman_cosine"] == pytest.approx(1)
    assert scores["pearson_cosine"] < 0.99
    assert semantic_similarity(np.cos(angles), first, 5 * second)["pearson_cosine"] == pytest.approx(1)


def test_a_vector_of_zeros_is_like_nothing():
    first = FIRST.copy()
    first[3] = 0
    assert np.isfinite(list(semantic_similarity(GRADES, first, SECOND).values())).all()


def test_what_has_no_correlation_is_refused():
    with pytest.raises(UndefinedScoreError, match="truth must have two values"):
        semantic_similarity(np.ones(40), FIRST, SECOND)
    with pytest.raises(UndefinedScoreError, match="cosine similarity"):
        semantic_similarity(GRADES, FIRST, FIRST)
    with pytest.raises(InputError, match="alike"):
        semantic_similarity(GRADES, FIRST, SECOND[:, :3])
    with pytest.raises(InputError, match="first must have the 3 rows"):
        semantic_similarity([1, 2, 3], FIRST, SECOND)
