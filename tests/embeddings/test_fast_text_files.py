"""Files of fastText's program are read and written bit for bit: it, gensim and we give the same vectors."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText as GensimFastText
from gensim.models.fasttext import load_facebook_model, save_facebook_model
from gensim.test.utils import datapath
from planted import two_topics
from sklearn.base import clone

from netwright.core.errors import InputError, ModelError
from netwright.data import UnknownWordError
from netwright.data.fast_text.reading import read_tables
from netwright.embeddings import FastText, MeanVectors, Subwords, WordVectors, read_fasttext, write_fasttext

from fast_text_files.write_ours import WORDS, drawn_model  # isort: skip - a folder beside this file

FILES = Path(__file__).parent / "fast_text_files"
ANSWERS = json.loads((FILES / "answers.json").read_text())
KINDS = ["vectors.bin", "labels.bin", "tree.bin", "each.bin", "pruned.ftz"]


def answers(name):
    told = {word: bytes.fromhex(one) for word, one in ANSWERS[name].items() if word != "texts"}
    return list(told), b"".join(told.values())


@pytest.mark.parametrize("name", KINDS)
def test_any_word_has_the_vector_of_fasttexts_program_to_the_last_bit(name):
    words, vectors = answers(name.split(".")[0])
    assert read_fasttext(FILES / name).vectors_of(words).tobytes() == vectors


@pytest.mark.parametrize("name", ["vectors.bin", "labels.bin", "tree.bin", "each.bin"])
def test_what_is_read_is_written_byte_for_byte(name, tmp_path):
    write_fasttext(read_fasttext(FILES / name), tmp_path / name)
    assert (tmp_path / name).read_bytes() == (FILES / name).read_bytes()


def test_fasttexts_program_gave_our_vectors_to_the_last_bit_for_the_file_we_write(tmp_path):
    model = drawn_model()
    write_fasttext(model, tmp_path / "ours.bin")
    assert (tmp_path / "ours.bin").read_bytes() == (FILES / "ours.bin").read_bytes()
    words, vectors = answers("ours")
    assert {"catlike", "日本語", *WORDS} <= set(words)
    assert model.vectors_of(words).tobytes() == vectors
    assert read_fasttext(tmp_path / "ours.bin").vectors_of(words).tobytes() == vectors


def test_a_fitted_model_goes_to_gensim_and_back(tmp_path):
    how = Subwords(3, 5, 500)
    model = FastText(width=12, subwords=how, min_count=1, epochs=2, random_state=0).fit(two_topics(300))
    write_fasttext(model, tmp_path / "ours.bin")
    theirs = load_facebook_model(str(tmp_path / "ours.bin"))
    assert theirs.wv.index_to_key == model.vectors_.words
    assert [theirs.wv.get_vecattr(word, "count") for word in model.vectors_.words] == (
        model.vectors_.vocabulary.counts.tolist()
    )
    assert theirs.wv.vectors_vocab.tobytes() == model.own_.tobytes()
    assert theirs.wv.vectors_ngrams.tobytes() == model.ngrams_.tobytes()
    assert theirs.syn1neg.tobytes() == model.contexts_.tobytes()
    for word in ["cat", "silver", "silvery", "catlike"]:
        np.testing.assert_allclose(model.vectors_of([word])[0], theirs.wv[word], rtol=3e-7, atol=1e-9)
    assert [one for one, _ in model.most_similar("silvery")] == [
        one for one, _ in theirs.wv.most_similar(positive=["silvery"])
    ]
    save_facebook_model(theirs, str(tmp_path / "theirs.bin"))
    again = read_fasttext(tmp_path / "theirs.bin")
    asked = [*model.vectors_.words, "silvery", "catlike"]
    assert again.vectors_of(asked).tobytes() == model.vectors_of(asked).tobytes()


def test_what_gensim_trained_is_read_bit_for_bit(tmp_path):
    theirs = GensimFastText(
        two_topics(50), vector_size=6, bucket=80, min_n=2, max_n=3, min_count=1, workers=1, seed=1
    )
    save_facebook_model(theirs, str(tmp_path / "theirs.bin"))
    ours = read_fasttext(tmp_path / "theirs.bin")
    assert ours.vectors.words == theirs.wv.index_to_key
    assert (
        ours.tables.inputs.tobytes()
        == np.vstack([theirs.wv.vectors_vocab, theirs.wv.vectors_ngrams]).tobytes()
    )
    assert ours.tables.outputs.tobytes() == theirs.syn1neg.tobytes()
    np.testing.assert_allclose(ours["cats"], theirs.wv["cats"], rtol=3e-7, atol=1e-9)
    assert ours.similarity("cats", "gold") == pytest.approx(theirs.wv.similarity("cats", "gold"), abs=1e-6)
    near = theirs.wv.most_similar("cats", topn=5)
    assert [one for one, _ in ours.most_similar("cats", n=5)] == [one for one, _ in near]
    theirs = GensimFastText(two_topics(50), vector_size=6, max_n=0, min_count=1, workers=1, seed=1)
    save_facebook_model(theirs, str(tmp_path / "plain.bin"))
    ours = read_fasttext(tmp_path / "plain.bin")
    assert ours.vectors.vectors.tobytes() == theirs.wv.vectors.tobytes()
    with pytest.raises(UnknownWordError, match="near 'cats' stand cat"):
        ours["cats"]


@pytest.mark.parametrize(
    "name", ["lee_fasttext.bin", "lee_fasttext_new.bin", "crime-and-punishment.bin", "toy-model.bin"]
)
def test_files_of_gensims_tests_are_read_as_gensim_reads_them(name):
    theirs, ours = load_facebook_model(datapath(name)), read_fasttext(datapath(name))
    assert ours.vectors.words == theirs.wv.index_to_key
    n = len(ours)
    assert ours.tables.inputs[:n].tobytes() == theirs.wv.vectors_vocab.tobytes()
    assert ours.tables.inputs[n:].tobytes() == theirs.wv.vectors_ngrams.tobytes()
    known = [word for word in ours.vectors.words if word != "</s>"]  # which has n-grams in gensim alone
    for asked in (known, [f"un{word}s" for word in known[:50]]):
        np.testing.assert_allclose(ours.vectors_of(asked), theirs.wv[asked], rtol=1e-5, atol=1e-7)


def test_words_that_are_no_utf8_keep_their_bytes():
    ours = read_fasttext(datapath("cp852_fasttext.bin"))
    assert "kter\\xec" in ours
    row = ours.tables.words.index(b"kter\xec")
    assert ours["kter\\xec"].tobytes() == ours.vectors.vectors[row].tobytes()


def test_a_model_from_before_there_were_versions_is_the_same_model():
    words, vectors = answers("vectors")
    assert read_fasttext(FILES / "old.bin").vectors_of(words).tobytes() == vectors


def test_supervised_models_before_version_12_have_no_n_grams_of_characters(tmp_path):
    whole = bytearray((FILES / "labels.bin").read_bytes())
    whole[4:8] = struct.pack("<i", 11)
    (tmp_path / "eleven.bin").write_bytes(whole)
    eleven = read_fasttext(tmp_path / "eleven.bin")
    assert eleven.labels == ["__label__pet", "__label__metal", "__label__tool"]
    row = eleven.tables.words.index(b"cat")
    assert eleven["cat"].tobytes() == eleven.tables.inputs[row].tobytes()
    assert read_fasttext(FILES / "labels.bin")["cat"].tobytes() != eleven["cat"].tobytes()


@pytest.mark.parametrize("name", ["vectors.bin", "pruned.ftz"])
def test_a_file_that_was_cut_off_anywhere_is_refused(name, tmp_path):
    whole = (FILES / name).read_bytes()
    for end in [0, 3, 20, 70, *range(80, len(whole), 97), len(whole) - 1]:
        (tmp_path / name).write_bytes(whole[:end])
        with pytest.raises(ModelError, match="path must be a model of fastText"):
            read_fasttext(tmp_path / name)
    (tmp_path / name).write_bytes(whole + b"more")
    with pytest.raises(ModelError, match="4 bytes too many"):
        read_fasttext(tmp_path / name)


@pytest.mark.parametrize(
    ("place", "form", "value", "told"),
    [
        (0, "<i", 1, "first bytes|ends|words"),
        (4, "<i", 13, "of version 13"),
        (8, "<i", -2, "first bytes"),
        (36, "<i", 9, "first bytes"),
        (40, "<i", 61, r"tables of fastText must be \(\d+, 5\)"),
        (64, "<i", 5, "words and 0 labels among 5 entries"),
        (68, "<i", -1, "among"),
    ],
)
def test_what_was_changed_is_named(place, form, value, told, tmp_path):
    whole = bytearray((FILES / "vectors.bin").read_bytes())
    whole[place : place + 4] = struct.pack(form, value)
    (tmp_path / "v.bin").write_bytes(whole)
    with pytest.raises(ModelError, match=told):
        read_fasttext(tmp_path / "v.bin")


def test_any_changed_byte_gives_a_model_or_a_typed_error(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("vectors.bin", "pruned.ftz"):
        whole = (FILES / name).read_bytes()
        for place in rng.choice(600, 60, replace=False):
            changed = bytearray(whole)
            changed[place] ^= int(rng.integers(1, 256))
            (tmp_path / name).write_bytes(changed)
            try:
                read_tables(tmp_path / name)
            except ModelError:
                continue


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ModelError, match="quantised"):
        write_fasttext(read_fasttext(FILES / "pruned.ftz"), tmp_path / "v.bin")
    model = drawn_model()
    model.subwords = Subwords(2, 4, 51)
    with pytest.raises(InputError, match="those of the fit"):
        write_fasttext(model, tmp_path / "v.bin")
    model = FastText(width=2, subwords=Subwords(2, 3, 5), min_count=1, epochs=1, random_state=0)
    with pytest.raises(InputError, match="zero byte"):
        write_fasttext(model.fit([["a\0b", "c"]] * 5), tmp_path / "v.bin")
    assert not list(tmp_path.iterdir())


def test_a_model_without_n_grams_goes_to_gensim_too(tmp_path):
    model = FastText(width=4, subwords=Subwords(3, 2, 10), min_count=1, epochs=1, random_state=0)
    write_fasttext(model.fit(two_topics(20)), tmp_path / "v.bin")
    theirs = load_facebook_model(str(tmp_path / "v.bin")).wv
    assert theirs.vectors.tobytes() == model.vectors_.vectors.tobytes()


def test_clones_share_vectors_that_nobody_changes():
    vectors = WordVectors(["a", "b"], [[1.0], [2.0]])
    assert clone(MeanVectors(vectors)).vectors is vectors
    ours = read_fasttext(FILES / "vectors.bin")
    assert clone(ours, safe=False) is ours
