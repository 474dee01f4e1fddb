"""Writing tables."""

import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import read_frame, write_frame

FRAME = pd.DataFrame({"n": [1, 2], "x": [0.1, None], "w": ['a "b", c', "line\nend"]})
NAMES = ["t.csv", "t.tsv", "t.csv.gz", "t.parquet", "t.feather", "t.jsonl", "t.jsonl.gz", "t.pq", "t.ndjson"]


@pytest.mark.parametrize("name", NAMES)
def test_a_written_table_is_read_again(tmp_path, name):
    path = tmp_path / "new" / name
    write_frame(FRAME[::-1], path)
    pd.testing.assert_frame_equal(read_frame(path), FRAME[::-1].reset_index(drop=True), check_dtype=False)
    assert [entry.name for entry in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_table_gives_the_same_bytes(tmp_path, name):
    write_frame(FRAME, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    write_frame(FRAME, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    write_frame(FRAME, path)
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(
        TableError, match="must be writable, got the system's answer 'No space left on device'"
    ):
        write_frame(FRAME, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_folder_that_is_a_file_and_an_unknown_suffix_are_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TableError, match="must be writable"):
        write_frame(FRAME, tmp_path / "file" / "t.csv")
    with pytest.raises(TableError, match="must end with one of"):
        write_frame(FRAME, tmp_path / "t.xlsx")
