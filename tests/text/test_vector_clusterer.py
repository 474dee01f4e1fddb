"""Words and texts are grouped as scikit-learn's k-means groups their vectors."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import normalize

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.embeddings import PPMI, SIF
from netwright.text import VectorClusterer


def planted(seed=0, n=240):
    """Texts of four topics with common function words, and the topic of each."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(4, size=n)
    texts = [
        " ".join(
            rng.permutation([*(f"t{t}w{i}" for i in rng.integers(15, size=7)), *(f"f{i}" for i in range(4))])
        )
        for t in topics
    ]
    return texts, topics


def test_planted_topics_of_texts_are_recovered():
    texts, topics = planted()
    embedder = SIF(PPMI(width=10, min_count=2, random_state=0))
    model = VectorClusterer(4, embedder, random_state=0).fit(iter(texts))
    assert adjusted_rand_score(topics, model.labels_) > 0.95
    assert adjusted_rand_score(topics, model.predict(texts)) > 0.95


def test_planted_topics_of_words_are_recovered():
    words = PPMI(width=10, min_count=2, random_state=0).fit(planted()[0]).vectors_
    model = VectorClusterer(5, random_state=0).fit(words)
    groups = model.groups(words.words)
    assert sorted({word.partition("w")[0] for word in group} for group in groups if group[0][0] == "t") == [
        {"t0"}, {"t1"}, {"t2"}, {"t3"}
    ]  # fmt: skip


@pytest.mark.parametrize("normalised", [True, False])
def test_labels_equal_scikit_learns_with_the_same_start(normalised):
    vectors = np.random.default_rng(0).normal(size=(80, 6)) * np.arange(1, 81)[:, None]
    rows = normalize(vectors) if normalised else vectors
    start = rows[:5]
    theirs = KMeans(5, init=start, n_init=1).fit(rows)
    ours = VectorClusterer(5, normalised=normalised, init=start).fit(vectors)
    assert np.array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_)


def test_groups_stand_in_the_order_of_nearness_to_their_centre():
    vectors = np.array([[1, 0.3], [1, 0.0], [1, 0.1], [-1, 0.0]])
    (first, second) = sorted(VectorClusterer(2, random_state=0).fit(vectors).groups("abcd"), key=len)
    assert (first, second) == (["d"], ["c", "b", "a"])


def test_it_repeats():
    check_repeats(VectorClusterer(3), np.random.default_rng(0).normal(size=(40, 4)))
    check_repeats(VectorClusterer(2, SIF(PPMI(width=3, min_count=1, random_state=0))), planted(n=30)[0])


def test_bad_input_is_told():
    with pytest.raises(NotFittedError):
        VectorClusterer().predict(np.ones((2, 2)))
    with pytest.raises(InputError, match="1 for 8"):
        VectorClusterer().fit(np.ones((1, 2)))
    with pytest.raises(InputError, match="finite matrix"):
        VectorClusterer().fit([[np.nan, 1]])
    with pytest.raises(InputError, match="1 for 2"):
        VectorClusterer(1).fit(np.ones((2, 2))).groups(["a"])
