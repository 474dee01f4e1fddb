"""Sent2vec and FastSent: steps are gradients, vectors means and sums, planted topics are found."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from planted import two_topics
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from test_word_kernels import COUNTS, DRAWING, KEEP, PLAN, RATE, WIDTH, K, path_of

from netwright.embeddings import FastSent, HierarchicalSoftmax, NegativeSampling, Sent2Vec, SkipGram
from netwright.embeddings.words.sentence_kernels import fast_sent, sent2vec
from netwright.training.hogwild import next_random, no_tree, sigmoid_table
from netwright.training.hogwild.bags import ngram_buckets
from netwright.training.hogwild.tables import draw

SENTENCES = np.array([3, 0, 4, -1, 1, 5, -1, 2, -1], np.int32)
ENDS, BUCKETS = np.array([3, 6, 8]), 5


def parts(words):
    out = np.empty(len(words) * 2, np.int64)
    n = ngram_buckets(np.array(words, np.int32), len(words), 2, 6, BUCKETS, out)
    return words + out[:n].tolist()


def test_sent2vec_takes_a_step_on_the_losses_of_all_words_of_a_sentence():
    rng = np.random.default_rng(0)
    first = (
        rng.normal(size=(6 + BUCKETS, WIDTH)).astype(np.float32),
        rng.normal(size=(6, WIDTH)).astype(np.float32),
    )
    v, u = (one.astype(float) for one in first)
    state, total, told = np.array([7], np.uint64), 0.0, 0
    for words in ([3, 0, 4], [1, 5], [2]):
        rows, moved = parts(words), np.zeros_like(v)
        if len(rows) < 2:
            continue
        for i, word in enumerate(words):
            next_random(state)  # whether the word is kept
            others = rows[:i] + rows[i + 1 :]
            h, change = v[others].mean(0), np.zeros(WIDTH)
            drawn = [int(draw(np.uint64(next_random(state)), *DRAWING)) for _ in range(K)]
            for row, sign in [(word, 1.0), *((one, -1.0) for one in drawn if one != word)]:
                x = h @ u[row]
                total += np.logaddexp(0, -sign * x)
                g = RATE * sign / (1 + np.exp(sign * x))
                change += g * u[row]
                u[row] += g * h
            np.add.at(moved, others, change / len(others))
            told += 1
        v += moved
    table, contexts = (one.copy() for one in first)
    loss, n = sent2vec(
        SENTENCES, 0, 3, 7, np.zeros((1, 8), np.int64), 0, 0, table, contexts, KEEP, DRAWING, sigmoid_table(),
        2, BUCKETS, ENDS, K, *PLAN,
    )  # fmt: skip
    assert n == told == 5
    assert loss == pytest.approx(total, rel=2e-6)
    np.testing.assert_allclose(table, v, atol=1e-6)
    np.testing.assert_allclose(contexts, u, atol=1e-6)


@pytest.mark.parametrize("own_too", [False, True])
def test_fast_sent_makes_the_words_of_neighbours_likelier_by_the_softmax_along_the_tree(own_too):
    rng = np.random.default_rng(0)
    first = [rng.normal(size=(6, WIDTH)).astype(np.float32) for _ in range(2)]
    v, u = (torch.from_numpy(one.astype(np.float64)) for one in first)
    sentences, total = [[3, 0, 4], [1, 5], [2]], 0.0
    for i, words in enumerate(sentences):
        h, change = v[words].sum(0), torch.zeros(WIDTH, dtype=torch.float64)
        near = [other for other in (i - 1, i, i + 1) if 0 <= other < 3 and (own_too or other != i)]
        for word in (word for other in near for word in sentences[other]):
            for node, sign in path_of(word):
                x = (h @ u[node]).requires_grad_()
                loss = -F.logsigmoid(sign * x)
                (grad,) = torch.autograd.grad(loss, x)
                total += float(loss.detach())
                change -= RATE * grad * u[node]
                u[node] -= RATE * grad * h
        v[words] += change
    table, nodes = (one.copy() for one in first)
    loss, _ = fast_sent(
        SENTENCES, 0, 3, 7, np.zeros((1, 8), np.int64), 0, 0, table, nodes, DRAWING,
        HierarchicalSoftmax().tree(COUNTS).arrays, sigmoid_table(), ENDS, own_too, 0, *PLAN,
    )  # fmt: skip
    assert loss == pytest.approx(total, rel=2e-6)
    np.testing.assert_allclose(table, v.numpy(), atol=1e-6)
    np.testing.assert_allclose(nodes, u.numpy(), atol=1e-6)
    assert len(no_tree()) == 3


def test_a_sentences_vector_is_the_mean_of_its_words_and_n_grams():
    model = Sent2Vec(width=8, buckets=50, min_count=1, epochs=1, random_state=0).fit(two_topics(50))
    words = model.vectors_.vocabulary.ids(["cat", "iron", "cat"])
    out = np.empty(6, np.int64)
    n = ngram_buckets(words.astype(np.int32), 3, 2, len(model.vectors_), 50, out)
    rows = np.vstack([model.vectors_.vectors[words], model.ngrams_[out[:n] - len(model.vectors_)]])
    told = model.transform(["cat iron unknown cat", "", "cat"])
    np.testing.assert_allclose(told[0], rows.mean(0), atol=1e-7)
    assert not told[1].any()
    np.testing.assert_allclose(told[2], model.vectors_["cat"], atol=1e-7)


def test_a_fast_sents_vector_is_the_sum_whatever_the_order():
    model = FastSent(width=8, min_count=1, epochs=1, random_state=0).fit(two_topics(50))
    texts = ["cat iron dog gold cat", "gold cat dog cat iron"]
    told = model.transform(texts)
    assert (told[0] == told[1]).all()
    np.testing.assert_allclose(
        told[0], model.vectors_[["cat", "iron", "dog", "gold", "cat"]].sum(0), atol=1e-5
    )


def stories(n=300, seed=0):
    """Sentences in order: those of one story share its topic, and words that no sentence of it shares."""
    rng = np.random.default_rng(seed)
    sentences, topics = [], []
    for _ in range(n):
        topic = rng.integers(4)
        for part in range(4):
            sentences.append([f"t{topic}p{part}w{rng.integers(3)}" for _ in range(4)])
            topics.append(topic)
    return sentences, np.array(topics)


def test_neighbouring_sentences_bring_topics_together_where_word2vec_sees_none():
    sentences, topics = stories()
    model = FastSent(width=16, min_count=1, epochs=10, random_state=0, output=NegativeSampling()).fit(
        sentences
    )

    def told(vectors):  # both foretell the sentence between them, and share no word
        place = np.tile(np.arange(4), len(topics) // 4)
        model = LogisticRegression(max_iter=2000).fit(vectors[place == 0], topics[place == 0])
        return model.score(vectors[place == 2], topics[place == 2])

    skip = SkipGram(width=16, min_count=1, epochs=10, subsample=0, random_state=0).fit(sentences)
    assert told(model.transform(sentences)) > 0.95
    assert told(skip.transform(sentences)) < 0.7


@pytest.mark.parametrize(
    "model",
    [Sent2Vec(width=8, buckets=100, min_count=1, epochs=2), FastSent(width=8, min_count=1, epochs=2)],
    ids=["sent2vec", "FastSent"],
)
def test_a_seed_repeats_to_the_last_bit_and_the_loss_falls(model):
    reports = []
    seeded = clone(model).set_params(random_state=0, epochs=4, callback=reports.append)
    one, other = (clone(seeded).fit(two_topics(400)).transform(["cat dog"]) for _ in range(2))
    assert one.tobytes() == other.tobytes()
    assert reports[0].loss > reports[3].loss
    assert len(seeded.fit(two_topics(20)).get_feature_names_out()) == 8


def test_sent2vec_tells_topics_better_than_means_of_word2vec_on_the_same_few_texts():
    texts, topics = two_topics(400, length=5), np.arange(400) % 2
    ours = Sent2Vec(width=16, buckets=1000, min_count=1, epochs=5, random_state=0).fit(texts)
    means = SkipGram(width=16, min_count=1, epochs=1, subsample=0, learning_rate=0.025, random_state=0).fit(
        texts
    )

    def within(vectors):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = unit @ unit.T
        same = topics[:, None] == topics[None]
        return cosines[same].mean() - cosines[~same].mean()

    assert within(ours.transform(texts)) > max(0.5, within(means.transform(texts)))
