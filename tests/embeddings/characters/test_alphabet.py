import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.embeddings.characters.alphabet import MAX_LETTERS, N_MARKS, Alphabet


def test_known_characters_have_numbers_of_their_own_and_all_others_share_one():
    alphabet = Alphabet.learn(["añ😀", "a\N{HEBREW LETTER ALEF}"])
    found = alphabet.numbers("añ😀\N{HEBREW LETTER ALEF}z\ud800")
    assert sorted(found[:4].tolist()) == [N_MARKS, N_MARKS + 1, N_MARKS + 2, N_MARKS + 3]
    assert found[4:].tolist() == [1, 1]


def test_only_the_most_frequent_characters_are_known():
    assert Alphabet.learn(["aaabbc"], most=2).numbers("abc").tolist() == [6, 7, 1]


def test_long_words_are_cut_and_all_are_framed():
    rows = Alphabet.learn(["a"]).words(["a" * 99, "", "aa"])
    assert rows.shape == (3, MAX_LETTERS + 2)
    assert (rows[0, 0], rows[0, -1], (rows[0] == 6).sum()) == (2, 3, MAX_LETTERS)
    assert rows[1, :3].tolist() == [2, 3, 0]
    assert rows[2, :5].tolist() == [2, 6, 6, 3, 0]


def test_no_character_is_refused():
    with pytest.raises(InputError, match="texts must hold characters"):
        Alphabet.learn(["", ""])
    assert np.array_equal(Alphabet.learn(["b"]).rows([], 3), np.zeros((0, 1)))
