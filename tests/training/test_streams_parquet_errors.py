import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from netwright.core.errors import InputError, TableError
from netwright.training.samples import Steps
from netwright.training.streams import ParquetStream


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flights.parquet"


def write(path, columns):
    pd.DataFrame(columns).to_parquet(path, row_group_size=4)


def whole(stream):
    """All rows as one batch, as they stand."""
    (batch,) = stream.batches(Steps(len(stream), len(stream)))
    return batch


def test_errors_name_file_column_and_remedy(path, tmp_path):
    write(
        path, {"far": [1.0, None], "carrier": ["a", "b"], "late": [0, 1], "w": [1.0, np.inf], "y": [1, None]}
    )

    def message(**settings):
        with pytest.raises(TableError) as error:
            whole(ParquetStream(path, **settings))
        assert "\n" not in str(error.value)
        return str(error.value)

    assert message(inputs=["fair"], target="late") == (
        f"{path} must have the columns that are asked for, got none called 'fair'; choose from: "
        "'far', 'carrier', 'late', 'w', 'y'"
    )
    assert "got none called 'delay'" in message(inputs=["far"], target="delay")
    words = message(inputs=["carrier"], target="late")
    assert words.startswith(f"column 'carrier' of {path} must hold numbers, got ")
    assert words.endswith("; give encode=, such as the transform of a fitted TableEncoder, or leave it out")
    assert "give encode_target=" in message(inputs=["late"], target="carrier")
    assert f"column 'far' of {path} must hold finite numbers in every row, got a missing" in message(
        inputs=["far"], target="late"
    )
    assert "column 'w'" in message(inputs=["late"], target="late", weight="w")
    assert "column 'y'" in message(inputs=["late"], target="y")
    assert "encode must give an array with a row for each row, got shape (1, 1) for 2 rows" in message(
        inputs=["far"], target="late", encode=lambda frame: frame.to_numpy()[:1]
    )


def test_a_missing_class_is_named(path):
    pq.write_table(pa.table({"x": [1.0, 2.0], "y": pa.array([1, None], pa.int64())}), path)
    with pytest.raises(TableError, match=r"column 'y' of .* must hold finite numbers in every row"):
        whole(ParquetStream(path, target="y"))


def test_a_column_that_one_file_lacks_is_named_with_the_file(tmp_path):
    write(tmp_path / "a.parquet", {"x": [1.0], "y": [0]})
    write(tmp_path / "b.parquet", {"z": [1.0], "y": [0]})
    with pytest.raises(TableError, match=r"b\.parquet must have the columns .* none called 'x'"):
        ParquetStream(tmp_path, target="y")


def test_an_encoding_that_depends_on_the_rows_at_hand_is_named(path):
    write(path, {"x": np.arange(8.0), "y": np.zeros(8)})
    with pytest.raises(TableError, match="all rows must be encoded alike"):
        whole_pass = ParquetStream(
            path, target="y", encode=lambda frame: np.zeros((4, int(frame["x"].max())))
        )
        list(whole_pass.batches(Steps(8, 8), torch.Generator().manual_seed(0)))


def test_files_that_are_none_are_named(tmp_path, path):
    with pytest.raises(TableError, match="which does not exist; check the spelling"):
        ParquetStream(path, target="y")
    with pytest.raises(
        TableError, match=r"paths must lead to Parquet files, got .*\*\.parquet, where none is"
    ):
        ParquetStream(str(tmp_path / "*.parquet"), target="y")
    with pytest.raises(TableError, match="where none is; check the spelling"):
        ParquetStream(tmp_path, target="y")
    with pytest.raises(TableError, match="paths must name at least one Parquet file, got none"):
        ParquetStream([], target="y")
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(TableError, match="must be a whole Parquet file, got a truncated or damaged"):
        ParquetStream(path, target="y")
    write(path, {"x": np.zeros(0), "y": np.zeros(0)})
    with pytest.raises(TableError, match="must hold at least one row, got none; leave it out"):
        ParquetStream(path, target="y")
    with pytest.raises(InputError, match="groups_at_once must be at least 1, got 0"):
        ParquetStream(path, target="y", groups_at_once=0)


def test_a_file_that_is_written_anew_or_taken_away_between_two_passes_is_named(path):
    write(path, {"x": np.zeros(8), "y": np.zeros(8)})
    stream = ParquetStream(path, target="y")
    write(path, {"x": np.ones(8), "y": np.zeros(8)})
    with pytest.raises(
        TableError, match="must stay as it is while it is read, got one that was written anew"
    ):
        whole(stream)
    path.unlink()
    with pytest.raises(TableError, match="which does not exist"):
        whole(stream)


def test_a_file_that_is_damaged_below_its_metadata_is_named(path):
    write(path, {"x": np.arange(8.0), "y": np.zeros(8)})
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36
    path.write_bytes(content)
    with pytest.raises(TableError, match="must be a whole Parquet file, got a truncated or damaged"):
        whole(ParquetStream(path, target="y"))


def test_too_little_memory_is_not_taken_for_a_damaged_file(path, monkeypatch):
    def full(self, *arguments, **settings):
        raise pa.ArrowMemoryError("malloc failed")

    write(path, {"x": np.arange(8.0), "y": np.zeros(8)})
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", full)
    with pytest.raises(MemoryError, match="malloc failed"):
        whole(ParquetStream(path, target="y"))


def test_without_pyarrow_it_says_what_to_install(path, monkeypatch):
    write(path, {"x": [1.0], "y": [0]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TableError, match=r"pip install netwright\[parquet\]"):
        ParquetStream(path, target="y")
