import json

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError
from netwright.search import Index
from netwright.workbench import benchmark_search, read_where, search
from netwright.workbench import search as run

TEXTS = ["a red ball", "a blue kite", "an old book"]


@pytest.fixture
def folder(tmp_path):
    Index("l2").add(np.eye(3) * 2, metadata={"year": [1999, 2004, 2011]}).save(tmp_path / "toys")
    (tmp_path / "toys" / "texts.json").write_text(json.dumps(TEXTS))
    return tmp_path / "toys"


def embed(texts):
    """One axis for each colour."""
    return np.array([["red" in text, "blue" in text, "old" in text] for text in texts], float)


def test_a_text_is_embedded_and_texts_are_found(folder):
    table = search(folder, "something blue", k=2, embed=embed)
    assert table.iloc[0].to_dict() == {"query": 0, "rank": 1, "id": 1, "score": 1.0, "text": "a blue kite"}
    several = search(folder, ["red", "old"], k=1, embed=embed)
    assert several["text"].tolist() == ["a red ball", "an old book"]
    assert search(folder, "red", k=3, where={"year": (">", 2000)}, embed=embed)["id"].tolist() == [1, 2]


def test_vectors_are_asked_as_arrays_or_files(folder, tmp_path):
    np.save(tmp_path / "q.npy", np.eye(3)[2:])
    for queries in (np.eye(3)[2:], tmp_path / "q.npy"):
        assert run(folder, queries, k=1)["id"].tolist() == [2]


def test_texts_may_stand_by_id_in_json_or_parquet(folder):
    (folder / "texts.json").write_text(json.dumps({"1": "kite", "0": "ball"}))
    assert search(folder, np.eye(3), k=1)["text"].tolist() == ["ball", "kite", ""]
    (folder / "texts.json").unlink()
    assert "text" not in search(folder, np.eye(3), k=1)
    pd.DataFrame({"id": [2, 1, 0], "text": TEXTS[::-1]}).to_parquet(folder / "texts.parquet")
    assert search(folder, np.eye(3), k=1)["text"].tolist() == TEXTS


def test_what_cannot_be_asked_is_told(folder, tmp_path):
    with pytest.raises(InputError, match="embedder/"):
        search(folder, "a text")
    (tmp_path / "no.npy").write_text("no")
    with pytest.raises(InputError, match=r"must be a \.npy file"):
        search(folder, tmp_path / "no.npy")
    with pytest.raises(InputError, match="must be a folder that"):
        search(tmp_path / "nowhere", np.eye(3))
    with pytest.raises(InputError, match="COLUMN SIGN VALUE"):
        read_where(["year"])
    with pytest.raises(InputError, match="five rows"):
        benchmark_search(folder)


def test_conditions_are_read_with_their_kinds():
    assert read_where([]) is None
    assert read_where(["a=1", "b!=x y", "c <= 2.5", "c>0", "d=true", "e=null", "f=[1]"]) == {
        "a": [("==", 1)],
        "b": [("!=", "x y")],
        "c": [("<=", 2.5), (">", 0)],
        "d": [("==", True)],
        "e": [("==", None)],
        "f": [("==", "[1]")],
    }


def test_the_benchmark_holds_rows_out_and_leaves_the_folder_alone(tmp_path):
    folder = tmp_path / "dots"
    Index("l2").add(np.random.default_rng(0).normal(size=(300, 4))).save(folder)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    table = benchmark_search(folder, n_queries=30)
    assert table["recall"].is_monotonic_decreasing
    assert table["pareto"].any()
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
