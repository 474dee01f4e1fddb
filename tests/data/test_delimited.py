"""Reading delimited text: what is right is read, and what is wrong gives one clear line."""

import gzip

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import read_frame
from netwright.data.readers import structure, text
from netwright.data.readers.structure import guess_delimiter


def read(tmp_path, content, name="table.csv", **how):
    path = tmp_path / name
    path.write_bytes(content)
    return read_frame(path, **how)


def message(tmp_path, content, name="table.csv"):
    with pytest.raises(TableError) as caught:
        read(tmp_path, content, name)
    line = str(caught.value)
    assert "\n" not in line
    assert name in line
    return line


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(tmp_path, delimiter):
    frame = read(
        tmp_path, f"a{delimiter}b\n1{delimiter}x,y z\n".encode() if delimiter != "," else b"a,b\n1,x\n"
    )
    assert list(frame.columns) == ["a", "b"]
    assert frame["a"].tolist() == [1]


def test_decimal_commas_do_not_hide_the_semicolon():
    assert guess_delimiter("a;b\n1,5;2,5\n3,5;4,5\n") == ";"


def test_a_byte_order_mark_quoted_line_ends_and_crlf_are_read(tmp_path):
    frame = read(tmp_path, b'\xef\xbb\xbf"a",b\r\n1,"x ""y""\nz"\r\n\r\n2,"v,w"\r\n')
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ['x "y"\nz', "v,w"]


def test_gzip_is_known_by_its_bytes(tmp_path):
    assert read(tmp_path, gzip.compress(b"a,b\n1,2\n"), "table.csv")["b"].tolist() == [2]


def test_max_rows_reads_so_many(tmp_path):
    assert len(read(tmp_path, b"a,b\n" + b"1,2\n" * 50, max_rows=7)) == 7
    with pytest.raises(TableError, match="max_rows"):
        read(tmp_path, b"a\n1\n", max_rows=0)


def test_a_column_of_numbers_and_codes_is_read_as_words_throughout(tmp_path):
    # pandas reads in blocks; a block of digits alone would become numbers and lose its leading zeros
    rows = ["007"] * 300_000 + ["A1"]
    frame = read(tmp_path, ("code,other\n" + "\n".join(f"{row},1" for row in rows) + "\n").encode())
    assert set(frame["code"]) == {"007", "A1"}


def test_infinities_are_left_for_the_encoder(tmp_path):
    assert np.isinf(read(tmp_path, b"a,b\ninf,1\n")["a"]).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "must hold a table, got an empty file"),
        (b"\n \n", "must hold a table, got an empty file"),
        (b"a,b\n", "the header alone"),
        (b"a,b", "the header alone"),
        (b"a,b,a\n1,2,3\n", "its own name, got 'a' twice"),
        (b"a,,c\n1,2,3\n", "got none for column 2 of 3"),
        (b",b\n1,2\n", "got none for column 1 of 2"),
        (b"5.1,3.5\n4.9,3.0\n", "must name the columns, got numbers: '5.1', '3.5'"),
        (b'a,b\n1,2\n1,"x\n2,y\n', "one on line 3 that is never closed"),
        (b'a,b\n1,2\n1,"x\n2,"y"\n', "one on line 3 that opens a field but does not close"),
        (b'a,b\n1,"x"y\n', "one on line 2 that opens a field but does not close"),
        (b'a,b\n1,5" pipe\n', "one on line 2 within a field"),
        (b"a,b\n1,2\n1,2,3\n", "must have 2 fields on every line, got 3 on line 3"),
        (b"a,b\n1,2\n\n1\n", "must have 2 fields on every line, got 1 on line 4"),
        (b'a,b\n1,"x\ny"\n1,2,3\n', "got 3 on line 4"),
        (b"a,b\r1,2\r", "a lone carriage return on line 1"),
        (
            "a,b\n1,2\ncaf\u00e9,1\n".encode("latin-1"),
            "byte 0xe9 at position 11, line 3; save the file as UTF-8",
        ),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\x00\n", "a NUL byte at position 6, line 2"),
        (bytes(range(256)), "must hold text, got a NUL byte at position 0"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"%PDF-1.7", "a PDF document"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, content, words):
    assert words in message(tmp_path, content)


def test_the_line_is_right_in_later_blocks_of_a_long_file(tmp_path, monkeypatch):
    monkeypatch.setattr(text.line_blocks, "__defaults__", (64,))
    good = b"".join(b'%d,"x\n%d"\n' % (n, n) for n in range(40))  # every row fills two lines
    assert "got 3 on line 82" in message(tmp_path, b"a,b\n" + good + b"1,2,3\n" + good)
    assert "byte 0xff at position" in message(tmp_path, b"a,b\n" + good + b"1,\xff\n" + good)
    assert "on line 82 that is never closed" in message(tmp_path, b"a,b\n" + good + b'1,"\n' + b"2,2\n" * 40)
    assert len(read(tmp_path, b"a,b\n" + good)) == 40


def test_a_quotation_may_run_through_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text.line_blocks, "__defaults__", (16,))
    frame = read(tmp_path, b'a,b\n1,"' + b"line\n" * 50 + b'"\n2,x\n')
    assert frame["b"].str.len().tolist() == [250, 1]


def test_random_tables_survive_the_checks_as_pandas_writes_them(tmp_path, monkeypatch):
    monkeypatch.setattr(text.line_blocks, "__defaults__", (50,))
    rng = np.random.default_rng(0)
    pieces = np.array(["a", '"', ",", "\n", ";", "x y", "\r\n", '""', "é"])
    for _ in range(30):
        words = ["".join(rng.choice(pieces, size=rng.integers(1, 6))) + "." for _ in range(20)]
        frame = pd.DataFrame({"n": np.arange(20.0), "w,1": words})
        path = tmp_path / "table.csv"
        frame.to_csv(path, index=False)
        pd.testing.assert_frame_equal(read_frame(path), frame, check_dtype=False)


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_gzip_file_is_told(tmp_path, keep):
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(2000)))
    assert "must be a whole gzip file" in message(tmp_path, whole[: int(len(whole) * keep)], "table.csv.gz")


def test_a_damaged_gzip_file_is_told(tmp_path):
    whole = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 2000))
    whole[-6] ^= 0xFF
    assert "must be a whole gzip file" in message(tmp_path, bytes(whole), "table.csv.gz")


def test_missing_files_and_directories_are_told(tmp_path):
    with pytest.raises(TableError, match="which does not exist"):
        read_frame(tmp_path / "nowhere.csv")
    with pytest.raises(TableError, match="must be a file, got the directory"):
        read_frame(tmp_path)


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text("a\n1\n")

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(TableError, match="must be readable, got the system's answer 'Permission denied'"):
        read_frame(path)


def test_a_long_value_is_shortened(tmp_path):
    line = message(tmp_path, b"%s,%s\n1,2\n" % (b"a" * 500, b"a" * 500))
    assert len(line) < 400
    assert "…" in line


def test_only_the_structure_check_notices_ragged_lines(tmp_path):
    assert structure.check_structure(_write(tmp_path, b"a,b\n1,2\n3,4\n"), ",", 2, None) == 2


def _write(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return path
