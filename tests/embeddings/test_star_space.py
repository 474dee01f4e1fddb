"""StarSpace: bags are sums over powers of their size; planted labels, documents and facts are found."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits

from netwright.core.errors import InputError
from netwright.embeddings import StarSpace
from netwright.embeddings.entities.bags import Bags, embed_bags
from netwright.embeddings.entities.star_training import Pairs, _similarities
from netwright.losses import NegativesSoftmaxLoss

QUICK = {"width": 16, "epochs": 4, "random_state": 0}
SETTINGS = [
    {},
    {"similarity": "dot"},
    {"loss": NegativesSoftmaxLoss(0.1)},
    {"loss": NegativesSoftmaxLoss(0.2), "similarity": "dot"},
]


def topics(n_rows=1200, n_topics=12, seed=0):
    """Texts of six words: three of the topic's own ten, three that all topics share."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(n_topics, size=n_rows)
    own = rng.integers(10, size=(n_rows, 3))
    shared = rng.integers(60, size=(n_rows, 3))
    rows = [
        [f"t{t}w{a}" for a in mine] + [f"s{b}" for b in common]
        for t, mine, common in zip(topic, own, shared, strict=True)
    ]
    return rows, [f"topic {t}" for t in topic]


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_a_bag_is_the_sum_over_a_power_of_its_size(p):
    rows, labels = topics(200)
    space = StarSpace(**QUICK, p=p).fit(rows, labels)
    got = space.transform([rows[0], [*rows[1], "never seen"], []])
    by_hand = [sum(space.vectors_[word] for word in row) / 6**p for row in rows[:2]]
    np.testing.assert_allclose(got[:2], by_hand, rtol=1e-5, atol=1e-6)
    assert not got[2].any()


@pytest.mark.parametrize("settings", SETTINGS)
def test_planted_labels_are_found_at_the_first_place(settings):
    rows, labels = topics()
    space = StarSpace(**QUICK, **settings).fit(rows[:1000], labels[:1000])
    assert np.mean(space.predict(rows[1000:]) == np.array(labels[1000:])) > 0.9
    assert space.losses_[-1] < space.losses_[0]


def test_of_several_labels_all_are_near():
    rows, labels = topics()
    both = [[label, "even" if int(label[6:]) % 2 == 0 else "odd"] for label in labels]
    space = StarSpace(**QUICK).fit(rows, both)
    order = np.argsort(-space.similarities(rows), axis=1)[:, :2]
    found = [{space.labels_[place] for place in row} for row in order]
    assert np.mean([one == set(label) for one, label in zip(found, both, strict=True)]) > 0.9


def test_sentences_find_the_documents_they_are_from():
    rows, _ = topics(1200)
    sentences, documents = [row[:1] + row[3:4] for row in rows], [row[1:3] + row[4:] for row in rows]
    space = StarSpace(width=16, target="bag", epochs=10, random_state=0).fit(sentences, documents)
    own = {row[1][:-1] for row in rows}
    representative = {topic: next(doc for doc in documents if doc[0].startswith(topic)) for topic in own}
    candidates = list(representative)
    best = space.similarities(sentences, [representative[topic][:2] for topic in candidates]).argmax(1)
    truth = [row[0].rpartition("w")[0] + "w" for row in rows]
    assert np.mean([candidates[one] == topic for one, topic in zip(best, truth, strict=True)]) > 0.9


def test_entities_of_a_graph_are_found_by_head_and_relation():
    towns = [f"town{number}" for number in range(40)]
    facts = [([town, "lies_in"], [f"land{number % 8}"]) for number, town in enumerate(towns)]
    facts += [([town, "speaks"], [f"tongue{number % 8}"]) for number, town in enumerate(towns)]
    space = StarSpace(width=16, target="bag", epochs=60, random_state=0)
    space.fit([head for head, _ in facts], [tail for _, tail in facts])
    tails = sorted({tail[0] for _, tail in facts})
    best = space.similarities([head for head, _ in facts], [[tail] for tail in tails]).argmax(1)
    assert np.mean([tails[one] == tail[0] for one, (_, tail) in zip(best, facts, strict=True)]) > 0.9


