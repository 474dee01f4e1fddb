"""Phrases: scores and joined tokens are gensim's."""

import bz2
import itertools
import pickle
from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import phrases as theirs
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.data import (
    ENGLISH_CONNECTORS,
    Phrases,
    Vocabulary,
    discounted_phrase_score,
    npmi_phrase_score,
    read_corpus,
)
from netwright.data.phrases import phrases as module

FOLDER = Path(gensim.__file__).parent / "test" / "test_data"


@pytest.fixture(scope="module")
def sentences():
    """The Lee corpus and part of Wikipedia, about 85,000 words."""
    lee = (FOLDER / "lee_background.cor").read_text(encoding="utf-8").split("\n")
    with bz2.open(FOLDER / "head500.noblanks.cor.bz2", "rt", encoding="utf-8") as stream:
        lines = [line for line, _ in zip(stream, range(40), strict=False)]
    vocabulary, stream = read_corpus([*lee, *lines], min_count=1)
    return [[vocabulary.words[one] for one in some.tolist()] for some in stream.sentences()]


CASES = [
    (discounted_phrase_score, "default", 10.0, frozenset()),
    (discounted_phrase_score, "default", 1.0, ENGLISH_CONNECTORS),
    (npmi_phrase_score, "npmi", 0.5, frozenset()),
    (npmi_phrase_score, "npmi", 0.3, ENGLISH_CONNECTORS),
]


@pytest.mark.parametrize(("scoring", "name", "threshold", "connectors"), CASES)
def test_phrases_equal_gensims(sentences, scoring, name, threshold, connectors):
    ours = Phrases(min_count=3, threshold=threshold, scoring=scoring, connectors=connectors).fit(sentences)
    model = theirs.Phrases(
        sentences, min_count=3, threshold=threshold, scoring=name, connector_words=connectors
    )
    expected = model.find_phrases(sentences)
    assert len(expected) > 30
    assert {phrase: ours.phrases_[phrase] for phrase in expected} == pytest.approx(expected, rel=1e-12)
    assert len(ours.table_) == len(model.vocab)
    assert ours.transform(sentences) == [model[one] for one in sentences]
    new = [["prime", "minister", "of", "the", "united", "states"], ["unheard-of", "minister"], []]
    assert ours.transform(new) == [model[one] for one in new]
    if not connectors:  # gensim's own list of phrases knows no connectors
        assert ours.phrases_ == pytest.approx(model.export_phrases(), rel=1e-12)


def test_a_second_pass_finds_longer_phrases_as_gensim_does(sentences):
    how = {"min_count": 2, "threshold": 3.0}
    once, twice = sentences, sentences
    for _ in range(2):
        once = Phrases(**how, connectors=ENGLISH_CONNECTORS).fit(once).transform(once)
        model = theirs.Phrases(twice, **how, connector_words=ENGLISH_CONNECTORS)
        twice = [model[one] for one in twice]
        assert once == twice
    assert any(token.count("_") >= 2 and token.replace("_", "").isalpha() for one in once for token in one)


def test_joining_a_stream_is_transforming_its_texts(sentences, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 500)
    read = read_corpus(sentences, min_count=1)
    phrases = Phrases(min_count=3).fit(read)
    vocabulary, stream = phrases.join(*read)
    joined = [[vocabulary.words[one] for one in some.tolist()] for some in stream.sentences()]
    assert joined == phrases.transform(sentences)
    assert vocabulary.counts.tolist() == np.bincount(stream.ids[stream.ids >= 0]).tolist()
    assert (np.diff(vocabulary.counts) <= 0).all()
    expected = Phrases(min_count=3).fit(sentences)
    assert phrases.phrases_ == expected.phrases_


def test_equal_letters_are_one_token():
    texts = [["new", "york"]] * 5 + [["new_york"]] * 3
    phrases = Phrases(min_count=1, threshold=0.01).fit(texts)
    model = theirs.Phrases(texts, min_count=1, threshold=0.01)
    assert phrases.phrases_ == pytest.approx(model.find_phrases(texts))
    assert phrases.phrases_["new_york"] == pytest.approx((8 - 1) / 25 * 3)
    vocabulary, stream = phrases.join(*read_corpus(texts, min_count=1))
    assert vocabulary.words == ["new_york"]
    assert stream.n_words == 8


def test_scores_by_hand():
    counts = (np.array([20, 0]), np.array([10, 3]), np.array([9, 0]))
    rest = {"n_types": 1000, "n_words": 5000, "min_count": 5}
    assert discounted_phrase_score(*counts, **rest).tolist() == [20.0, -np.inf]
    p = np.log(9 / 5000 / (20 / 5000 * 10 / 5000)) / -np.log(9 / 5000)
    assert npmi_phrase_score(*counts, **rest).tolist() == pytest.approx([p, -np.inf])


def test_many_pairs_make_the_table_grow():
    rng = np.random.default_rng(0)
    texts = [[f"w{one}" for one in rng.integers(0, 3000, 50).tolist()] for _ in range(2500)]
    phrases = Phrases(min_count=1).fit(texts)
    pairs = {pair for one in texts for pair in itertools.pairwise(one)}
    assert len(phrases.table_) == len(pairs) + len({word for one in texts for word in one}) > 1 << 16


def test_phrases_are_an_estimator_that_can_be_cloned_and_pickled():
    texts = ["new york is big"] * 9
    phrases = Phrases(min_count=1, threshold=0.5, delimiter=" ")
    assert clone(phrases).get_params()["delimiter"] == " "
    phrases = pickle.loads(pickle.dumps(phrases.fit(texts)))
    assert phrases.transform(["NEW YORK, new"]) == [["new york", "new"]]
    assert phrases.fit_transform(texts)[0][0] == "new york"
    with pytest.raises(InputError, match="min_count must be 1 or more"):
        Phrases(min_count=0).fit(texts)
    assert Phrases().fit((Vocabulary(["a"]), read_corpus(["a"], min_count=1)[1])).phrases_ == {}
