"""The tokenizer: words of any script, Hebrew among them, come out as they were written."""

# ruff: noqa: RUF001 (letters of other scripts are what is tried here)

import unicodedata

import numpy as np
import pytest

from netwright.data import Tokenizer, Vocabulary, encode_corpus, read_corpus

POINTED = "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ"  # Genesis 1:1, with niqqud


def words(text, **how):
    """The words of one text, in order."""
    vocabulary, stream = read_corpus([text], min_count=1, tokenizer=Tokenizer(**how))
    return [vocabulary.words[one] for one in stream.ids[:-1].tolist()]


def test_hebrew_words_keep_their_points_and_can_be_asked_for():
    assert words(POINTED) == POINTED.split()
    assert (
        words(f"\u200f{POINTED},\u200e «{POINTED}».") == 2 * POINTED.split()
    )  # marks of direction are no letters
    vocabulary, stream = read_corpus([POINTED, "אלהים"], min_count=1)
    vectors = np.arange(2 * len(vocabulary), dtype=np.float32).reshape(-1, 2)
    (row,) = vocabulary.ids([POINTED.split()[2]])
    assert vectors[row].tolist() == [2 * row, 2 * row + 1]
    assert "אלהים" in vocabulary  # another word than the pointed one
    assert vocabulary.ids(["אלהים"])[0] != row
    assert encode_corpus([POINTED], Vocabulary(vocabulary.words)).ids.tolist() == stream.ids[:8].tolist()


def test_hebrew_vectors_load_and_are_asked_by_their_words(tmp_path):
    from netwright.embeddings.vectors.word2vec_format import read_word2vec, write_word2vec
    from netwright.embeddings.vectors.word_vectors import WordVectors

    known = ["מלך", "מַלְכָּה", 'צה"ל', "צה״ל", "ארץ־ישראל"]
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    for binary in (True, False):
        write_word2vec(WordVectors(known, vectors), tmp_path / "hebrew.vec", binary=binary)
        loaded = read_word2vec(tmp_path / "hebrew.vec")
        assert loaded.words == known
        assert loaded['צה"ל'].tolist() == vectors[2].tolist()
        assert loaded.most_similar(loaded["מַלְכָּה"], n=1)[0][0] == "מַלְכָּה"
    gensim = pytest.importorskip("gensim.models")
    keyed = gensim.KeyedVectors(3)
    keyed.add_vectors(known, vectors)
    keyed.save_word2vec_format(str(tmp_path / "gensim.bin"), binary=True)
    assert read_word2vec(tmp_path / "gensim.bin").words == known


def test_gershayim_and_geresh_stand_within_words():
    assert words("צה״ל וצה\"ל, ג׳ירפה ג'ירפה") == ["צה״ל", 'וצה"ל', "ג׳ירפה", "ג'ירפה"]
    assert words('דּוּ"חַ') == ['דּוּ"חַ']  # between points


def test_straight_quotation_marks_part_all_other_words():
    assert words('he said:"no"and"yes" to "צהל"') == ["he", "said", "no", "and", "yes", "to", "צהל"]
    assert words('צה"x x"צה 5"ל') == ["צה", "x", "x", "צה", "5", "ל"]
    assert words('צה""ל צה"') == ["צה", "ל", "צה"]
    assert words('a"b', inner='"') == ['a"b']


def test_the_dash_of_hebrew_parts_words_and_its_points_do_not():
    assert words("ארץ־ישראל") == ["ארץ", "ישראל"]
    assert words("שָׁלוֹם־עֲלֵיכֶם׃") == ["שָׁלוֹם", "עֲלֵיכֶם"]


def test_scripts_with_joiners_and_signs_keep_them():
    persian, hindi, arabic = "می\u200cخواهم", "क्\u200dषत्रिय", "مُحَمَّد"
    assert words(f"{persian} {hindi}، {arabic}\u200c") == [persian, hindi, arabic]


def test_every_letter_of_every_script_is_a_word_by_itself():
    letters = [chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) in {"Lo", "Ll", "Nd"}]
    assert words(" ".join(letters), lowercase=False) == letters


def test_letters_are_lowered_as_python_does_it():
    assert words("ΑΒΓ ЖЗ ÀÉ ǅ Ⅷ") == ["αβγ", "жз", "àé", "ǆ", "ⅷ"]
    assert words("ΑΒΓ", lowercase=False) == ["ΑΒΓ"]


def test_white_space_alone_parts_words_if_asked():
    assert words('a-b, "c"\u00a0d\u2003e\tf', whitespace=True) == ["a-b,", '"c"', "d", "e", "f"]
