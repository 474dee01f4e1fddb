"""Sentences about something else are found."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import SentenceCleaner, clean_sentences
from netwright.embeddings import PPMI, MeanVectors


def planted(n=400, n_odd=16, n_subjects=9, seed=0):
    """Sentences of one subject, a few of others, which ones those are, and vectors learned from all."""
    rng = np.random.default_rng(seed)

    def sentence(subject):
        own = [f"s{subject}w{i}" for i in rng.integers(40, size=rng.integers(5, 10))]
        return " ".join(
            rng.permutation([*own, *(f"the{i}" for i in rng.integers(12, size=rng.integers(4, 8)))])
        )

    background = [sentence(rng.integers(n_subjects)) for _ in range(3000)]
    odd = np.zeros(n, bool)
    odd[rng.choice(n, n_odd, replace=False)] = True
    sentences = [sentence(rng.integers(1, n_subjects) if one else 0) for one in odd]
    return sentences, odd, PPMI(width=20, random_state=0).fit(background).vectors_


@pytest.mark.parametrize("seed", range(3))
def test_planted_off_topic_sentences_are_found_with_high_average_precision(seed):
    sentences, odd, words = planted(seed=seed)
    found = clean_sentences(sentences, MeanVectors(words, tf_idf=True), share=0.04, random_state=0)
    assert average_precision_score(odd, found.oddness) > 0.9
    assert odd[found.dropped].mean() > 0.8
    assert len(found.sentences) == len(sentences) - len(found.dropped)
    assert [sentences[row] for row in found.kept] == found.sentences


def test_vectors_may_come_as_a_matrix():
    sentences, _, words = planted(60)
    by_matrix = clean_sentences(sentences, MeanVectors(words).fit_transform(sentences), random_state=0)
    by_transformer = clean_sentences(sentences, MeanVectors(words), random_state=0)
    assert np.array_equal(by_matrix.oddness, by_transformer.oddness)


def test_the_cleaner_is_an_outlier_detector_that_repeats():
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.normal(1, 0.2, (60, 6)), rng.normal(-1, 0.2, (3, 6))])
    check_repeats(SentenceCleaner(share=0.05, n_trees=20), vectors)
    cleaner = SentenceCleaner(share=0.05, random_state=0).fit(vectors)
    assert (cleaner.predict(vectors[-3:]) == -1).all()
    assert cleaner.predict(vectors).tolist() == clone(cleaner).fit_predict(vectors).tolist()


def test_bad_input_is_told():
    with pytest.raises(NotFittedError):
        SentenceCleaner().predict(np.ones((2, 2)))
    with pytest.raises(InputError, match="share"):
        SentenceCleaner(share=0.9).fit(np.ones((4, 2)))
    with pytest.raises(InputError, match="finite matrix"):
        SentenceCleaner().fit(np.full((4, 2), np.nan))
    with pytest.raises(InputError, match="2 for 3"):
        clean_sentences(["a", "b", "c"], np.ones((2, 2)))
