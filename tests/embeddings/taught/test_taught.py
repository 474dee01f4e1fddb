"""Planted truth for encoders that are taught: topics, contradictions and a second language."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.embeddings import (
    ClassificationTask,
    InferenceTask,
    InferSent,
    MultilingualSentenceEncoder,
    ResponseTask,
    SimilarityTask,
    UniversalSentenceEncoder,
    WordVectors,
)
from netwright.metrics import semantic_similarity

TOPICS = np.array([[f"{topic}{n}" for n in range(12)] for topic in ("sea", "sky", "sun")])
FILLERS = np.array([f"the{n}" for n in range(12)])


def text_of(topic, rng, n_words=3):
    """A few words of the topic among twice as many that say nothing."""
    words = [*rng.choice(TOPICS[topic], n_words), *rng.choice(FILLERS, 2 * n_words)]
    return " ".join(rng.permutation(words))


def graded(n, seed):
    """Pairs of texts, and whether they are of one topic."""
    rng = np.random.default_rng(seed)
    topics = rng.integers(0, 3, (n, 2))
    pairs = [tuple(text_of(topic, rng) for topic in row) for row in topics]
    return pairs, (topics[:, 0] == topics[:, 1]).astype(float)


def classified(n, seed):
    rng = np.random.default_rng(seed)
    topics = rng.integers(0, 3, n)
    return [text_of(topic, rng) for topic in topics], topics


def spearman(transform):
    pairs, same = graded(150, seed=9)
    first, second = (transform(column) for column in zip(*pairs, strict=True))
    return semantic_similarity(same, first, second)["spearman_cosine"]


def small_use(**settings):
    return UniversalSentenceEncoder(**{"embedding": 24, "epochs": 8, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def tasks():
    return [ClassificationTask(*classified(150, 1)), SimilarityTask(*graded(150, 2))]


@pytest.fixture(scope="module")
def taught(tasks):
    return small_use().fit(tasks)


def test_several_tasks_tell_similarity_better_than_the_mean_of_word_vectors(taught, tasks):
    rng = np.random.default_rng(0)
    words = WordVectors(taught.vocabulary_, rng.normal(size=(len(taught.vocabulary_), 100)))
    mean = spearman(lambda texts: np.stack([words[text.split()].mean(0) for text in texts]))
    both = spearman(taught.transform)
    assert both > mean + 0.3
    half = [ClassificationTask(*classified(150, 1)), SimilarityTask(*graded(15, 2))]
    assert spearman(small_use().fit(half).transform) > spearman(small_use().fit(half[1:]).transform)


def test_its_vectors_have_512_features_length_one_and_no_order(taught):
    texts, _ = classified(20, 3)
    vectors = taught.transform(texts)
    assert vectors.shape == (20, 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    backwards = [" ".join(reversed(text.split())) for text in texts]
    assert np.array_equal(taught.transform(backwards), vectors)
    assert np.array_equal(taught.transform(texts[::-1]), vectors[::-1])


def test_similarity_is_one_minus_the_angle(taught):
    first, second = (texts for texts, _ in (classified(9, 4), classified(9, 5)))
    u, v = (taught.transform(texts).astype(float) for texts in (first, second))
    angles = [np.arctan2(np.linalg.norm(b - (a @ b) * a), a @ b) for a, b in zip(u, v, strict=True)]
    np.testing.assert_allclose(taught.similarity(first, second), 1 - np.array(angles) / np.pi, atol=1e-4)


def test_each_kind_of_task_teaches():
    pairs, same = graded(150, 6)
    alike = [pair for pair, one in zip(pairs, same, strict=True) if one]
    for task in (InferenceTask(pairs, same.astype(int)), ResponseTask(alike)):
        model = small_use(epochs=15).fit(task)
        assert model.losses_[-1] < 0.8 * model.losses_[0]
        assert spearman(model.transform) > 0.25


def test_encoders_keep_scikit_learns_contract_and_the_same_seed_gives_the_same_bits():
    check_estimator(small_use())
    check_estimator(InferSent())
    check_estimator(MultilingualSentenceEncoder())
    texts, topics = classified(20, 1)
    check_repeats(small_use(epochs=1, word_dropout=0.2), texts, topics)
    pairs, same = graded(10, 1)
    settings = {"width": 8, "embedding": 8, "hidden": (8,), "epochs": 1, "random_state": 0}
    for model in (InferSent(**settings), MultilingualSentenceEncoder(**settings)):
        one, other = (clone(model).fit(pairs, same.astype(int)) for _ in range(2))
        assert np.array_equal(one.transform(texts), other.transform(texts))
        assert np.array_equal(pickle.loads(pickle.dumps(one)).transform(texts), one.transform(texts))
        assert one.get_feature_names_out().shape == (8,)


NAMES = ["ann", "bob", "cid", "dan", "eve", "flo"]


def inferences(n, seed, *, held_out=False):
    """Who is above whom: b follows from a, contradicts it, or says something of another.

    Which one it is stands in the order of the words, so that a bag of them cannot tell. Some pairs of names
    are kept for held-out rows.
    """
    rng, pairs, labels = np.random.default_rng(seed), [], []
    while len(pairs) < n:
        one, other, third = rng.permutation(len(NAMES))[:3]
        if ((one + 2 * other) % 5 == 0) != held_out:
            continue
        one, other, third = NAMES[one], NAMES[other], NAMES[third]
        label = rng.choice(["entailment", "contradiction", "neutral"])
        said = {
            "entailment": f"{other} below {one}",
            "contradiction": f"{one} below {other}",
            "neutral": f"{third} below {one}",
        }
        pairs.append((f"{one} above {other}", said[label]))
        labels.append(str(label))
    return pairs, labels


def test_infersent_finds_planted_entailment_which_a_bag_of_words_cannot():
    settings = {"width": 64, "embedding": 16, "hidden": (64,), "epochs": 10, "learning_rate": 5e-3}
    model = InferSent(**settings, batch_size=32, random_state=0).fit(*inferences(700, 0))
    held_out, labels = inferences(300, 1, held_out=True)
    assert not {pair[0] for pair in held_out} & {pair[0] for pair in inferences(700, 0)[0]}
    assert model.score(held_out, labels) > 0.9
    np.testing.assert_allclose(model.predict_proba(held_out).sum(1), 1, atol=1e-5)
    assert model.transform(["ann above bob"]).shape == (1, 64)


def test_given_word_vectors_stay_as_they_are():
    vectors = WordVectors([*NAMES, "above", "below"], np.random.default_rng(0).normal(size=(8, 8)))
    model = InferSent(vectors, width=8, hidden=(8,), epochs=1, random_state=0).fit(*inferences(40, 0))
    assert np.array_equal(model.network_.words.weight.detach().numpy(), vectors.vectors)
    assert model.vocabulary_ is vectors.vocabulary


def translations(n, seed):
    """Sentences of 60 words, and the same in words of another language in another order."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(60, 5, replace=False) for _ in range(n)]
    return [
        (" ".join(f"w{i}" for i in row), " ".join(f"mot{i}" for i in rng.permutation(row))) for row in rows
    ]


