"""Texts as means of the vectors of their words."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import Tokenizer
from netwright.embeddings import PPMI, MeanVectors, WordVectors

TEXTS = ["a red red rose", "the Rose, and the garden", "", "nothing known", "garden"]
WORDS = ["the", "red", "rose", "garden"]


@pytest.fixture
def vectors():
    return WordVectors(WORDS, np.random.default_rng(0).normal(size=(4, 7)))


def test_the_mean_equals_numpys_and_an_empty_text_is_zeros(vectors):
    found = MeanVectors(vectors).fit(TEXTS).transform(TEXTS)
    known = [["red", "red", "rose"], ["the", "rose", "the", "garden"], [], [], ["garden"]]
    for row, words in zip(found, known, strict=True):
        expected = np.mean(vectors[words], axis=0) if words else np.zeros(7)
        np.testing.assert_allclose(row, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_tf_idf_weights_are_scikit_learns(vectors):
    found = MeanVectors(vectors, tf_idf=True).fit_transform(TEXTS)
    weights = TfidfVectorizer(vocabulary=WORDS, norm="l1").fit(TEXTS).transform(TEXTS)
    np.testing.assert_allclose(found, weights @ vectors.vectors, atol=1e-6)


def test_an_estimator_of_words_is_cloned_and_fitted():
    texts = ["cats and dogs", "dogs and cats", "gold and iron", "iron and gold"] * 5
    words = PPMI(width=3, min_count=1, random_state=0)
    means = MeanVectors(words).fit(iter(texts))
    assert not hasattr(words, "vectors_")
    np.testing.assert_allclose(means.transform(texts), words.fit(texts).transform(texts), atol=1e-6)
    assert means.get_feature_names_out().tolist() == ["meanvectors0", "meanvectors1", "meanvectors2"]


def test_a_tokenizer_serves_the_estimator_of_words_too():
    texts = ["Cats Dogs", "Dogs Cats", "Gold Iron", "cats dogs"] * 5
    kept = MeanVectors(PPMI(width=2, min_count=1, random_state=0), tokenizer=Tokenizer(lowercase=False)).fit(
        texts
    )
    assert {"Cats", "cats"} <= set(kept.vectors_.words)
    assert not np.allclose(*kept.transform(["Cats", "cats"]))


def test_it_repeats_pickles_and_clones(vectors):
    check_repeats(MeanVectors(vectors, tf_idf=True), TEXTS)
    check_repeats(MeanVectors(PPMI(width=2, min_count=1, random_state=0)), ["a b c d", "b c d a"] * 3)
    assert clone(MeanVectors(vectors, tf_idf=True)).tf_idf
    assert isinstance(pickle.loads(pickle.dumps(MeanVectors(vectors))), MeanVectors)


def test_bad_input_is_told(vectors):
    with pytest.raises(NotFittedError):
        MeanVectors(vectors).transform(TEXTS)
    with pytest.raises(InputError, match="vectors must be WordVectors"):
        MeanVectors(np.ones((2, 2))).fit(TEXTS)
