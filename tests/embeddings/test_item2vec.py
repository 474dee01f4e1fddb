"""Items from sessions: of the same board are found that never came together, which counting cannot."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.embeddings import Item2Vec

N_BOARDS, N_ITEMS = 20, 30


def sessions(n=1500, seed=0):
    """Each is of four items of one board, now and then with one of another."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        board = rng.integers(N_BOARDS)
        items = [f"b{board}i{item}" for item in rng.choice(N_ITEMS, 4, replace=False)]
        if rng.random() < 0.5:
            items[0] = f"b{rng.integers(N_BOARDS)}i{rng.integers(N_ITEMS)}"
        rows.append(items)
    return rows


def together(rows, words):
    """How often two items come in one session."""
    numbers = {word: number for number, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for row in rows:
        known = [numbers[item] for item in row if item in numbers]
        for one in known:
            counts[one, known] += 1
    np.fill_diagonal(counts, -1)
    return counts


def recall(scores, boards):
    """Share of the ten best that are of the same board."""
    scores = scores + 1e-9 * np.random.default_rng(0).random(scores.shape)  # equals in any order
    best = np.argsort(-scores, axis=1)[:, :10]
    return np.mean(boards[best] == boards[:, None])


def test_ten_nearest_items_are_of_the_same_board_more_often_than_by_counting():
    rows = sessions()
    model = Item2Vec(width=24, epochs=20, random_state=0).fit(rows)
    words = model.vectors_.words
    boards = np.array([word.partition("i")[0] for word in words])
    cosines = model.vectors_.normalised @ model.vectors_.normalised.T
    np.fill_diagonal(cosines, -2)
    ours, counted = recall(cosines, boards), recall(together(rows, words), boards)
    assert ours > 0.9
    assert ours > counted + 0.05


def test_items_are_known_by_their_text_and_the_whole_session_is_company():
    rows = [[1, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13, 14, 15, 16, 17, 18]] * 60
    model = Item2Vec(width=8, min_count=1, epochs=20, random_state=0).fit(rows)
    assert sorted(model.recommend([1, 8], n=6), key=int) == ["2", "3", "4", "5", "6", "7"]
    means = model.transform([[1, 2], ["1", "never"], []])
    np.testing.assert_allclose(means[0], (model.vectors_["1"] + model.vectors_["2"]) / 2, atol=1e-6)
    assert np.array_equal(means[1], model.vectors_["1"])
    assert not means[2].any()


def test_the_same_seed_gives_the_same_bits():
    rows = sessions(200)
    model = Item2Vec(width=8, epochs=2, random_state=0).fit(rows)
    assert np.array_equal(clone(model).fit(rows).vectors_.vectors, model.vectors_.vectors)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).transform(rows), model.transform(rows))


def test_what_is_no_list_of_items_is_named():
    with pytest.raises(InputError, match="each session must be a list of items, got 'oak' at 1"):
        Item2Vec().fit([["elm"], "oak"])
    with pytest.raises(InputError, match="X must be an iterable of sessions"):
        Item2Vec().fit("oak")
