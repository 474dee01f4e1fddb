import json

import numpy as np
import pytest

from netwright.search import Index


@pytest.fixture
def folder(tmp_path):
    index = Index("l2").add(np.eye(3), ids=["ball", "kite", "book"], metadata={"year": [1999, 2004, 2011]})
    index.save(tmp_path / "toys")
    texts = {"ball": "a red\nball", "kite": "a blue kite", "book": "an old book"}
    (tmp_path / "toys" / "texts.json").write_text(json.dumps(texts))
    np.save(tmp_path / "one.npy", np.eye(3)[:1])
    np.save(tmp_path / "two.npy", np.eye(3)[:2])
    return tmp_path / "toys"


def test_vectors_are_searched_and_lines_printed(run, folder, tmp_path):
    ended = run("search", folder, "--vectors", tmp_path / "one.npy", "-k", 2)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "1\t0.0000\tball\ta red ball\n2\t1.4142\tkite\ta blue kite\n"
    several = run("search", folder, "--vectors", tmp_path / "two.npy", "-k", 1, "--where", "year>=2000")
    assert several.out == "0\t1\t1.4142\tkite\ta blue kite\n1\t1\t0.0000\tkite\ta blue kite\n"


def test_the_benchmark_prints_a_table(run, tmp_path):
    Index("l2").add(np.random.default_rng(0).normal(size=(100, 4))).save(tmp_path / "dots")
    ended = run("search", tmp_path / "dots", "--benchmark")
    assert ended.code == 0
    assert "queries_per_second" in ended.out
    assert "Exact()" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toys"], "QUERY or --vectors must be given"),
        (["toys", "red"], "embedder/"),
        (["toys", "--vectors", "none.npy"], "none.npy"),
        (["nowhere", "--vectors", "one.npy"], "must be a folder that Index.save wrote"),
        (["toys", "--vectors", "one.npy", "--where", "yaer>1"], "did you mean 'year'"),
        (["toys", "--vectors", "one.npy", "-k", "0"], "k must be a whole number from 1"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(refused, folder, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused("search", *words)