def test_members_of_a_bag_lie_near_those_they_come_with():
    rng = np.random.default_rng(0)
    baskets = [[f"k{kind}i{item}" for item in rng.choice(10, 4, False)] for kind in rng.integers(8, size=600)]
    space = StarSpace(width=16, target="member", epochs=10, random_state=0).fit(baskets)
    near = [
        [other[:2] for other, _ in space.vectors_.most_similar(word, n=5)] for word in space.vectors_.words
    ]
    assert (
        np.mean(
            [one == word[:2] for word, row in zip(space.vectors_.words, near, strict=True) for one in row]
        )
        > 0.9
    )
    assert space.labels_ == []


def test_digits_are_told_apart_by_which_pixels_are_dark():
    X, y = load_digits(return_X_y=True)
    dark = [[f"p{place}" for place in np.flatnonzero(row > 7)] for row in X]
    space = StarSpace(width=32, epochs=10, random_state=0).fit(dark[:1200], y[:1200].tolist())
    assert np.mean(space.predict(dark[1200:]) == y[1200:]) > 0.75


def test_gradients_of_bags_leave_out_what_does_not_count():
    weight = torch.randn(4, 3, requires_grad=True)
    bags = Bags.of_lists([[0, 1, 1], [2]])
    out = embed_bags(weight, bags, 0.5, torch.tensor([1.0, 1.0, 0.0, 1.0]))
    torch.testing.assert_close(out[0], (weight[0] + weight[1]) / 2**0.5)
    out.sum().backward()
    assert not weight.grad.to_dense()[3].any()


@pytest.mark.parametrize("cosine", [True, False])
def test_similarities_are_of_bags_and_leave_out_what_belongs_to_the_row(cosine):
    weight = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    labels, own = Bags.of_lists([[3], [4], [5]]), Bags.of_lists([[0], [2]])
    pairs = Pairs(Bags.of_lists([[0, 1], [2]]), labels, own, members=False)
    drawn = torch.tensor([0, 1, 2, 1])
    wanted, negatives = _similarities(
        weight, pairs, torch.arange(2), drawn, torch.Generator(), cosine=cosine, p=0.5
    )
    left, right = torch.stack([(weight[0] + weight[1]) / 2**0.5, weight[2]]), weight[3:]
    if cosine:
        left, right = left / left.norm(dim=1, keepdim=True), right / right.norm(dim=1, keepdim=True)
    by_hand = left @ right.T
    torch.testing.assert_close(wanted, by_hand[[0, 1], [0, 2]])
    expected = by_hand[:, drawn]
    expected[0, 0] = expected[1, 2] = -torch.inf
    torch.testing.assert_close(negatives, expected)


def test_no_vector_is_longer_than_one():
    rows, labels = topics(300)
    space = StarSpace(width=4, similarity="dot", learning_rate=0.5, epochs=3, random_state=0).fit(
        rows, labels
    )
    longest = np.linalg.norm(space.vectors_.vectors, axis=1).max()
    assert longest == pytest.approx(1.0, abs=1e-5)


def test_the_same_seed_gives_the_same_bits_and_leaves_the_users_stream():
    rows, labels = topics(200)
    before = torch.random.get_rng_state()
    space = StarSpace(**QUICK).fit(rows, labels)
    assert torch.equal(before, torch.random.get_rng_state())
    again = clone(space).fit(rows, labels)
    assert np.array_equal(space.vectors_.vectors, again.vectors_.vectors)
    assert np.array_equal(pickle.loads(pickle.dumps(space)).predict(rows), space.predict(rows))
    assert len(space.get_feature_names_out()) == space.transform(rows[:1]).shape[1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StarSpace().fit(["a b"]), "y must be given for the target 'label'"),
        (lambda: StarSpace(target="member").fit(["a b"], ["c"]), "y must be None"),
        (lambda: StarSpace().fit(["a b", "c"], ["x"]), "y must have 2 values, one for each row of X, got 1"),
        (lambda: StarSpace().fit(["a", "b"], ["x", "x"]), "two labels or more, got 1"),
        (lambda: StarSpace().fit("a b", ["x"]), "X must be an iterable"),
        (lambda: StarSpace(target="rank").fit(["a"], ["x"]), "target must be one of label, bag, member"),
        (lambda: StarSpace(width=0).fit(["a"], ["x"]), "width must be 1 or more, got 0"),
        (lambda: StarSpace(target="member").fit(["a", "b"]), "known features on both sides"),
        (lambda: StarSpace(target="bag").fit(["a"], ["b"]).similarities(["a"]), "y must be given to a space"),
    ],
)
def test_what_cannot_be_used_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
