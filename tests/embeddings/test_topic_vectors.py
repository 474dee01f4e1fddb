"""Topics and vectors side by side tell what neither tells alone."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.contracts import check_repeats
from netwright.embeddings import MeanVectors, TopicVectors, WordVectors


def planted(n=400, seed=0):
    """Texts of four classes: two topics, whose words have no vectors to speak of, by two senses.

    A sense is told by one rare word, which topics cannot learn but whose vector says it.
    """
    rng = np.random.default_rng(seed)
    senses = rng.normal(size=(2, 1, 8)) + 0.3 * rng.normal(size=(2, 400, 8))
    words = [f"topic{t}w{i}" for t in range(2) for i in range(20)]
    words += [f"sense{s}w{i}" for s in range(2) for i in range(400)]
    vectors = WordVectors(words, np.concatenate([0.05 * rng.normal(size=(40, 8)), senses.reshape(-1, 8)]))
    topic, sense = rng.integers(2, size=(2, n))
    texts = [
        " ".join([*(f"topic{t}w{i}" for i in rng.integers(20, size=15)), f"sense{s}w{rng.integers(400)}"])
        for t, s in zip(topic, sense, strict=True)
    ]
    return texts, 2 * topic + sense, vectors


def score(train, test, y):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0)).fit(train, y[: len(train)])
    return model.score(test, y[len(train) :])


def test_joined_features_beat_each_alone_on_planted_topics_and_senses():
    texts, y, vectors = planted()
    model = TopicVectors(vectors, n_topics=2, min_count=5, random_state=0).fit(texts[:200])
    train, test = model.transform(texts[:200]), model.transform(texts[200:])
    joined, topics, means = (
        score(train[:, part], test[:, part], y) for part in (slice(None), slice(2), slice(2, None))
    )
    assert joined > 0.9
    assert joined > max(topics, means) + 0.15


def test_columns_are_shares_of_topics_and_then_the_mean():
    texts, _, vectors = planted(60)
    found = TopicVectors(vectors, n_topics=3, random_state=0).fit_transform(texts)
    np.testing.assert_allclose(found[:, :3].sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(found[:, 3:], MeanVectors(vectors).fit_transform(texts))
    assert found.shape == (60, 11)


def test_it_repeats():
    texts, _, vectors = planted(30)
    check_repeats(TopicVectors(vectors, n_topics=2), texts)
