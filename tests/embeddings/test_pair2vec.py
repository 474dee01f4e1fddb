"""Pair2Vec: vectors of pairs know planted relations that differences of word vectors do not."""

import pickle
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gensim.models import Word2Vec
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from netwright.core.errors import InputError
from netwright.data import UnknownWordError, Vocabulary, read_corpus
from netwright.embeddings import Pair2Vec
from netwright.embeddings.pairs.contexts import contexts_of, pair_places

FIRST, SECOND = [f"a{n}" for n in range(9)], [f"b{n}" for n in range(9)]
PATTERNS = [
    ["the {} is capital of {} today", "all roads of {} lead into {} again", "in {} rules the king of {} now"],
    [
        "old {} was made by {} itself",
        "buy a {} from the works of {} soon",
        "every {} leaves the hands of {} new",
    ],
    ["not {} but rather {} instead", "either {} or else {} always", "as {} as it is never {} though"],
]


def relation(a, b):
    """Which of three relations two words have: each word has all three, so that no word tells it alone."""
    return (FIRST.index(a) + SECOND.index(b)) % 3


@pytest.fixture(scope="module")
def corpus():
    """Each pair in patterns of its relation, some of them several times."""
    drawn = random.Random(0)
    texts = [
        pattern.format(a, b)
        for a in FIRST
        for b in SECOND
        for pattern in PATTERNS[relation(a, b)]
        for _ in range(6)
    ]
    drawn.shuffle(texts)
    return texts


def clustered(rows, truth):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return adjusted_rand_score(truth, KMeans(3, n_init=5, random_state=0).fit_predict(rows))


def test_pairs_cluster_by_planted_relations_where_differences_of_words_do_not(corpus):
    pairs = [(a, b) for a in FIRST for b in SECOND]
    truth = [relation(a, b) for a, b in pairs]
    model = Pair2Vec(
        width=24, depth=2, min_count=1, pair_words=[*FIRST, *SECOND], epochs=18, batch_size=64,
        learning_rate=0.015, random_state=0,
    ).fit(corpus)  # fmt: skip
    ours = clustered(model.transform(pairs), truth)
    words = Word2Vec(
        [text.split() for text in corpus], vector_size=32, min_count=1, sg=1, epochs=20, workers=1, seed=0
    ).wv
    differences = clustered(np.array([words[b] - words[a] for a, b in pairs]), truth)
    assert model.losses_[-1] < model.losses_[0]
    assert ours > 0.8 > differences


def test_pairs_and_their_contexts_by_hand():
    ids = np.array([0, 1, 2, -1, 1, 3, 3, 0, -1], np.int32)
    starts, steps = pair_places(ids, np.array([True, True, False, False]), 2)
    assert list(zip(starts.tolist(), steps.tolist(), strict=True)) == [(0, 1), (4, 3)]
    assert pair_places(ids, np.array([True, True, False, False]), 1)[0].tolist() == [0]
    contexts, lengths = contexts_of(ids, starts, steps, 6)
    assert contexts.tolist() == [[1, 2, 5, 0, 0, 0], [1, 6, 6, 2, 0, 0]]
    assert lengths.tolist() == [3, 4]
    many = np.tile(np.array([0, 1, -1], np.int32), 3000)
    assert len(pair_places(many, np.ones(2, bool), 5)[0]) == 3000


def test_the_loss_is_that_of_the_paper():
    model = Pair2Vec(width=6, depth=2, n_negatives=4, min_count=1, epochs=0, random_state=0)
    model.fit(["a b c d", "b d a c"])
    network, first, second = model.network_, torch.tensor([0, 1]), torch.tensor([2, 3])
    contexts = torch.randn(2, 6, generator=torch.Generator().manual_seed(0))
    drawn = torch.tensor([0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
    torch.manual_seed(3)
    ours = model._loss(first, second, contexts, drawn)
    torch.manual_seed(3)
    others = torch.randint(2, (2, 4))
    firsts = (torch.rand(8, dtype=torch.float64) * 4).ceil().long() - 1
    seconds = (torch.rand(8, dtype=torch.float64) * 4).ceil().long() - 1

    def score(x, y, context):
        u, v = F.normalize(network.words.weight[x], dim=0), F.normalize(network.words.weight[y], dim=0)
        return network.composition(torch.cat([u, v, u * v])) @ context

    loss = 0.0
    for row in range(2):
        x, y, context = int(first[row]), int(second[row]), contexts[row]
        loss -= torch.sigmoid(score(x, y, context)).log()
        for k in range(4):
            loss -= torch.sigmoid(-score(x, y, contexts[others[row, k]])).log()
            loss -= torch.sigmoid(-score(int(firsts[4 * row + k]), y, context)).log()
            loss -= torch.sigmoid(-score(x, int(seconds[4 * row + k]), context)).log()
    assert ours.item() == pytest.approx(loss.item() / 2, rel=1e-5)


def test_a_context_does_not_depend_on_its_padding():
    model = Pair2Vec(width=6, min_count=1, epochs=0, random_state=0).fit(["a b c d"])
    one, lengths = torch.tensor([[1, 4, 2]]), torch.tensor([3])
    longer = torch.tensor([[1, 4, 2, 0, 0], [3, 1, 4, 2, 5]])
    with torch.no_grad():
        alone = model.network_.contexts(one, lengths)[0]
        together = model.network_.contexts(longer, torch.tensor([3, 5]))[0]
    torch.testing.assert_close(alone, together)


def test_the_same_seed_gives_the_same_vectors_and_leaves_random_streams_alone(corpus):
    state, theirs = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    how = Pair2Vec(width=8, min_count=1, epochs=1, pair_words=FIRST + SECOND, random_state=3)
    pairs = [("a0", "b1"), ("b1", "a0")]
    one = how.fit(corpus[:200])
    other = clone(how).fit(read_corpus(corpus[:200], min_count=1))
    assert one.transform(pairs).tobytes() == other.transform(pairs).tobytes()
    assert one.transform(pairs)[0].tolist() != one.transform(pairs)[1].tolist()
    assert pickle.loads(pickle.dumps(one)).transform(pairs).tobytes() == one.transform(pairs).tobytes()
    assert torch.equal(state, torch.random.get_rng_state())
    assert (theirs == np.random.get_state()[1]).all()  # noqa: NPY002
    assert one.get_feature_names_out().tolist()[:2] == ["pair2vec0", "pair2vec1"]
    assert one.transform([]).shape == (0, 8)


def test_corpora_without_pairs_and_unknown_words_are_refused(corpus):
    with pytest.raises(InputError, match="pairs of pair_words near each other"):
        Pair2Vec(min_count=1, pair_words=["a0"]).fit(corpus[:9])
    model = Pair2Vec(width=4, min_count=1, epochs=0).fit(corpus[:9])
    with pytest.raises(UnknownWordError, match="'nobody'"):
        model.transform([("nobody", "the")])
    assert isinstance(model.vocabulary_, Vocabulary)
