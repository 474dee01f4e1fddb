"""Questions to word vectors are answered as gensim answers them."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from netwright.core.errors import InputError
from netwright.data import UnknownWordError
from netwright.embeddings import (
    WordVectors,
    analogy,
    doesnt_match,
    most_similar_by_product,
    multiplicative_analogy,
)

WORDS = [f"w{number}" for number in range(200)]


@pytest.fixture(scope="module")
def both():
    """The same vectors in our form and in gensim's."""
    vectors = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    keyed = KeyedVectors(12)
    keyed.add_vectors(WORDS, vectors)
    return WordVectors(WORDS, vectors), keyed


def assert_same(ours, theirs):
    assert [word for word, _ in ours] == [word for word, _ in theirs]
    assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], rel=1e-4, abs=2e-6)


def test_analogies_equal_gensims(both):
    ours, theirs = both
    for start in range(0, 30, 3):
        a, b, c = WORDS[start : start + 3]
        assert_same(analogy(ours, a, b, c), theirs.most_similar([b, c], [a]))
        assert_same(multiplicative_analogy(ours, a, b, c), theirs.most_similar_cosmul([b, c], [a]))


def test_similarity_by_product_equals_gensims(both):
    ours, theirs = both
    for positive, negative in ((["w1"], []), (["w1", "w2", "w3"], ["w4", "w5"]), (["w1", "w1"], ["w2"])):
        assert_same(
            most_similar_by_product(ours, positive, negative, n=50),
            theirs.most_similar_cosmul(positive, negative, topn=50),
        )
    assert len(most_similar_by_product(ours, ["w1"], ["w2"], n=500)) == 198


def test_the_odd_one_out_equals_gensims(both):
    ours, theirs = both
    for start in range(0, 195, 5):
        assert doesnt_match(ours, WORDS[start : start + 5]) == theirs.doesnt_match(WORDS[start : start + 5])


def test_questions_without_answers_are_refused(both):
    ours, _ = both
    with pytest.raises(UnknownWordError, match="'wx'"):
        analogy(ours, "w1", "w2", "wx")
    with pytest.raises(UnknownWordError, match="'wx'"):
        doesnt_match(ours, ["w1", "wx"])
    with pytest.raises(InputError, match="positive must hold one word"):
        most_similar_by_product(ours, [], ["w1"])
    with pytest.raises(InputError, match="two or more"):
        doesnt_match(ours, ["w1"])
