"""Words of texts are counted as scikit-learn counts them."""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from netwright.data import Vocabulary, word_counts

TEXTS = ["The rose is red, a red rose.", "", "unknown", "is it the\nsame line? It is."]
WORDS = ["rose", "the", "red", "is", "line"]


def test_counts_equal_scikit_learns():
    theirs = CountVectorizer(vocabulary=WORDS).transform(TEXTS)
    ours = word_counts(TEXTS, Vocabulary(WORDS))
    assert np.array_equal(ours.toarray(), theirs.toarray())
    assert ours.has_canonical_format


def test_lists_of_tokens_are_taken_as_they_are():
    assert word_counts([["red rose", "red"], []], Vocabulary(["red rose", "red"])).toarray().tolist() == [
        [1, 1],
        [0, 0],
    ]
