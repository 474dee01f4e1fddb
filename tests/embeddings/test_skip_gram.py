"""Word2vec: planted structure is found, seeds repeat to the last bit, options do what their formulas say."""

import pickle

import numpy as np
import pytest
from gensim.models import Word2Vec
from planted import TOPICS, analogies, separation, two_topics
from scipy.stats import chisquare
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.data import CorpusError, UnknownWordError, read_corpus
from netwright.embeddings import CBOW, HierarchicalSoftmax, NegativeSampling, SkipGram, Window
from netwright.embeddings.words.windows import keep_thresholds, next_sentence, reach
from netwright.training.hogwild import alias_table, next_random
from netwright.training.hogwild.tables import draw

SMALL = {"width": 24, "min_count": 1, "epochs": 4, "subsample": 0, "random_state": 0}
MODELS = {
    "skip-gram": SkipGram(**SMALL),
    "skip-gram, tree": SkipGram(**SMALL, output=HierarchicalSoftmax()),
    "cbow": CBOW(**SMALL, learning_rate=0.05),
    "cbow, tree": CBOW(**SMALL, output=HierarchicalSoftmax(), learning_rate=0.05),
}


@pytest.mark.parametrize("name", MODELS)
def test_two_topics_separate(name):
    model = clone(MODELS[name]).fit(two_topics())
    assert separation(model.vectors_) > 0.5
    near = [word for word, _ in model.most_similar("iron", n=9)]
    assert set(near) <= set(TOPICS[1])


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_repeats_to_the_last_bit_and_leaves_global_streams_alone(name):
    corpus = two_topics(300)
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the stream that must not move
    one, other = (clone(MODELS[name]).fit(corpus) for _ in range(2))
    assert one.vectors_.vectors.tobytes() == other.vectors_.vectors.tobytes()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    again = clone(MODELS[name]).set_params(random_state=1).fit(corpus)
    assert one.vectors_.vectors.tobytes() != again.vectors_.vectors.tobytes()
    assert pickle.loads(pickle.dumps(one)).vectors_["cat"].tolist() == one.vectors_["cat"].tolist()


def test_threads_without_locks_find_the_same_structure():
    model = SkipGram(**{**SMALL, "random_state": None}, n_threads=3).fit(two_topics())
    assert separation(model.vectors_) > 0.5


def test_planted_analogies_are_solved_as_often_as_by_gensim():
    corpus = analogies()
    ours = (
        SkipGram(width=32, min_count=1, epochs=3, subsample=0, window=3, random_state=0).fit(corpus).vectors_
    )
    theirs = Word2Vec(
        corpus, sg=1, vector_size=32, min_count=1, epochs=3, sample=0, window=3, seed=1, workers=1
    ).wv

    def right(most_similar):
        asked = [
            (a, b, p, q)
            for a in range(8)
            for b in range(8)
            if a != b
            for p in range(3)
            for q in range(3)
            if p != q
        ]
        found = [
            most_similar([f"r{q}c{a}", f"r{p}c{b}"], [f"r{p}c{a}"]) == f"r{q}c{b}" for a, b, p, q in asked
        ]
        return np.mean(found)

    mine = right(lambda plus, minus: ours.most_similar(plus, minus, n=1)[0][0])
    assert mine > 0.9
    assert mine >= right(lambda plus, minus: theirs.most_similar(plus, minus, topn=1)[0][0]) - 0.05


def test_the_loss_of_each_epoch_is_told_and_falls():
    reports = []
    model = SkipGram(**{**SMALL, "epochs": 5}, callback=reports.append).fit(two_topics())
    losses = [one.loss for one in reports]
    assert [one.epoch for one in reports] == [1, 2, 3, 4, 5]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > losses[-1] + 0.1
    assert model.history_ == reports
    assert all(one.words_per_second > 0 for one in reports)


def test_the_first_loss_is_that_of_knowing_nothing():
    reports = []
    corpus = two_topics(100)
    SkipGram(**{**SMALL, "epochs": 1, "learning_rate": 1e-9}, callback=reports.append).fit(corpus)
    drawn_away = 1 / len({word for one in corpus for word in one})
    assert reports[0].loss == pytest.approx(np.log(2) * (1 + 5 * (1 - drawn_away)), rel=0.02)


