"""GloVe's loss, steps and products are what the paper has."""

import pickle

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from netwright.core.errors import InputError
from netwright.data import co_occurrences, read_corpus
from netwright.embeddings import GloVe
from netwright.embeddings.counting.glove import descend


def planted(seed=0, n=300):
    """Sentences of two topics that share function words."""
    rng = np.random.default_rng(seed)
    topics = [[f"{name}{i}" for i in range(12)] for name in ("pet", "ore")]
    function = [f"the{i}" for i in range(6)]
    return [
        " ".join(rng.permutation([*rng.choice(topics[rng.integers(2)], 6), *rng.choice(function, 4)]))
        for _ in range(n)
    ]


def written_out(rows, columns, logs, weights, tables, squares, rate):
    """AdaGrad over the pairs one by one, with the gradients of autograd."""
    words, contexts = (torch.tensor(one, requires_grad=True) for one in tables)
    sums = [torch.tensor(one) for one in squares]
    total = 0.0
    for i, j, log, weight in zip(rows, columns, logs, weights, strict=True):
        product = words[i, :-1] @ contexts[j, :-1]
        loss = 0.5 * weight * (product + words[i, -1] + contexts[j, -1] - log) ** 2
        total += loss.item()
        gradients = torch.autograd.grad(loss, (words, contexts))
        with torch.no_grad():
            for table, gradient, seen in zip((words, contexts), gradients, sums, strict=True):
                table -= rate * gradient / seen.sqrt()
                seen += gradient**2
    return total, words.detach().numpy(), contexts.detach().numpy(), *(one.numpy() for one in sums)


def test_loss_gradients_and_steps_equal_a_written_out_reference():
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(5, size=(2, 40)).astype(np.int32)
    logs, weights = rng.normal(size=40), rng.random(40)
    tables, squares = rng.normal(size=(2, 5, 4)), np.ones((2, 5, 4))
    expected = written_out(rows, columns, logs, weights, tables.copy(), squares.copy(), 0.05)
    loss = descend(rows, columns, logs, weights, *tables, *squares, 0.05)
    for found, wanted in zip((loss, *tables, *squares), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_products_reach_the_logarithms_of_counts():
    texts = planted(n=60)
    model = GloVe(
        width=40, window=5, min_count=1, x_max=1e-9, epochs=800, learning_rate=0.05, random_state=0
    ).fit(texts)
    vocabulary, stream = read_corpus(texts, min_count=1)
    pairs = co_occurrences(stream, len(vocabulary), window=5).tocoo()
    products = (model.words_[pairs.row] * model.contexts_[pairs.col]).sum(axis=1)
    products += model.biases_[pairs.row] + model.context_biases_[pairs.col]
    assert abs(products - np.log(pairs.data)).max() < 0.1


def test_the_weight_of_rare_pairs_is_the_papers():
    """With x_max at 8 and exponent 1/3, a pair that counts 1 weighs half, and more than 8 weighs 1."""
    seen = {}
    for x_max in (8.0, 1e-9):
        model = GloVe(
            width=2,
            window=1,
            min_count=1,
            x_max=x_max,
            exponent=1 / 3,
            epochs=1,
            learning_rate=1e-12,
            random_state=0,
        )
        seen[x_max] = model.fit([["a", "b"]]).history_[0].loss
    assert seen[8.0] == pytest.approx(seen[1e-9] / 2, rel=1e-5)


def test_planted_topics_separate():
    model = GloVe(width=16, window=5, min_count=1, x_max=20, epochs=40, random_state=0).fit(planted())
    words = [word for word in model.vectors_.words if not word.startswith("the")]
    unit = model.vectors_.normalised[model.vectors_.vocabulary.ids(words)]
    same = np.equal.outer(*[[word[:3] for word in words]] * 2)
    upper = np.triu_indices(len(words), 1)
    assert spearmanr((unit @ unit.T)[upper], same[upper]).statistic > 0.7


def test_one_thread_gives_the_same_bytes_and_two_learn_as_much():
    texts = planted()
    settings = {"width": 8, "min_count": 1, "epochs": 8}
    one, again = (GloVe(**settings, random_state=3).fit(texts) for _ in range(2))
    assert one.vectors_.vectors.tobytes() == again.vectors_.vectors.tobytes()
    two = GloVe(**settings, n_threads=2, random_state=3).fit(texts)
    assert two.history_[-1].loss == pytest.approx(one.history_[-1].loss, rel=0.05)
    assert one.history_[-1].loss < 0.5 * one.history_[0].loss
    assert np.array_equal(pickle.loads(pickle.dumps(one)).vectors_.vectors, one.vectors_.vectors)


def test_a_corpus_of_single_words_is_told():
    with pytest.raises(InputError, match="stand together"):
        GloVe(min_count=1).fit(["a", "b", "a"])
