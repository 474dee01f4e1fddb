"""From a table of texts to what is near to a query, on the command line."""

import json

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError, ModelError
from netwright.embeddings import MeanVectors, SkipGram
from netwright.embeddings.texts.keeping import keep_embedder, open_embedder

PETS, METALS = (
    ["cat", "dog", "horse", "bird", "fish", "cow"],
    ["iron", "gold", "tin", "zinc", "lead", "copper"],
)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(" ".join(rng.choice(PETS if i % 2 else METALS, 6)), 1990 + i % 20) for i in range(300)]
    pd.DataFrame(rows, columns=["what", "year"]).to_csv(tmp_path / "things.csv", index=False)
    return tmp_path / "things.csv"


def test_texts_are_embedded_and_found_by_a_query_and_a_filter(run, table, tmp_path):
    ended = run("embed", table, "--text", "what", "--out", tmp_path / "index", "--width", 16)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("300 texts, 16 numbers each by SIF")
    found = run("search", tmp_path / "index", "gold and tin", "-k", 5, "--where", "year>=2005")
    assert found.code == 0
    lines = [line.split("\t") for line in found.out.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert all(set(line[3].split()) <= set(METALS) for line in lines)
    assert all(1990 + int(line[2]) % 20 >= 2005 for line in lines)
    again = run("embed", table, "--text", "what", "--out", tmp_path / "index", "--width", 8)
    assert again.code == 0  # an older index is replaced
    assert run("search", tmp_path / "index", "a cow", "-k", 1).out.split("\t")[3].split()[0] in PETS


def test_what_cannot_be_embedded_leaves_nothing_behind(run, table, tmp_path):
    ended = run("embed", table, "--text", "who", "--out", tmp_path / "index")
    assert ended.code == 2
    assert ended.err == "netwright: text must be a column of the table, got 'who'; choose from: what, year\n"
    rare = run("embed", table, "--text", "what", "--out", tmp_path / "index", "--min-count", 10_000)
    assert rare.code == 2
    assert "come 10000 times or more" in rare.err
    assert not (tmp_path / "index").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    assert run("embed", table, "--text", "what", "--out", tmp_path / "mine").code == 2
    assert (tmp_path / "mine" / "letter.txt").read_text() == "mine"


def test_an_embedder_that_was_changed_is_refused(run, table, tmp_path):
    run("embed", table, "--text", "what", "--out", tmp_path / "index", "--width", 8)
    note = tmp_path / "index" / "embedder" / "embedder.json"
    note.write_text(json.dumps({"kind": "sif", "words": ["a"], "counts": [1], "tokenizer": None}))
    with pytest.raises(ModelError, match="kept by netwright"):
        open_embedder(note.parent)
    with pytest.raises(InputError, match="must be SIF or TransformerEmbedder, got MeanVectors"):
        keep_embedder(MeanVectors(SkipGram()), tmp_path)


@pytest.mark.parametrize(("module", "extra"), [("numba", "embeddings"), ("faiss.contrib", "search")])
def test_what_is_not_installed_is_named_with_the_extra_that_brings_it(run, monkeypatch, module, extra):
    def lacking(*_, **__):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("netwright.workbench.embed", lacking)
    ended = run("embed", "a.csv", "--text", "what", "--out", "b")
    assert ended.code == 2
    assert ended.err == (
        f"netwright: this command needs {module.partition('.')[0]}, which is not installed; "
        f"run: pip install 'netwright[{extra}]'\n"
    )


def test_any_other_module_that_is_lacking_is_a_fault(run, monkeypatch):
    def broken(*_, **__):
        raise ModuleNotFoundError("No module named 'netwright.nothing'", name="netwright.nothing")

    monkeypatch.setattr("netwright.workbench.embed", broken)
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        run("embed", "a.csv", "--text", "what", "--out", "b")
