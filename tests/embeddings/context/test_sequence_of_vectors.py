import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from netwright.core.errors import InputError
from netwright.embeddings import FlairEmbedder, SequenceOfVectors, WordTableEmbedder, WordVectors
from netwright.training import Training

WORDS = [f"w{number}" for number in range(12)]


def table():
    return WordVectors(["bites", *WORDS], np.random.default_rng(0).normal(size=(13, 16)))


def test_rows_are_the_words_vectors_with_zeros_behind():
    vectors = table()
    model = SequenceOfVectors(vectors).fit(["w1 bites w2", "w3"])
    texts = ["w3 bites", "w1 unknown w2 w4", ""]
    found, mask = model.transform(texts), model.mask(texts)
    assert found.shape == (3, 3, 16)
    np.testing.assert_array_equal(found[0], [vectors["w3"], vectors["bites"], np.zeros(16)])
    np.testing.assert_array_equal(found[1], [vectors["w1"], np.zeros(16), vectors["w2"]])
    assert mask.tolist() == [[True, True, False], [True, True, True], [False, False, False]]
    assert not found[~mask].any()


def test_who_bites_whom_is_learned_from_the_sequence_but_not_from_the_mean():
    """The first word bites the last; the answer is whether the biter is of the first kind."""
    pairs = [pair for a, b in itertools.product(WORDS[:6], WORDS[6:]) for pair in ((a, b), (b, a))]
    texts = [f"{a} bites {b}" for a, b in pairs]
    answers = np.array([a in WORDS[:6] for a, _ in pairs])
    learned = np.random.default_rng(0).permutation(len(texts)) < 48
    accuracy = {}
    for kind, transformer in (("sequence", SequenceOfVectors(table())), ("mean", WordTableEmbedder(table()))):
        X = transformer.fit(texts).transform(texts).reshape(len(texts), -1)
        model = LogisticRegression(C=100, max_iter=1000).fit(X[learned], answers[learned])
        accuracy[kind] = model.score(X[~learned], answers[~learned])
    assert accuracy["sequence"] > 0.95
    assert accuracy["mean"] < 0.65


def test_vectors_in_context_may_stand_in_the_sequence_too():
    flair = FlairEmbedder(hidden=4, training=Training(epochs=1), random_state=0)
    model = SequenceOfVectors(flair, length=2).fit(["a b c", "a"])
    whole, cut = model.embedder_.transform_tokens([["a", "b"]])[0], model.transform(["a b c"])[0]
    np.testing.assert_allclose(cut, whole, atol=1e-6)


def test_a_length_below_one_is_named():
    with pytest.raises(InputError, match="length must be at least 1, got 0"):
        SequenceOfVectors(table(), length=0).fit(["w1"])
