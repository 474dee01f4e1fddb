"""WordRank's steps go down its loss, and planted topics are ranked together."""

import numpy as np
import pytest
import torch
from scipy import sparse
from scipy.stats import spearmanr

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.embeddings import RobustRank, WordRank
from netwright.embeddings.counting.wordrank import rank_bounds, step


def planted(seed=0, n=200):
    rng = np.random.default_rng(seed)
    topics = [[f"{name}{i}" for i in range(10)] for name in ("pet", "ore", "sea")]
    return [" ".join(rng.choice(topics[rng.integers(3)], 8)) for _ in range(n)]


def written_out(words, contexts, counts, loss):
    """The ranking loss over all pairs and all other contexts, for autograd."""
    total = torch.zeros((), dtype=torch.float64)
    for w, c, x in zip(*sparse.find(counts), strict=True):
        hinges = torch.relu(1 - (contexts[c] - contexts) @ words[w])
        rank = hinges.sum() - 1  # without the context itself
        weight = min(1, (x / loss.x_max) ** loss.exponent)
        total = total + weight * torch.log2((rank + loss.offset) / loss.scale)
    return total


@pytest.fixture
def toy():
    rng = np.random.default_rng(0)
    counts = sparse.csr_array(
        np.where(rng.random((6, 6)) < 0.4, rng.integers(1, 20, (6, 6)), 0).astype(float)
    )
    return counts, rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), RobustRank(scale=5, offset=4)


def test_the_loss_equals_the_written_out_one(toy):
    counts, words, contexts, loss = toy
    found = loss.cost(rank_bounds(words, contexts, counts), counts.data).sum()
    assert found == pytest.approx(float(written_out(*map(torch.tensor, (words, contexts)), counts, loss)))


def test_steps_over_all_draws_add_up_to_the_gradient_of_autograd(toy):
    counts, words, contexts, loss = toy
    tensors = [torch.tensor(one, requires_grad=True) for one in (words, contexts)]
    expected = torch.autograd.grad(written_out(*tensors, counts, loss), tensors)
    ranks = rank_bounds(words, contexts, counts)
    pulls = loss.weight(counts.data) * loss.scale / (ranks + loss.offset) / np.log(2)
    rows = np.repeat(np.arange(6), np.diff(counts.indptr))
    moved = [np.zeros_like(words), np.zeros_like(contexts)]
    for w, c, pull in zip(rows, counts.indices, pulls, strict=True):
        for other in range(6):
            if other != c:
                places = [words[w].copy(), contexts[c].copy(), contexts[other].copy()]
                step(*places, pull / loss.scale)
                moved[0][w] += places[0] - words[w]
                moved[1][c] += places[1] - contexts[c]
                moved[1][other] += places[2] - contexts[other]
    for found, gradient in zip(moved, expected, strict=True):
        np.testing.assert_allclose(found, -gradient.numpy(), atol=1e-9)


def test_the_loss_falls_and_planted_topics_are_ranked_together():
    model = WordRank(width=12, window=5, min_count=1, epochs=60, random_state=0).fit(planted())
    assert model.losses_[-1] < model.losses_[0] - 0.01
    words = model.vectors_.words
    same = np.equal.outer(*[[word[:3] for word in words]] * 2)
    upper = np.triu_indices(len(words), 1)
    unit = model.vectors_.normalised
    assert spearmanr((unit @ unit.T)[upper], same[upper]).statistic > 0.7


def test_the_loss_goes_on_falling_after_ranks_are_found_anew():
    model = WordRank(width=12, min_count=1, epochs=20, refresh=4, learning_rate=0.003, random_state=0)
    assert (np.diff(model.fit(planted()).losses_) < -0.002).all()


def test_one_thread_repeats_and_two_learn_as_much():
    texts = planted()
    check_repeats(WordRank(width=6, min_count=1, epochs=6), texts)
    one, two = (WordRank(width=6, min_count=1, n_threads=n, random_state=0).fit(texts) for n in (1, 2))
    assert two.losses_[-1] == pytest.approx(one.losses_[-1], abs=0.02)


def test_too_few_words_are_told():
    with pytest.raises(InputError, match="three words"):
        WordRank(min_count=1).fit(["a b", "b a"])
