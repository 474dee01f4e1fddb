"""Word cycles: each walk ends in two words that brute force finds, too."""

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.data import UnknownWordError
from netwright.embeddings import WordVectors
from netwright.explain import word_cycle, word_cycles


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(0)
    return WordVectors(["he", "she", *(f"w{n}" for n in range(150))], rng.normal(size=(152, 8)))


def brute(space, n_neighbours=None):
    """For each word the nearest one on either side, as the author's own line of Python has it."""
    words, units = space.words, space.normalised.astype(float)
    cosine = units @ units.T
    found = ({}, {})
    for word in range(len(words)):
        near = [other for other in np.argsort(-cosine[word]).tolist() if other != word][:n_neighbours]
        for side in (0, 1):
            like = [other for other in near if cosine[other, side] > cosine[other, 1 - side]]
            found[side][words[word]] = words[like[0]] if like else None
    return found


def test_every_walk_ends_in_two_words_that_brute_force_finds(space):
    first, second = brute(space)
    fixed = {(one, other) for other, one in first.items() if second[one] == other}
    assert len(fixed) > 10
    ends = set()
    for word in space.words:
        walk = word_cycle(space, word)
        step = word
        for number, reached in enumerate(walk.path[1:]):
            step = (first, second)[number % 2][step]
            assert reached == step
        assert walk.cycle in fixed
        ends.add(walk.cycle)
    assert set(word_cycles(space)) == {pair for pair in fixed if is_on_own_side(space, pair)} == ends


def is_on_own_side(space, pair):
    """Whether the words of a pair are on different sides; a walk's second word always is."""
    one, other = pair
    return space.similarity(one, "he") > space.similarity(one, "she") and space.similarity(
        other, "she"
    ) > space.similarity(other, "he")


def test_a_walk_among_few_neighbours_is_that_of_brute_force(space):
    first, second = brute(space, 3)
    n_stuck = 0
    for word in space.words:
        walk, at, side, path = word_cycle(space, word, n_neighbours=3), word, 0, [word]
        while (at := (first, second)[side][at]) is not None and len(path) < len(walk.path):
            path.append(at)
            side = 1 - side
        assert walk.path == tuple(path)
        n_stuck += walk.cycle == ()
        assert (walk.cycle == ()) == (at is None and len(path) == len(walk.path))
    assert 0 < n_stuck < len(space.words)
    pairs = word_cycles(space, n_neighbours=3)
    assert {(one, other) for one, other in pairs} == {
        (one, other)
        for other, one in first.items()
        if one and second[one] == other and is_on_own_side(space, (one, other))
    }


def test_planted_pairs_are_found_the_most_alike_first():
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(20, 12))
    sides = np.zeros((20, 12))
    sides[:, 0] = np.linspace(0.2, 0.6, 20)
    centres[:, 0] = 0
    rows = np.concatenate([np.eye(12)[:1], -np.eye(12)[:1], centres + sides, centres - sides])
    words = ["he", "she", *(f"m{n}" for n in range(20)), *(f"f{n}" for n in range(20))]
    found = word_cycles(WordVectors(words, rows))
    assert [pair for pair in found if pair[0][1:] == pair[1][1:]] == found[:20]
    assert word_cycle(WordVectors(words, rows), "f3").cycle == ("m3", "f3")


def test_poles_without_a_side_and_unknown_words_are_refused(space):
    with pytest.raises(InputError, match="on the side of 'he'"):
        word_cycle(WordVectors(["he", "she"], [[1.0, 0.0], [0.0, 1.0]]), "he")
    with pytest.raises(UnknownWordError, match="'nobody'"):
        word_cycle(space, "nobody")
    with pytest.raises(UnknownWordError, match="'him'"):
        word_cycles(space, ("him", "her"))
