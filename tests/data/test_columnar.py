"""Reading Parquet and Feather files."""

import builtins
import contextlib
import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from netwright.core.errors import TableError
from netwright.data import read_frame

FRAME = pd.DataFrame({"n": [1, 2, 3], "x": [0.5, None, 2.5], "w": ["a", None, "c"], "b": [True, False, True]})


def write(frame, path):
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_feather(path)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_frame_comes_back(tmp_path, suffix):
    path = write(FRAME, tmp_path / f"table{suffix}")
    pd.testing.assert_frame_equal(read_frame(path), FRAME)
    pd.testing.assert_frame_equal(read_frame(path, max_rows=2), FRAME[:2])


def test_dates_decimals_and_indices_become_plain_columns(tmp_path):
    path = tmp_path / "table.parquet"
    days, prices = [dt.date(2013, 1, 5), dt.date(1, 1, 1)], [decimal.Decimal("1.25"), None]
    pq.write_table(pa.table({"day": days, "price": prices}), path)
    frame = read_frame(path)
    assert frame["day"].dtype.kind == "M"
    assert frame["price"].tolist()[0] == 1.25
    write(FRAME.set_index("w"), path)
    assert set(read_frame(path).columns) == set(FRAME.columns)
    write(FRAME[FRAME["n"] > 1], path)
    assert set(read_frame(path).columns) == set(FRAME.columns)


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_told(tmp_path, suffix, keep):
    path = write(FRAME, tmp_path / f"table{suffix}")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(TableError, match="got a truncated or damaged one") as caught:
        read_frame(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_text_under_a_columnar_name_is_told(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="must be a whole"):
        read_frame(path)


def test_nested_doubled_and_absent_columns_are_told(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": [1], "deep": [[1, 2]]}), path)
    with pytest.raises(TableError, match=r"column 'deep' of .* must hold single values, got list"):
        read_frame(path)
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    with pytest.raises(TableError, match="its own name, got 'a' twice"):
        read_frame(path)
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), path)
    with pytest.raises(TableError, match="at least one row"):
        read_frame(path)


def test_damaged_bytes_never_come_through_unnoticed(tmp_path):
    path = write(FRAME, tmp_path / "table.feather")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[rng.integers(len(damaged))] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(TableError):
            assert read_frame(path).shape[1] <= 4


def test_names_with_dots_are_plain_names(tmp_path):
    frame = pd.DataFrame({"a.b": [1, 2], "a": [3, 4]})
    pd.testing.assert_frame_equal(read_frame(write(frame, tmp_path / "table.parquet")), frame)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    path = tmp_path / "table.feather"
    feather.write_feather(pa.table({"a": [1]}), path)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TableError, match=r"pip install netwright\[parquet\]"):
        read_frame(path)
