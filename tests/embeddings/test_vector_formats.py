"""Vectors go to gensim's files and come from them bit for bit, and are asked as gensim asks them."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.scripts.glove2word2vec import glove2word2vec
from gensim.test.utils import datapath

from netwright.core.errors import InputError, ModelError
from netwright.data import UnknownWordError, Vocabulary
from netwright.embeddings import WordVectors, read_word2vec, write_word2vec

WORDS = ["cat", "été", "שלום", "日本", "a.b", "1"]


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return WordVectors(Vocabulary(WORDS, [9, 8, 7, 6, 5, 4]), rng.normal(size=(6, 5)).astype(np.float32))


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_what_is_written_bit_for_bit(vectors, tmp_path, binary):
    write_word2vec(vectors, tmp_path / "v.bin", binary=binary)
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / "v.bin"), binary=binary)
    assert theirs.index_to_key == WORDS
    assert theirs.vectors.tobytes() == vectors.vectors.tobytes()


@pytest.mark.parametrize("binary", [True, False])
def test_what_gensim_writes_is_read_bit_for_bit(vectors, tmp_path, binary):
    theirs = KeyedVectors(5)
    theirs.add_vectors(WORDS, vectors.vectors)
    theirs.save_word2vec_format(str(tmp_path / "v"), binary=binary)
    ours = read_word2vec(tmp_path / "v")
    assert ours.words == WORDS
    assert ours.vectors.tobytes() == vectors.vectors.tobytes()
    assert read_word2vec(tmp_path / "v", limit=2).words == WORDS[:2]


def test_gloves_files_have_no_first_line(vectors, tmp_path):
    write_word2vec(vectors, tmp_path / "glove.txt", binary=False, header=False)
    assert read_word2vec(tmp_path / "glove.txt").vectors.tobytes() == vectors.vectors.tobytes()
    with pytest.warns(DeprecationWarning, match="glove"):
        glove2word2vec(str(tmp_path / "glove.txt"), str(tmp_path / "w2v.txt"))
    assert read_word2vec(tmp_path / "w2v.txt").words == WORDS


def test_a_published_file_is_read_as_gensim_reads_it(tmp_path):
    file = datapath("word2vec_pre_kv_c")
    theirs, ours = KeyedVectors.load_word2vec_format(file, binary=False), read_word2vec(file)
    assert ours.words == theirs.index_to_key
    np.testing.assert_array_equal(ours.vectors, theirs.vectors)
    packed = tmp_path / "v.txt.gz"
    packed.write_bytes(gzip.compress(Path(file).read_bytes()))
    assert read_word2vec(packed).words == theirs.index_to_key


def test_neighbours_are_gensims():
    theirs = KeyedVectors.load_word2vec_format(datapath("word2vec_pre_kv_c"), binary=False)
    ours = read_word2vec(datapath("word2vec_pre_kv_c"))
    for word in ours.words[:20]:
        mine, his = ours.most_similar(word), theirs.most_similar(word)
        assert [one for one, _ in mine] == [one for one, _ in his]
        np.testing.assert_allclose([score for _, score in mine], [score for _, score in his], atol=2e-6)
    a, b, c = ours.words[3:6]
    assert [one for one, _ in ours.most_similar([a, b], [c])] == [
        one for one, _ in theirs.most_similar([a, b], [c])
    ]
    assert ours.similarity(a, b) == pytest.approx(theirs.similarity(a, b), abs=1e-6)
    vector = ours[a] - ours[b]
    assert ours.most_similar(vector, n=3)[0][0] == theirs.similar_by_vector(vector, topn=1)[0][0]


def test_a_folder_holds_words_counts_and_vectors(vectors, tmp_path):
    vectors.save(tmp_path / "v")
    again = WordVectors.load(tmp_path / "v")
    assert again.words == WORDS
    assert again.vocabulary.counts.tolist() == [9, 8, 7, 6, 5, 4]
    assert again.vectors.tobytes() == vectors.vectors.tobytes()
    vectors.save(tmp_path / "v")  # replaces what it wrote
    (tmp_path / "v" / "words.json").write_text("[]")
    with pytest.raises(ModelError, match="saved by netwright"):
        WordVectors.load(tmp_path / "v")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("mine")
    with pytest.raises(InputError):
        vectors.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "x").read_text() == "mine"


def test_vectors_pass_into_a_layer(vectors):
    layer = vectors.to_embedding()
    assert layer.weight.detach().numpy().tobytes() == vectors.vectors.tobytes()
    assert not layer.weight.requires_grad
    assert vectors.to_embedding(freeze=False).weight.requires_grad


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2 2\ncat 1 2\ndog 1\n", "dog 1"),
        ("2 2\ncat 1 2\ndog 1 x\n", "numbers"),
        ("", "a word and its numbers"),
        ("2 3\ncat 1 2\n", "a word and 3 numbers"),
    ],
)
def test_a_file_of_something_else_is_refused_with_its_line(tmp_path, text, told):
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(InputError, match=told):
        read_word2vec(tmp_path / "v.txt", binary=False)


def test_a_binary_file_that_was_cut_off_is_refused(vectors, tmp_path):
    write_word2vec(vectors, tmp_path / "v.bin")
    whole = (tmp_path / "v.bin").read_bytes()
    (tmp_path / "v.bin").write_bytes(whole[:-7])
    with pytest.raises(InputError, match="must hold 6 words"):
        read_word2vec(tmp_path / "v.bin", binary=True)
    with pytest.raises(InputError, match="where none stands"):
        read_word2vec(tmp_path / "nothing")


def test_what_cannot_be_written_or_asked_is_refused(vectors, tmp_path):
    with pytest.raises(InputError, match="no white space"):
        write_word2vec(WordVectors(["new york"], [[1.0]]), tmp_path / "v")
    with pytest.raises(InputError, match="a vector must have 5 numbers"):
        vectors.most_similar(np.ones(4))
    with pytest.raises(UnknownWordError, match="'cats'; near 'cats' stand cat"):
        vectors["cats"]
    with pytest.raises(InputError, match="one row for each word"):
        WordVectors(["a"], [[1.0], [2.0]])
    with pytest.raises(InputError, match="finite numbers, got another one for 'a'"):
        WordVectors(["a"], [[np.nan]])
    assert len(vectors.most_similar("cat", n=100)) == 5
    assert vectors.most_similar("cat", n=0) == []
