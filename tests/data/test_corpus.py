"""Corpora: the same stream however they are cut and stored, and clear words for what is no corpus."""

# ruff: noqa: RUF001 (letters of other scripts are what is tried here)

import gzip
import itertools
import random
import re
import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError
from netwright.data import (
    CorpusError,
    Tokenizer,
    TokenStream,
    UnknownWordError,
    Vocabulary,
    encode_corpus,
    read_corpus,
)
from netwright.data.corpus import encoding, sources

TEXT = "The naïve cat's café — l’été: 東京 𝒳 don't; Größe\n\nthe CAT ’s 'tis été\nlast line"


def read(source, **how):
    """Words of each sentence, as they come out of a corpus."""
    vocabulary, stream = read_corpus(source, min_count=1, **how)
    return [[vocabulary.words[one] for one in sentence.tolist()] for sentence in stream.sentences()]


def by_hand(text):
    """The words of a text by a regular expression that says what a word is."""
    word = re.compile(r"\w+(?:['’]\w+)*")
    return [[one.lower() for one in word.findall(line)] for line in text.split("\n")]


def test_words_are_what_a_regular_expression_finds():
    assert read(TEXT.split("\n")) == by_hand(TEXT)


def test_a_file_is_the_same_corpus_however_it_is_cut(tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text(TEXT, encoding="utf-8")
    for size in range(1, len(TEXT.encode()) + 2):
        monkeypatch.setattr(sources, "PIECE", size)
        assert read(file) == by_hand(TEXT)


def test_the_end_of_the_last_line_makes_no_further_sentence(tmp_path):
    file = tmp_path / "a.txt"
    for text, n in (("a b\nc", 2), ("a b\nc\n", 2), ("a b\n\nc\n\n", 4)):
        file.write_text(text)
        assert read_corpus(file, min_count=1)[1].n_sentences == n


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfone two")
    assert read(file, tokenizer=Tokenizer(whitespace=True)) == [["one", "two"]]


def test_texts_tokens_files_folders_and_gzip_are_one_corpus(tmp_path):
    lines = ["one two", "", "two three"]
    expected = [["one", "two"], [], ["two", "three"]]
    assert read(lines) == read(iter(lines)) == read(pd.Series(lines)) == expected
    assert read([line.split() for line in lines]) == expected
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.txt").write_text("one two\n\n")
    with gzip.open(tmp_path / "deep" / "b.txt.gz", "wb") as stream:
        stream.write(b"two three")
    assert read(tmp_path) == read(str(tmp_path)) == expected
    assert read(tmp_path / "deep" / "b.txt.gz") == [["two", "three"]]


def test_lists_of_tokens_are_taken_as_they_are():
    assert read([["New York", "is", "BIG!"], [], ["is"]]) == [["New York", "is", "BIG!"], [], ["is"]]


def test_columns_of_tables_are_read_row_by_row(tmp_path):
    frame = pd.DataFrame({"id": [1, 2, 3], "text": ["one two", None, "two, three\nfour"]})
    expected = [["one", "two"], [], ["two", "three", "four"]]
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "b.csv.gz", index=False)
    frame.to_parquet(tmp_path / "c.parquet")
    frame.to_json(tmp_path / "d.jsonl", orient="records", lines=True)
    for file in sorted(tmp_path.iterdir()):
        assert read(file, column="text") == expected, file
        with pytest.raises(CorpusError, match=r"column must be one of .*'words'.*choose from: id, text"):
            read_corpus(file, column="words")
    assert read(frame.fillna(""), column="text") == expected
    with pytest.raises(CorpusError, match=r"column must be one of the data frame"):
        read_corpus(frame)


def test_invalid_utf8_is_named_by_its_place_or_skipped(tmp_path):
    file = tmp_path / "a.txt"
    bad = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xe6\x9d", b"\x80"]
    for some in bad:
        file.write_bytes(b"fine\nalso fine\nca" + some + b"fe here")
        with pytest.raises(
            CorpusError, match=rf"UTF-8, got the byte 0x{some[0]:02x} in line 3 of .*a\.txt; .*skip"
        ):
            read_corpus(file, min_count=1)
        assert read(file, tokenizer=Tokenizer(skip_invalid=True))[2] == ["ca", "fe", "here"]
    file.write_bytes(b"the end is cut \xd7")
    with pytest.raises(CorpusError, match="0xd7 in line 1"):
        read_corpus(file)