def test_translations_are_found_first_nine_times_of_ten_in_a_planted_second_language():
    model = MultilingualSentenceEncoder(width=64, embedding=64, hidden=(64,), epochs=12, random_state=0)
    model.fit(translations(600, 0))
    held_out = translations(200, 1)
    assert model.score(held_out) > 0.9
    first, second = (model.transform(column) for column in zip(*held_out, strict=True))
    found = [int(np.argmax([u @ v for v in second])) == row for row, u in enumerate(first)]
    assert model.score(held_out) == np.mean(found)


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ([], "X must be tasks"),
        (["a text"], "X must be tasks, got 'a text'"),
        (ClassificationTask(["a", "b"], [1, 1]), "two classes"),
        (ClassificationTask("ab", [1, 0]), "texts must be several texts"),
        (SimilarityTask([("a", "b")], [4.0]), "scale them"),
        (ResponseTask(["a", "b"]), "2 texts"),
    ],
)
def test_tasks_of_another_form_are_named(task, why):
    with pytest.raises(InputError, match=why):
        small_use().fit(task)


def test_a_text_without_known_words_has_a_vector_too(taught):
    vectors = taught.transform(["", "unheard of"])
    assert np.isfinite(vectors).all()
    assert np.array_equal(vectors[0], vectors[1])
