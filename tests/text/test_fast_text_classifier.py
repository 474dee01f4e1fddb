"""FastText's classifier: its steps are gradients, its tree is a softmax, planted classes are told."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from netwright.core.errors import InputError
from netwright.text import FastTextClassifier
from netwright.text.bag_kernel import classify
from netwright.training.hogwild import HuffmanTree, no_tree, sigmoid_table
from netwright.training.hogwild.bags import parts_of

RATE = 1e-3


def kernel_inputs():
    rng = np.random.default_rng(0)
    table, outputs = (rng.normal(size=(n, 5)).astype(np.float32) for n in (9, 3))
    rows, starts = np.array([0, 4, 4, 8, 2], np.int64), np.array([0, 3, 3, 5])
    return table, outputs, rows, starts, np.array([2, 1, 0])


@pytest.mark.parametrize("by_tree", [False, True])
def test_each_text_is_one_step_on_the_cross_entropy_of_its_class(by_tree):
    table, outputs, rows, starts, labels = kernel_inputs()
    v, u = (torch.from_numpy(one.astype(np.float64)) for one in (table, outputs))
    tree, total = HuffmanTree(np.array([5, 3, 2])), 0.0
    for text in (2, 0, 1):
        own = rows[starts[text] : starts[text + 1]].tolist()
        if not own:
            continue
        h, before = v[own].mean(0).requires_grad_(), u.clone().requires_grad_()
        part = slice(tree.starts[labels[text]], tree.starts[labels[text] + 1])
        ways = zip(tree.nodes[part].tolist(), tree.turns[part].tolist(), strict=True)
        loss = (
            sum(-F.logsigmoid((1 - 2 * turn) * (h @ before[node])) for node, turn in ways)
            if by_tree
            else F.cross_entropy(before @ h, torch.tensor(labels[text]))
        )
        grad_h, grad_u = torch.autograd.grad(loss, [h, before])
        u = u - RATE * grad_u
        for row in own:
            v[row] -= RATE * grad_h / len(own)
        total += float(loss.detach())
    loss, n = classify(
        0, 3, np.zeros((1, 8), np.int64), 0, 0, np.array([2, 0, 1]), rows, starts, labels, table, outputs,
        tree.arrays if by_tree else no_tree(), sigmoid_table(), RATE, 10**9,
    )  # fmt: skip
    assert n == 2
    assert loss == pytest.approx(total, rel=2e-6)
    np.testing.assert_allclose(table, v.numpy(), atol=1e-6)
    np.testing.assert_allclose(outputs, u.numpy(), atol=1e-6)


def test_a_texts_bag_holds_its_words_and_hashed_n_grams():
    stream, rows, starts = (
        np.array([3, 0, 3, -1, -1, 1, -1], np.int32),
        np.empty(21, np.int64),
        np.zeros(4, np.int64),
    )
    parts_of(stream, np.array([3, 4, 6]), 3, 10, 50, rows, starts)
    assert starts.tolist() == [0, 6, 6, 7]
    own = rows[:6].tolist()
    assert [one for one in own if one < 10] == [3, 0, 3]
    assert all(10 <= one < 60 for one in own if one >= 10)
    assert rows[6] == 1
    again = np.empty(21, np.int64)
    parts_of(np.array([0, 3, -1], np.int32), np.array([2]), 2, 10, 50, again, np.zeros(2, np.int64))
    assert again[2] == own[5]  # the same two words fall into the same bucket


def planted(n=600, seed=0, n_classes=4):
    """Texts of a class's own words among words that all share."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(n_classes, size=n)
    texts = [
        " ".join(
            [
                *(f"own{label}w{rng.integers(5)}" for _ in range(2)),
                *(f"any{rng.integers(30)}" for _ in range(8)),
            ]
        )
        for label in labels
    ]
    return texts, np.array([f"class {label}" for label in labels])


SMALL = FastTextClassifier(width=16, epochs=20, buckets=2000, random_state=0)


@pytest.mark.parametrize(
    "settings", [{}, {"class_tree": True}, {"word_ngrams": 2}, {"n_threads": 2}], ids=str
)
def test_planted_classes_are_told_as_well_as_by_tf_idf(settings):
    texts, labels = planted()
    model = clone(SMALL).set_params(**settings).fit(texts[:400], labels[:400])
    score = model.score(texts[400:], labels[400:])
    base = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)).fit(texts[:400], labels[:400])
    assert score > 0.97
    assert score >= base.score(texts[400:], labels[400:]) - 0.01
    np.testing.assert_allclose(model.predict_proba(texts[:5]).sum(1), 1, atol=1e-9)


def test_n_grams_tell_what_words_alone_cannot():
    rng = np.random.default_rng(0)
    pairs = rng.integers(2, size=(600, 2))
    texts = [
        f"{'left' if a else 'right'} {'left' if b else 'right'} {'left' if b != a else 'right'}"
        for a, b in pairs
    ]
    labels = (pairs[:, 0] > pairs[:, 1]).astype(int) + 2 * (pairs[:, 0] == 1)
    alone = clone(SMALL).fit(texts, labels).score(texts, labels)
    assert clone(SMALL).set_params(word_ngrams=2, epochs=40).fit(texts, labels).score(texts, labels) > max(
        0.99, alone
    )


def test_a_seed_repeats_to_the_last_bit_and_the_loss_falls():
    texts, labels = planted(200)
    reports = []
    one = clone(SMALL).set_params(callback=reports.append).fit(texts, labels)
    assert one.vectors_.tobytes() == clone(SMALL).fit(texts, labels).vectors_.tobytes()
    assert reports[0].loss > reports[-1].loss
    assert reports[0].epoch == 1


def test_what_cannot_be_used_is_refused():
    with pytest.raises(NotFittedError):
        FastTextClassifier().predict(["a"])
    with pytest.raises(InputError, match="a class for each text, got 1 for 2"):
        FastTextClassifier(buckets=10).fit(["a", "b"], [1])
    with pytest.raises(InputError, match="two classes or more"):
        FastTextClassifier(buckets=10).fit(["a", "b"], [1, 1])