def test_a_callback_that_returns_true_ends_the_training():
    model = SkipGram(**SMALL, callback=lambda report: report.epoch == 2).fit(two_topics(100))
    assert len(model.history_) == 2


@pytest.mark.parametrize("power", [0.75, 1.0, 0.0])
def test_negative_samples_are_drawn_in_proportion_to_the_power_of_their_counts(power):
    counts = np.array([1000, 300, 100, 30, 10, 3, 1])
    tables, state = NegativeSampling(power=power).tables(counts), np.array([5], np.uint64)
    drawn = np.bincount([draw(np.uint64(next_random(state)), *tables) for _ in range(20_000)], minlength=7)
    shares = counts**power / (counts**power).sum()
    assert chisquare(drawn, 20_000 * shares).pvalue > 1e-3


def test_alias_tables_give_the_weights_exactly():
    weights = np.random.default_rng(0).random(1000) ** 4
    thresholds, aliases = alias_table(weights)
    kept = thresholds / 2.0**32
    given = kept + np.bincount(aliases, weights=1 - kept, minlength=1000)
    np.testing.assert_allclose(given / 1000, weights / weights.sum(), atol=1e-9)


def test_frequent_words_are_thinned_out_as_gensim_does_it():
    corpus = two_topics(400) + [["the"] * 50] * 50
    theirs = Word2Vec(min_count=1, sample=1e-2)
    theirs.build_vocab(corpus)
    vocabulary, _ = read_corpus(corpus, min_count=1)
    bounds = keep_thresholds(vocabulary.counts, 1e-2) / 2.0**32
    kept = [theirs.wv.get_vecattr(word, "sample_int") / 2.0**32 for word in vocabulary.words]
    np.testing.assert_allclose(bounds, kept, atol=1e-6)


def test_words_that_are_thinned_out_are_left_out_that_often():
    keep = keep_thresholds(np.array([900, 100]), 0.01)
    stream = np.append(np.zeros(9000, np.int32), np.int32(-1))
    words, state = np.empty(10_000, np.int32), np.array([1], np.uint64)
    _, n, read = next_sentence(stream, 0, len(stream), keep, state, words)
    expected = 9000 * keep[0] / 2.0**32
    assert read == 9000
    assert abs(n - expected) < 5 * np.sqrt(expected)


def test_windows_reach_from_one_to_their_size_alike_or_always_their_size():
    state = np.array([3], np.uint64)
    drawn = np.bincount([reach(state, 5, True) for _ in range(5000)], minlength=6)
    assert drawn[0] == 0
    assert chisquare(drawn[1:]).pvalue > 1e-3
    assert {reach(state, 5, False) for _ in range(50)} == {5}


def test_a_window_of_fixed_size_learns_other_vectors():
    corpus = two_topics(100)
    one = SkipGram(**SMALL, window=Window(3, dynamic=False)).fit(corpus)
    other = SkipGram(**SMALL, window=3).fit(corpus)
    assert one.vectors_["cat"].tolist() != other.vectors_["cat"].tolist()


def test_contexts_are_added():
    model = SkipGram(**SMALL).fit(two_topics(100))
    np.testing.assert_array_equal(model.with_contexts().vectors, model.vectors_.vectors + model.contexts_)


def test_transform_is_the_mean_of_known_words():
    model = SkipGram(**SMALL).fit(two_topics(100))
    told = model.transform(["cat iron unknown", "", "nothing known"])
    np.testing.assert_allclose(told[0], (model.vectors_["cat"] + model.vectors_["iron"]) / 2, atol=1e-7)
    assert not told[1:].any()
    assert len(model.get_feature_names_out()) == 24


def test_what_cannot_be_used_is_refused():
    with pytest.raises(NotFittedError):
        SkipGram().transform(["a"])
    with pytest.raises(CorpusError, match="come 5 times or more"):
        SkipGram().fit(["one word"])
    with pytest.raises(InputError, match="n_threads must be 1 or more, got 0"):
        SkipGram(min_count=1, n_threads=0).fit(["one word"])
    with pytest.raises(UnknownWordError, match=r"near 'cot' stand .*cat"):
        SkipGram(**SMALL).fit(two_topics(20)).most_similar("cot")
