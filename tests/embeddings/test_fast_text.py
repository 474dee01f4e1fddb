"""FastText: n-grams fall into gensim's buckets, unseen words have the vectors of their parts."""

import numpy as np
import pytest
from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes
from planted import TOPICS, separation, two_topics
from test_word_kernels import DRAWING, KEEP, PLAN, SENTENCE, WINDOW, K, Reference

from netwright.embeddings import FastText, Subwords
from netwright.embeddings.words.subword_kernel import compose_all, subword_skip_gram
from netwright.embeddings.words.windows import reach
from netwright.training.hogwild import sigmoid_table

WORDS = ["where", "a", "été", "שלום", "naïve-ish", "日本語", "x" * 40]


@pytest.mark.parametrize(("shortest", "longest"), [(3, 6), (1, 3), (2, 2)])
def test_n_grams_fall_into_the_buckets_of_gensim(shortest, longest):
    how = Subwords(shortest, longest, 50_021)
    starts, buckets = how.buckets_of(WORDS)
    for i, word in enumerate(WORDS):
        theirs = [ft_hash_bytes(one) % 50_021 for one in compute_ngrams_bytes(word, shortest, longest)]
        assert buckets[starts[i] : starts[i + 1]].tolist() == theirs
        assert [ft_hash_bytes(one.encode()) % 50_021 for one in how.ngrams(word)] == theirs


def test_a_window_learns_the_gradient_with_respect_to_all_parts_of_its_word():
    words = ["aba", "bab", "abc", "cab", "bcb", "cca"]
    starts, buckets = Subwords(2, 3, 11).buckets_of(words)
    reference = Reference()
    rng = np.random.default_rng(5)
    ngrams = rng.normal(size=(11, 7)).astype(np.float32)
    own, parts, u = reference.first[0].astype(float), ngrams.astype(float), reference.first[1].astype(float)
    reference.draw_first()
    loss, n_pairs, sentence = 0.0, 0, SENTENCE[:-1].tolist()
    for i, word in enumerate(sentence):
        size = int(reach(reference.state, WINDOW, True))
        around = sentence[max(0, i - size) : i] + sentence[i + 1 : i + size + 1]
        n_pairs += len(around)
        rows = buckets[starts[word] : starts[word + 1]]
        h, change = (own[word] + parts[rows].sum(0)) / (1 + len(rows)), np.zeros(7)
        for other in around:
            told = [other, *reference.drawn_ahead(other)]
            signs = np.where(np.arange(len(told)), -1.0, 1.0)
            x = u[told] @ h
            loss += np.logaddexp(0, -signs * x).sum()
            g = PLAN[0] * signs / (1 + np.exp(signs * x))
            change += g @ u[told]
            np.add.at(u, told, np.outer(g, h))
        own[word] += change
        np.add.at(parts, rows, change)
    vectors, contexts = (one.copy() for one in reference.first)
    moved = ngrams.copy()
    counts = np.zeros((1, 8), np.int64)
    told, n = subword_skip_gram(
        SENTENCE, 0, len(SENTENCE), 11, counts, 0, 0, vectors, moved, starts, buckets, contexts, KEEP,
        *DRAWING, sigmoid_table(), WINDOW, K, *PLAN,
    )  # fmt: skip
    assert n == n_pairs
    assert told == pytest.approx(loss, rel=2e-6)
    for mine, theirs in ((vectors, own), (moved, parts), (contexts, u)):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def forms(n_sentences=3000, seed=0):
    """Sentences about two topics, whose words come with one of four endings."""
    rng = np.random.default_rng(seed + 100)
    endings = ["", "s", "ing", "ed"]
    return [[word + endings[rng.integers(4)] for word in one] for one in two_topics(n_sentences, seed)]


@pytest.fixture(scope="module")
def model():
    how = Subwords(3, 5, 20_000)
    return FastText(width=24, subwords=how, min_count=1, epochs=4, subsample=0, random_state=0).fit(
        two_topics()
    )


def test_topics_separate_and_a_seed_repeats_to_the_last_bit(model):
    assert separation(model.vectors_) > 0.5
    again = FastText(**model.get_params()).fit(two_topics())
    assert again.vectors_.vectors.tobytes() == model.vectors_.vectors.tobytes()


def test_a_known_word_is_the_mean_of_its_own_vector_and_its_n_grams(model):
    starts, buckets = model.subwords.buckets_of(["silver"])
    own = model.own_[model.vectors_.vocabulary.ids(["silver"])[0]]
    parts = model.ngrams_[buckets[starts[0] : starts[1]]]
    mean = np.vstack([own, parts]).mean(0)
    np.testing.assert_allclose(model.vectors_["silver"], mean, atol=1e-6)
    np.testing.assert_allclose(model.vectors_of(["silver"])[0], mean, atol=1e-6)


def test_an_unknown_word_is_the_mean_of_its_n_grams_and_one_without_any_is_zeros(model):
    starts, buckets = model.subwords.buckets_of(["silvery"])
    np.testing.assert_allclose(
        model.vectors_of(["silvery"])[0], model.ngrams_[buckets[starts[0] : starts[1]]].mean(0), atol=1e-6
    )
    assert (
        not FastText(**{**model.get_params(), "epochs": 1, "subwords": Subwords(3, 2, 10)})
        .fit(two_topics(20))
        .vectors_of(["new"])
        .any()
    )


def test_unseen_forms_stand_near_their_words():
    seen = [[word for word in one if word != "coppering"] for one in forms()]
    model = FastText(
        width=24, subwords=Subwords(3, 5, 20_000), min_count=1, epochs=3, subsample=0, random_state=0
    )
    near = [word for word, _ in model.fit(seen).most_similar("coppering", n=20)]
    assert all(word.startswith(tuple(TOPICS[1])) for word in near)
    vectors = model.vectors_
    cosines = vectors.normalised @ model.vectors_of(["coppering"])[0]
    forms_of = np.array([word.startswith("copper") for word in vectors.words])
    metals = np.array([word.startswith(tuple(TOPICS[1])) for word in vectors.words])
    assert cosines[forms_of].mean() > cosines[metals & ~forms_of].mean()


def test_composing_is_one_pass_over_all_words():
    vectors, ngrams = np.ones((2, 3), np.float32), np.full((4, 3), 3.0, np.float32)
    told = compose_all(vectors, ngrams, np.array([0, 1, 1]), np.array([2], np.int32))
    assert told.tolist() == [[2.0] * 3, [1.0] * 3]