def test_a_huge_line_without_spaces_is_refused_in_little_memory(tmp_path):
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.write(b"fine\n")
        for _ in range(60):
            stream.write(b"x" * (1 << 20))
    read_corpus(["warm up"], min_count=1)
    tracemalloc.start()
    with pytest.raises(
        CorpusError, match=r"1024 bytes at most, got a longer one in line 2 of .*begins with b'xxx"
    ):
        read_corpus(file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 40 << 20


def test_a_huge_line_with_spaces_is_read(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"one two " * 1_500_000)
    began = time.process_time()
    vocabulary, stream = read_corpus(file)
    seconds = time.process_time() - began
    assert (stream.n_words, stream.n_sentences, vocabulary.counts.tolist()) == (3_000_000, 1, [1_500_000] * 2)
    assert seconds < 5  # 12 MB; in truth well below a second


def test_a_word_may_be_as_long_as_the_longest():
    assert read(["x" * 1024]) == [["x" * 1024]]
    with pytest.raises(CorpusError, match="in text 2 of the corpus"):
        read_corpus(["fine", "x" * 1025])


def test_what_is_no_corpus_is_refused(tmp_path):
    for source, words in [
        ([], "must hold texts, got none"),
        (7, "got int; wrap one text in a list"),
        (b"bytes", "got bytes"),
        ({"a": 1}, "got dict"),
        ("nowhere.txt", "nowhere.txt', where nothing stands"),
        (tmp_path, "must hold files"),
        (["text", 7], "must be a text, as the first one is, got 7 as text 2"),
        ([["token"], "text"], "must be a list of tokens, as the first one is, got 'text' as text 2"),
        ([["token"], [7]], r"got \[7\] as text 2"),
        (["a\ud800"], "lone surrogates"),
    ]:
        with pytest.raises(CorpusError, match=words):
            read_corpus(source, min_count=1)
    (tmp_path / "a.gz").write_bytes(b"no gzip")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"whole words " * 100)[:-9])
    (tmp_path / "c.parquet").write_bytes(b"no table")
    for name, column in (("a.gz", None), ("b.gz", None), ("c.parquet", "text")):
        with pytest.raises(CorpusError, match=name):
            read_corpus(tmp_path / name, column=column)


def test_an_empty_corpus_and_words_that_are_too_rare_are_refused(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("")
    for source in (file, ["", "?!"]):
        with pytest.raises(CorpusError, match="got 0 words, of which the commonest comes 0 times"):
            read_corpus(source)
    with pytest.raises(
        CorpusError, match=r"come 5 times or more, got 4 words.*comes 3 times; lower min_count"
    ):
        read_corpus(["one one one two"])


def test_unknown_words_are_named_with_words_of_a_like_spelling():
    vocabulary = Vocabulary(["house", "mouse", "tree"])
    with pytest.raises(
        UnknownWordError, match=r"the 3 known ones, got 'hause'; near 'hause' stand house, mouse"
    ):
        vocabulary.ids(["tree", "hause"])
    with pytest.raises(KeyError):
        vocabulary.ids(["xylophone"])
    assert isinstance(UnknownWordError("a", "b", "c"), InputError)


def test_tables_grow_with_the_words(tmp_path):
    words = [f"word{number}" for number in range(100_000)]
    vocabulary, stream = read_corpus([words, words[:7]], min_count=1)
    assert len(vocabulary) == 100_000
    assert vocabulary.words[:7] == words[:7]
    assert [vocabulary.words[one] for one in stream.ids[:100_000].tolist()] == words
    assert encode_corpus([words[::-1]], vocabulary).ids[:-1].tolist() == vocabulary.ids(words[::-1]).tolist()
    long = [f"{number:0900}" for number in range(2_000)]  # whose letters outgrow the tables first
    assert read([long]) == [long]


def test_a_long_stream_stands_in_a_file_and_is_the_same(monkeypatch):
    texts = [" ".join(random.Random(seed).choices("abcdefgh", k=50)) for seed in range(400)]
    vocabulary, stream = read_corpus(texts, min_count=2550)
    monkeypatch.setattr(encoding, "IN_MEMORY", 1000)
    monkeypatch.setattr(encoding, "AT_ONCE", 64)
    monkeypatch.setattr(sources, "TEXTS", 10)
    spilt_words, spilt = read_corpus(texts, min_count=2550)
    assert isinstance(spilt.ids, np.memmap)
    assert 0 < len(vocabulary) < 8
    assert spilt_words.words == vocabulary.words
    assert spilt.ids.tolist() == stream.ids.tolist()


def test_words_are_counted_and_ordered_by_their_counts():
    vocabulary, stream = read_corpus(["b a a", "c a b d"], min_count=2)
    assert vocabulary.words == ["a", "b"]
    assert vocabulary.counts.tolist() == [3, 2]
    assert stream.ids.tolist() == [1, 0, 0, -1, 0, 1, -1]


def test_encoding_leaves_out_unknown_words_and_words_that_no_corpus_holds():
    vocabulary = Vocabulary(["", "two\nlines", "x" * 2000, "a\ud800", "rose"])
    assert encode_corpus(["the rose", "lines"], vocabulary).ids.tolist() == [4, -1, -1]


def test_cuts_stand_at_ends_of_sentences_and_part_the_stream_evenly(monkeypatch):
    monkeypatch.setattr(encoding, "AT_ONCE", 8)
    ids = np.concatenate([np.append(np.zeros(n % 40, np.int32), -1) for n in range(1000)]).astype(np.int32)
    cuts = TokenStream(ids).cuts(4)
    assert cuts[0] == 0
    assert cuts[-1] == len(ids)
    assert all(ids[cut - 1] == -1 for cut in cuts[1:])
    assert max(abs(b - a - len(ids) / 4) for a, b in itertools.pairwise(cuts)) < 41
    assert TokenStream(np.zeros(20, np.int32)).cuts(3) == [0, 20]
