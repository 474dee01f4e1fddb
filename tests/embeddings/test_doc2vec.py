"""Paragraph vectors: topics are told apart as well as by gensim, new texts get the same vector each time."""

import numpy as np
import pytest
from gensim.models.doc2vec import Doc2Vec as Theirs
from gensim.models.doc2vec import TaggedDocument
from planted import two_topics
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from test_word_kernels import DRAWING, KEEP, PLAN, RATE, SENTENCE, WINDOW, K, Reference

from netwright.data import read_corpus
from netwright.embeddings import Doc2Vec
from netwright.embeddings.words.paragraph_kernel import paragraphs
from netwright.embeddings.words.windows import reach
from netwright.training.hogwild import sigmoid_table

SMALL = {"width": 24, "min_count": 1, "epochs": 20, "learning_rate": 0.05, "random_state": 0}
MODELS = {"PV-DM": Doc2Vec(**SMALL), "PV-DBOW": Doc2Vec(**SMALL, with_words=False)}


@pytest.mark.parametrize("with_words", [True, False])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_document_learns_the_gradients_of_its_words_losses(with_words, frozen):
    reference = Reference()
    own = np.random.default_rng(3).normal(size=(1, 7)).astype(np.float32)
    document, v, u = own[0].astype(float), *(one.astype(float) for one in reference.first)
    if frozen:
        reference.state[0] = 1
    reference.draw_first()
    words, loss = SENTENCE[:-1].tolist(), 0.0
    for i, word in enumerate(words):
        size = int(reach(reference.state, WINDOW, True)) if with_words else 0
        around = words[max(0, i - size) : i] + words[i + 1 : i + size + 1]
        h = (document + v[around].sum(0)) / (1 + len(around))
        rows = [word, *reference.drawn_ahead(word)]
        signs = np.where(np.arange(len(rows)), -1.0, 1.0)
        x = u[rows] @ h
        loss += np.logaddexp(0, -signs * x).sum()
        g = RATE * signs / (1 + np.exp(signs * x))
        change = g @ u[rows]
        if not frozen:
            np.add.at(u, rows, np.outer(g, h))
        document += change / (1 + len(around))
        if not frozen:
            np.add.at(v, around, change / (1 + len(around)))
    vectors, contexts = (one.copy() for one in reference.first)
    told, n = paragraphs(
        SENTENCE, 0, 1, 11, np.zeros((1, 8), np.int64), 0, 0, own, np.array([0]), np.array([len(words)]),
        vectors, contexts, KEEP, DRAWING, sigmoid_table(), WINDOW, with_words, K, frozen, *PLAN,
    )  # fmt: skip
    assert n == len(words)
    assert told == pytest.approx(loss, rel=2e-6)
    for mine, theirs in ((own[0], document), (vectors, v), (contexts, u)):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_topics_of_new_texts_are_told_as_well_as_by_gensim(name):
    texts, topics = two_topics(600, length=20), np.arange(600) % 2
    model = clone(MODELS[name]).fit(texts[:400])
    theirs = Theirs(
        [TaggedDocument(one, [i]) for i, one in enumerate(texts[:400])], dm=int(model.with_words),
        vector_size=24, min_count=1, epochs=20, alpha=model.learning_rate, seed=0, workers=1, sample=0,
    )  # fmt: skip
    told = LogisticRegression().fit(model.documents_, topics[:400])
    his = LogisticRegression().fit(np.stack([theirs.dv[i] for i in range(400)]), topics[:400])
    mine = told.score(model.transform(texts[400:]), topics[400:])
    assert mine > 0.95
    assert mine >= his.score(np.stack([theirs.infer_vector(one) for one in texts[400:]]), topics[400:]) - 0.02


@pytest.mark.parametrize("name", MODELS)
def test_a_new_text_gets_the_same_vector_each_time_whatever_stands_beside_it(name):
    model = clone(MODELS[name]).fit(two_topics(100))
    texts = ["cat dog iron", "gold", "", "cat dog iron"]
    told = model.transform(texts)
    assert (told[0] == told[3]).all()
    np.testing.assert_array_equal(model.transform(texts[::-1]), told[::-1])
    np.testing.assert_array_equal(model.transform([texts[1]])[0], told[1])


def test_a_seed_repeats_to_the_last_bit_and_words_stay_as_they_are_for_new_texts():
    texts = two_topics(100)
    one, other = (Doc2Vec(**SMALL).fit(texts) for _ in range(2))
    assert one.documents_.tobytes() == other.documents_.tobytes()
    words, contexts = one.vectors_.vectors.copy(), one.contexts_.copy()
    one.transform(texts)
    assert (one.vectors_.vectors == words).all()
    assert (one.contexts_ == contexts).all()
    assert (
        Doc2Vec(**SMALL).fit_transform(read_corpus(texts, min_count=1)).tobytes() == one.documents_.tobytes()
    )


def test_documents_come_in_a_new_order_in_each_epoch():
    reports = []
    model = Doc2Vec(**{**SMALL, "epochs": 3}, callback=reports.append).fit(two_topics(500))
    again = Doc2Vec(**{**SMALL, "epochs": 3, "random_state": 5}).fit(two_topics(500))
    assert [one.epoch for one in reports] == [1, 2, 3]
    assert reports[0].loss > reports[2].loss
    assert model.documents_.tolist() != again.documents_.tolist()


def test_it_has_to_be_fitted_first():
    with pytest.raises(NotFittedError):
        Doc2Vec().transform(["a"])
