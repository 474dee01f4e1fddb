import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_mutual_info_score

from netwright.core.errors import InputError
from netwright.embeddings import Chars2Vec
from netwright.text import TweetClusterer
from netwright.training import Training

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = ["ba", "do", "ki", "lu", "me", "no", "pa", "ri", "so", "tu", "ve", "za", "gro", "shi", "fle"]
N_TOPICS = 6


def news(n, share, seed):
    """Posts of six words each of a topic of its own, with that share of their letters wrong."""
    generator = np.random.default_rng(0)
    words = ["".join(generator.choice(SYLLABLES, 3)) for _ in range(10 * N_TOPICS)]
    generator = np.random.default_rng(seed)
    topics = generator.integers(N_TOPICS, size=n)
    posts = []
    for topic in topics:
        text = list(" ".join(generator.choice(words[10 * topic : 10 * topic + 10], 6)))
        for place in range(len(text)):
            if text[place] != " " and generator.random() < share:
                text[place] = LETTERS[generator.integers(26)]
        posts.append("".join(text))
    return posts, topics


def test_topics_with_slips_are_found_better_than_by_tf_idf_and_k_means():
    posts, topics = news(200, share=0.2, seed=1)
    training = Training(epochs=80, batch_size=128, learning_rate=5e-3)
    embedder = Chars2Vec(width=64, min_count=3, training=training, random_state=0)
    model = TweetClusterer(embedder, n_clusters=N_TOPICS).fit(posts)
    ours = adjusted_mutual_info_score(topics, model.labels_)
    k_means = KMeans(N_TOPICS, n_init=10, random_state=0)
    theirs = adjusted_mutual_info_score(topics, k_means.fit_predict(TfidfVectorizer().fit_transform(posts)))
    assert ours > theirs + 0.15


def letters():
    return TfidfVectorizer(analyzer="char", ngram_range=(2, 3))


def test_a_threshold_finds_the_number_of_clusters():
    posts, topics = news(60, share=0.0, seed=2)
    whole = TweetClusterer(letters(), n_clusters=N_TOPICS).fit(posts)
    assert adjusted_mutual_info_score(topics, whole.labels_) > 0.9
    fine = TweetClusterer(letters(), threshold=0.8, linkage="average").fit(posts)
    assert fine.n_clusters_ == len(set(fine.labels_)) > N_TOPICS


def test_any_transformer_serves_and_a_frozen_one_is_not_fitted_again():
    posts, _ = news(30, share=0.0, seed=3)
    frozen = FrozenEstimator(letters().fit(["aa bb"]))
    model = TweetClusterer(frozen, n_clusters=2).fit(posts)
    assert model.vectors_.shape[1] == len(frozen.get_feature_names_out())
    sizes = np.linalg.norm(model.vectors_, axis=1)
    assert np.allclose(sizes[sizes > 0], 1)


def test_the_embedder_is_copied_and_its_settings_are_reached():
    model = TweetClusterer(letters(), n_clusters=2)
    assert clone(model).set_params(embedder__max_features=5).fit(
        ["ab cd", "ab ce", "xy z"]
    ).vectors_.shape == (3, 5)
    assert not hasattr(model.embedder, "vocabulary_")


def test_what_cannot_be_is_named():
    with pytest.raises(InputError, match="one of n_clusters and threshold"):
        TweetClusterer(letters()).fit(["a", "b"])
    with pytest.raises(InputError, match="X must be at least two texts"):
        TweetClusterer(letters(), n_clusters=2).fit(["a"])
