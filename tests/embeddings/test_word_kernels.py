"""What compiled code learns from a sentence are the gradients of the written-out losses."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from netwright.embeddings.words.cbow_kernel import cbow
from netwright.embeddings.words.outputs import HierarchicalSoftmax, NegativeSampling
from netwright.embeddings.words.skip_gram_kernel import skip_gram, skip_gram_by_tree
from netwright.embeddings.words.windows import keep_thresholds
from netwright.training.hogwild import next_random, no_tree, sigmoid_table
from netwright.training.hogwild.tables import draw

COUNTS = np.array([9, 7, 5, 4, 3, 2])
SENTENCE = np.array([3, 0, 4, 1, 3, 5, -1], np.int32)
WIDTH, RATE, K, WINDOW = 7, 1e-3, 4, 2
DRAWING, KEEP = NegativeSampling(K).tables(COUNTS), keep_thresholds(COUNTS, 0)
PLAN = (RATE, RATE, 1000, True)
SIZE = (sigmoid_table(), WINDOW, False)


class Reference:
    """Weights in 64 bits that take a plain gradient step on each loss they are given."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.first = (
            rng.normal(size=(6, WIDTH)).astype(np.float32),
            rng.normal(size=(6, WIDTH)).astype(np.float32),
        )
        self.v, self.u = (torch.from_numpy(one.astype(np.float64)).requires_grad_() for one in self.first)
        self.state, self.loss, self.told = np.array([11], np.uint64), 0.0, 0
        self.coming = None

    def drawn(self, word):
        found = [int(draw(np.uint64(next_random(self.state)), *DRAWING)) for _ in range(K)]
        return [one for one in found if one != word]

    def drawn_ahead(self, word):
        """As `drawn`, by a kernel that draws for the next word while it is at this one."""
        if self.coming is None:
            self.draw_first()
        now, self.coming = self.coming, self.drawn(-1)
        return [one for one in now if one != word]

    def draw_first(self):
        self.coming = self.drawn(-1)

    def step(self, pairs, n):
        """One step on the sum of -log sigmoid(sign * mean of v[rows] . u[row])."""
        loss = sum(-F.logsigmoid(sign * self.v[rows].mean(0) @ self.u[row]) for rows, row, sign in pairs)
        grads = torch.autograd.grad(loss, [self.v, self.u])
        with torch.no_grad():
            self.v -= RATE * grads[0]
            self.u -= RATE * grads[1]
        self.loss, self.told = self.loss + float(loss.detach()), self.told + n

    def windows(self):
        words = SENTENCE[:-1].tolist()
        for i, word in enumerate(words):
            yield word, words[max(0, i - WINDOW) : i] + words[i + 1 : i + WINDOW + 1]

    def equals(self, kernel, *rest):
        vectors, contexts = (one.copy() for one in self.first)
        counts = np.zeros((1, 8), np.int64)
        given = (SENTENCE, 0, len(SENTENCE), 11, counts, 0, 0, vectors, contexts, KEEP)
        loss, n = kernel(*given, *rest)
        assert n == self.told
        assert loss == pytest.approx(self.loss, rel=2e-6)
        np.testing.assert_allclose(vectors, self.v.detach().numpy(), atol=1e-6)
        np.testing.assert_allclose(contexts, self.u.detach().numpy(), atol=1e-6)
        np.testing.assert_allclose(  # the steps themselves, in units of the gradient
            (vectors - self.first[0]) / RATE, (self.v.detach().numpy() - self.first[0]) / RATE, atol=1e-3
        )
        assert counts[0, 0] == len(SENTENCE) - 1


def test_a_window_of_skip_gram_is_one_step_on_all_its_pairs_with_shared_draws():
    reference = Reference()
    for word, around in reference.windows():
        told = [(word, 1.0), *((one, -1.0) for one in reference.drawn_ahead(word))]
        reference.step([([other], row, sign) for other in around for row, sign in told], len(around))
    reference.equals(skip_gram, *DRAWING, *SIZE, K, *PLAN)


def test_cbow_tells_the_middle_by_the_mean_of_its_window():
    reference = Reference()
    for word, around in reference.windows():
        told = [(word, 1.0), *((one, -1.0) for one in reference.drawn_ahead(word))]
        reference.step([(around, row, sign) for row, sign in told], 1)
    reference.equals(cbow, DRAWING, no_tree(), *SIZE, K, *PLAN)


def step_each(reference, around, told):
    """Outputs move one after the other, as the words are drawn; the mean itself moves at the end."""
    with torch.no_grad():
        h = reference.v[around].mean(0)
        change = torch.zeros_like(h)
        for row, sign in told:
            x = h @ reference.u[row]
            reference.loss += float(-F.logsigmoid(sign * x))
            g = RATE * sign * torch.sigmoid(-sign * x)
            change += g * reference.u[row]
            reference.u[row] += g * h
        for other in around:
            reference.v[other] += change / len(around)
    reference.told += 1


def path_of(word):
    tree = HierarchicalSoftmax().tree(COUNTS)
    part = slice(tree.starts[word], tree.starts[word + 1])
    return list(zip(tree.nodes[part].tolist(), (1.0 - 2.0 * tree.turns[part]).tolist(), strict=True))


@pytest.mark.parametrize("by", ["skip-gram", "cbow"])
def test_words_are_told_along_their_paths_in_the_tree(by):
    reference, tree = Reference(), HierarchicalSoftmax().tree(COUNTS)
    for word, around in reference.windows():
        for some in [[one] for one in around] if by == "skip-gram" else [around]:
            step_each(reference, some, path_of(word))
    if by == "skip-gram":
        reference.equals(skip_gram_by_tree, *tree.arrays, *SIZE, *PLAN)
    else:
        reference.equals(cbow, DRAWING, tree.arrays, *SIZE, 0, *PLAN)


def test_the_probabilities_of_all_words_in_the_tree_sum_to_one():
    rng = np.random.default_rng(1)
    nodes, h = rng.normal(size=(6, WIDTH)), rng.normal(size=WIDTH)
    shares = [
        np.prod([1 / (1 + np.exp(-sign * nodes[node] @ h)) for node, sign in path_of(w)]) for w in range(6)
    ]
    assert sum(shares) == pytest.approx(1, abs=1e-12)


def test_the_tree_is_huffmans():
    tree = HierarchicalSoftmax().tree(np.array([32, 16, 8, 4, 2, 1, 1]))
    assert tree.lengths.tolist() == [1, 2, 3, 4, 5, 6, 6]
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 1000, 300)
    mean = (HierarchicalSoftmax().tree(counts).lengths * counts).sum() / counts.sum()
    entropy = -(counts / counts.sum() * np.log2(counts / counts.sum())).sum()
    assert entropy <= mean < entropy + 1
