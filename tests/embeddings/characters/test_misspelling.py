import numpy as np

from netwright.embeddings.characters.misspelling import misspell


def one_slip_from(word):
    """Every string that one slip makes of a word, by the definition."""
    letters = [6, 7, 8, 9, 10]
    found = set()
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        found |= {(*before, letter, *after) for letter in letters}
        if after:
            found.add((*before, *after[1:]))
            found |= {(*before, letter, *after[1:]) for letter in letters}
        if len(after) > 1:
            found.add((*before, after[1], after[0], *after[2:]))
    return found


def test_each_misspelling_is_one_slip_away_and_all_slips_come():
    word = (6, 7, 8)
    rows = np.tile(np.array([[*word, 0, 0]]), (4000, 1))
    found = misspell(rows, np.ones(4000, np.int64), 11, np.random.default_rng(0))
    spelt = {tuple(one for one in row if one) for row in found.tolist()}
    assert spelt == one_slip_from(word)


def test_as_many_slips_as_wanted_and_none_in_an_empty_text():
    rows = np.zeros((3, 20), np.int64)
    rows[0], rows[1] = 6, 6
    found = misspell(rows, np.array([0, 5, 3]), 11, np.random.default_rng(0))
    assert found[0, :20].tolist() == rows[0].tolist()
    assert (found[1, :20] != 6).any()
    assert not found[2].any()
    assert all(not row[(row == 0).argmax() :].any() for row in found if (row == 0).any())  # zeros stay behind


def test_a_word_of_one_letter_is_never_left_out():
    found = misspell(np.full((500, 1), 6), np.ones(500, np.int64), 11, np.random.default_rng(0))
    assert (found[:, 0] != 0).all()
