"""Pairs of words are counted as one would by hand, whatever the memory and the threads."""

import math
from fractions import Fraction

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.data import TokenStream, co_occurrences
from netwright.data.corpus import pair_table

WEIGHTS = {
    "harmonic": lambda d, window: Fraction(1, d),
    "flat": lambda d, window: Fraction(1),
    "linear": lambda d, window: Fraction(window - d + 1, window),
}


def random_stream(n_words, n_sentences, seed=0):
    rng = np.random.default_rng(seed)
    parts = [np.append(rng.zipf(1.5, rng.integers(0, 30)) % n_words, -1) for _ in range(n_sentences)]
    return TokenStream(np.concatenate(parts).astype(np.int32))


def by_hand(stream, n_words, window, weight):
    found = [[Fraction(0)] * n_words for _ in range(n_words)]
    for sentence in stream.sentences():
        for i, word in enumerate(sentence):
            for j, other in enumerate(sentence):
                if 0 < abs(i - j) <= window:
                    found[word][other] += weight(abs(i - j), window)
    return np.array([[float(one) for one in row] for row in found])


@pytest.mark.parametrize("weighting", WEIGHTS)
def test_counts_equal_a_direct_count(weighting):
    stream = random_stream(12, 40)
    found = co_occurrences(stream, 12, window=4, weighting=weighting)
    assert np.array_equal(found.toarray(), by_hand(stream, 12, 4, WEIGHTS[weighting]))


def test_little_memory_and_more_threads_give_the_same_bits(monkeypatch):
    written = []
    write = pair_table.SortedRuns._write
    monkeypatch.setattr(
        pair_table.SortedRuns, "_write", lambda self, run: (written.append(len(run)), write(self, run))
    )
    stream = random_stream(400, 300)
    whole = co_occurrences(stream, 400, window=5)
    assert not written
    for n_threads in (1, 2, 3):
        parts = co_occurrences(stream, 400, window=5, memory=1, n_threads=n_threads)
        assert (parts != whole).nnz == 0
    assert len(written) > 12, "tables of the smallest size must have been full several times"
    assert max(written) <= 1024


def test_wide_windows_count_harmonically_too():
    stream = TokenStream(np.array([*range(40), -1], np.int32))
    found = co_occurrences(stream, 40, window=30).toarray()
    assert math.isclose(found[0, 30], 1 / 30, rel_tol=1e-8)
    assert found[0, 31] == 0


def test_a_stream_without_pairs_gives_an_empty_matrix():
    for ids in ([], [-1, -1], [0, -1, 1, -1]):
        assert co_occurrences(TokenStream(np.array(ids, np.int32)), 2).nnz == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"window": 0}, "window"), ({"n_threads": 0}, "n_threads"), ({"weighting": "no"}, "weighting")],
)
def test_settings_out_of_range_are_told(settings, told):
    with pytest.raises(InputError, match=told):
        co_occurrences(random_stream(5, 2), 5, **settings)


def test_a_stream_of_another_vocabulary_is_told():
    with pytest.raises(InputError, match="n_words must be above"):
        co_occurrences(random_stream(5, 20), 2)
