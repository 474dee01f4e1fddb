"""TF-IDF is scikit-learn's, top terms come in order, and the baseline classifies."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.text import TfidfClassifier, top_terms


def news():
    return Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()[:80]


def reviews():
    """Sentences of film reviews, half of them kind."""
    text = Path(datapath("pang_lee_polarity.cor")).read_text(encoding="latin-1")
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    return [text for _, text in lines], [label for label, _ in lines]


def first_letters(word):
    return word[:4]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"n_grams": (1, 2), "min_count": 2}, {"ngram_range": (1, 2), "min_df": 2}),
        ({"sublinear": True, "max_share": 0.5}, {"sublinear_tf": True, "max_df": 0.5}),
        ({"stop_words": ["the", "of"]}, {"stop_words": ["the", "of"]}),
    ],
)
def test_the_matrix_and_the_answers_equal_scikit_learns(ours, theirs):
    texts, y = news(), np.arange(80) % 3
    vectorizer = TfidfVectorizer(**theirs)
    expected = vectorizer.fit_transform(texts)
    model = TfidfClassifier(**ours).fit(texts, y)
    np.testing.assert_allclose(model.matrix(texts).toarray(), expected.toarray(), atol=1e-9)
    regression = LogisticRegression(max_iter=1000).fit(expected, y)
    np.testing.assert_allclose(model.predict_proba(texts), regression.predict_proba(expected), atol=1e-6)


def test_top_terms_come_in_the_order_of_their_weights():
    texts = news()
    vectorizer = TfidfVectorizer()
    weights, names = vectorizer.fit_transform(texts).toarray(), vectorizer.get_feature_names_out()
    found = top_terms(texts, n=7)
    for row, terms in zip(weights, found, strict=True):
        expected = sorted(zip(-row, names, strict=True))[:7]
        assert [term for term, _ in terms] == [name for _, name in expected]
        np.testing.assert_allclose([weight for _, weight in terms], [-weight for weight, _ in expected])
    by_model = TfidfClassifier().fit(texts, np.arange(80) % 2).top_terms(texts, n=7)
    assert [[term for term, _ in one] for one in by_model] == [[term for term, _ in one] for one in found]


def test_a_text_with_few_terms_has_few():
    assert [len(one) for one in top_terms(["a rose", "", "red roses bloom"], n=2)] == [1, 0, 2]


def test_a_hook_makes_one_term_of_several_forms():
    found = top_terms(["walking walked walks", "talking"], n=5, stem=first_letters)
    assert [[term for term, _ in one] for one in found] == [["walk"], ["talk"]]
    model = TfidfClassifier(stem=first_letters).fit(["walking", "talked"], ["w", "t"])
    assert model.predict(["walks", "talks"]).tolist() == ["w", "t"]
    assert pickle.loads(pickle.dumps(model)).predict(["walks"]).tolist() == ["w"]


def test_the_baseline_tells_kind_reviews_from_others():
    scores = cross_val_score(TfidfClassifier(C=2), *reviews(), cv=5)
    assert scores.mean() > 0.55


def test_class_terms_are_those_that_speak_for_a_class():
    texts = ["red roses", "red tulips", "income taxes", "higher taxes", "red wine", "red grapes"]
    model = TfidfClassifier(C=10).fit(texts, ["plant", "plant", "money", "money", "drink", "drink"])
    found = model.class_terms(n=1)
    assert found["money"][0][0] == "taxes"
    two = TfidfClassifier(C=10).fit(texts[:4], ["plant", "plant", "money", "money"]).class_terms(n=1)
    assert {label: terms[0][0] for label, terms in two.items()} == {"money": "taxes", "plant": "red"}


def test_it_repeats_and_clones():
    texts = news()[:30]
    check_repeats(TfidfClassifier(), texts, np.arange(30) % 2)
    assert clone(TfidfClassifier(C=3, stem=first_letters)).get_params()["stem"] is first_letters


def test_bad_input_is_told():
    with pytest.raises(NotFittedError):
        TfidfClassifier().predict(["a"])
    with pytest.raises(InputError, match="several texts"):
        top_terms("one text")
    with pytest.raises(InputError, match="in row 1"):
        top_terms(["fine", None])
    with pytest.raises(InputError, match="must have terms"):
        top_terms(["a", "b"])
