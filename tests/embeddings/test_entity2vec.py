"""Entities from descriptions: centroids, and planes that part their words; 8 bits keep the ranks."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from netwright.core.errors import InputError
from netwright.data import Vocabulary
from netwright.embeddings import Entity2Vec, QuantisedVectors, WordVectors


def planted(n_topics=40, n_own=25, width=20, seed=0):
    """Word vectors around the topics they belong to, and an entity for each topic, told of in 60 words."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_topics, width)) / width**0.5
    topic = np.repeat(np.arange(n_topics), n_own)
    vectors = centres[topic] + 0.5 * rng.normal(size=(len(topic), width)) / width**0.5
    words = [f"t{one}w{number}" for number, one in enumerate(topic)]
    counts = rng.integers(5, 500, size=len(words))
    texts = {}
    for one in range(n_topics):
        own = rng.choice(np.flatnonzero(topic == one), 45)
        texts[f"entity {one}"] = [words[number] for number in [*own, *rng.integers(len(words), size=15)]]
    return WordVectors(Vocabulary(words, counts), vectors.astype(np.float32)), topic, texts


WORDS, TOPIC, TEXTS = planted()


@pytest.fixture(scope="module")
def fitted():
    return Entity2Vec(WORDS, random_state=0).fit(TEXTS)


def test_planes_part_the_words_of_an_entity_from_others(fitted):
    scores = fitted.transform([[word] for word in WORDS.words])  # (words, entities)
    areas = [roc_auc_score(entity == TOPIC, scores[:, entity]) for entity in range(len(TEXTS))]
    assert np.mean(areas) > 0.95


def test_queries_of_three_words_find_their_entity(fitted):
    rng = np.random.default_rng(1)
    asked = [[WORDS.words[n] for n in rng.choice(np.flatnonzero(one == TOPIC), 3)] for one in TOPIC[::5]]
    truth = np.array([f"entity {one}" for one in TOPIC[::5]])
    assert np.mean(fitted.predict(asked) == truth) > 0.9
    assert np.mean(Entity2Vec(WORDS, method="centroid").fit(TEXTS).predict(asked) == truth) > 0.9


def test_eight_bits_lose_less_than_one_part_in_a_hundred_of_the_rank(fitted):
    small = Entity2Vec(WORDS, bits=8, random_state=0).fit(TEXTS)
    rng = np.random.default_rng(2)
    asked = [[WORDS.words[n] for n in rng.choice(np.flatnonzero(one == TOPIC), 2)] for one in TOPIC]

    def mean_reciprocal_rank(model):
        scores = model.transform(asked)
        own = scores[np.arange(len(asked)), TOPIC]
        return np.mean(1 / (scores >= own[:, None]).sum(1))

    whole, less = mean_reciprocal_rank(fitted), mean_reciprocal_rank(small)
    assert whole > 0.5
    assert less > 0.99 * whole
    assert small.quantised_.nbytes < 0.35 * fitted.vectors_.vectors.nbytes


def test_a_plane_is_the_optimum_that_scikit_learn_finds(fitted):
    words = ["a", "b", "c", "d", "e", "f"]
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    counts = np.array([0, 0, 0, 3, 2, 4])  # only the last three are ever drawn
    known = WordVectors(Vocabulary(words, counts), vectors)
    model = Entity2Vec(known, negatives=5.0, penalty=1.5, random_state=3).fit({"it": ["a", "a", "b", "c"]})
    random = np.random.RandomState(3)
    drawn = np.searchsorted(np.cumsum(counts / counts.sum()), random.random_sample(20))
    rows = np.concatenate([[0, 0, 1, 2], drawn])
    labels = np.concatenate([np.ones(4), np.zeros(20)])
    theirs = LogisticRegression(C=3 / (2 * 1.5), tol=1e-10, max_iter=10_000).fit(vectors[rows], labels)
    np.testing.assert_allclose(model.vectors_["it"], theirs.coef_[0], atol=1e-4)
    np.testing.assert_allclose(model.biases_, theirs.intercept_, atol=1e-4)


def test_a_centroid_is_the_direction_of_the_sum_and_its_score_a_cosine():
    model = Entity2Vec(WORDS, method="centroid").fit(TEXTS)
    summed = WORDS[TEXTS["entity 3"]].sum(0)
    np.testing.assert_allclose(model.vectors_["entity 3"], summed / np.linalg.norm(summed), atol=1e-6)
    query = WORDS[["t3w75", "t4w100"]].sum(0)
    cosine = query @ summed / np.linalg.norm(query) / np.linalg.norm(summed)
    assert model.transform([["t3w75", "t4w100"]])[0, 3] == pytest.approx(cosine, abs=1e-5)


def test_scores_are_log_likelihoods_of_the_words(fitted):
    query = ["t1w30", "t1w30", "unknown", "t2w55"]
    vectors, biases = fitted.vectors_.vectors.astype(float), fitted.biases_
    by_hand = sum(
        -np.log1p(np.exp(-(vectors @ WORDS[word] + biases))) for word in ("t1w30", "t1w30", "t2w55")
    )
    np.testing.assert_allclose(fitted.transform([query])[0], by_hand, rtol=1e-4)
    assert not fitted.transform([["unknown"]]).any()


def test_quantised_vectors_are_wrong_by_half_a_step_at_most():
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    vectors[3] = 0
    for bits in (2, 5, 8):
        small = QuantisedVectors.of(vectors, bits)
        assert small.codes.dtype == np.int8
        assert np.abs(small.codes).max() == 2 ** (bits - 1) - 1
        assert (np.abs(small.decode() - vectors) <= small.scales[:, None] / 2 + 1e-6).all()
    with pytest.raises(InputError, match="bits must be from 2 to 8, got 9"):
        QuantisedVectors.of(vectors, 9)
    with pytest.raises(InputError, match="another in row 2"):
        QuantisedVectors.of(np.array([[1.0], [np.nan]], np.float32))


def test_the_same_seed_gives_the_same_bits(fitted):
    again = clone(fitted).fit(list(TEXTS.values()), list(TEXTS))
    assert np.array_equal(again.vectors_.vectors, fitted.vectors_.vectors)
    assert np.array_equal(
        pickle.loads(pickle.dumps(fitted)).transform(["t1w30"]), fitted.transform(["t1w30"])
    )
    assert fitted.get_feature_names_out().tolist() == list(TEXTS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Entity2Vec(WORDS).fit({"it": "of nothing"}), "known word, got none in that of 'it'"),
        (lambda: Entity2Vec(WORDS).fit(["t1w30"]), "y must name the 1 entities, got None"),
        (lambda: Entity2Vec(WORDS).fit("t1w30", ["it"]), "X must be an iterable"),
        (lambda: Entity2Vec(WORDS, method="mean").fit(TEXTS), "method must be one of"),
        (lambda: Entity2Vec(WORDS, penalty=0).fit(TEXTS), "penalty=0"),
        (lambda: Entity2Vec([1]).fit(TEXTS), "words must be WordVectors, got list"),
    ],
)
def test_what_cannot_be_used_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
