"""Reading JSON lines."""

import gzip

import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import read_frame
from netwright.data.readers import text


def test_objects_become_rows_and_lacking_keys_missing_values(tmp_path):
    path = tmp_path / "table.jsonl"
    path.write_bytes(gzip.compress(b'{"a": 1, "b": "x"}\n\n{"a": 2.5}\n'))
    frame = read_frame(path)
    assert frame["a"].tolist() == [1, 2.5]
    assert frame["b"].isna().tolist() == [False, True]
    assert len(read_frame(path, max_rows=1)) == 1


def test_columns_keep_their_type_over_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text.line_blocks, "__defaults__", (40,))
    rows = pd.DataFrame({"n": range(20), "x": [None] * 10 + [0.5] * 10, "w": ["u", "v"] * 10})
    path = tmp_path / "table.ndjson"
    rows.to_json(path, orient="records", lines=True)
    frame = read_frame(path)
    assert frame["n"].dtype.kind == "i"
    assert frame["x"].dtype.kind == "f"
    assert frame["x"].isna().sum() == 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"a": 1}\n{"a": \n', "must hold one JSON object per line, got '{\"a\": ' on line 2"),
        ('{"a": 1}\n[1]\n', "got '[1]' on line 2"),
        ('{"a": 1}\n7\n', "got '7' on line 2"),
        ('{"a": 1, "a": 2}\n', "'a' twice on line 1"),
        ('{"a": {"b": 2}}\n', "column 'a' of"),
        ('[{"a": 1}]\n', "got one JSON list"),
        ("{}\n", "at least one column, got none"),
        ('{"": 1}\n', "got none for column 1"),
        ('{"a": 1}\n{"a": "\x00"}\n', "a NUL byte at position"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, content, words):
    path = tmp_path / "table.jsonl"
    path.write_text(content)
    with pytest.raises(TableError) as caught:
        read_frame(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_encoding_is_told(tmp_path):
    path = tmp_path / "table.jsonl"
    path.write_bytes(b'{"a": "caf\xe9"}\n')
    with pytest.raises(TableError, match="byte 0xe9 at position 10, line 1"):
        read_frame(path)
