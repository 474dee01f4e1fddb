"""A table that cannot be learned from is refused by one line: what came, what was expected, the remedy."""

import gzip

import numpy as np
import pytest

GOOD = "a,b,y\n" + "".join(f"{i},{i % 7},{'yes' if i % 3 else 'no'}\n" for i in range(60))
NUMBERS = "a,b,y\n" + "".join(f"{i},{i % 7},{i * 1.5}\n" for i in range(60))
DATES = "a,b,y\n" + "".join(f"2020-01-{i % 28 + 1:02d},{i % 7},{i * 1.5}\n" for i in range(60))
WORDS = "a,b,y\n" + "".join(f"{'red' if i % 2 else i},{i % 7},{i * 1.5}\n" for i in range(60))
GARBAGE = np.random.default_rng(0).bytes(3000)
UNKNOWN = "leave the cell empty where the"
WHOLE_FIELDS = "must use quotation marks around whole fields"
UTF8 = "save the file as UTF-8"


def changed(text, line, new):
    lines = text.splitlines()
    lines[line] = new
    return "\n".join(lines) + "\n"


TABLES = {
    "empty file": (b"", "must hold a table, got an empty file"),
    "blank lines": (b"\n\n", "must hold a table, got an empty file"),
    "header only": (b"a,b,y\n", "at least one row below its header, got the header alone"),
    "garbage": (GARBAGE, "must hold text, got a NUL byte at position 82, line 2"),
    "zeros": (bytes(3000), "must hold text, got a NUL byte at position 0"),
    "spreadsheet": (b"PK\x03\x04" + bytes(99), "must hold text, got a zip archive or an Excel workbook"),
    "gzip cut": (gzip.compress(GOOD.encode())[:-9], "must be a whole gzip file"),
    "quote never closed": (GOOD + '1,"2,no\n3,4,yes\n', f"{WHOLE_FIELDS}, got one on line 62 that is never"),
    "quote within": (changed(GOOD, 6, '5,5"x,yes'), f"{WHOLE_FIELDS}, got one on line 7 within a field"),
    "quote shut early": (changed(GOOD, 6, '5,"5"x,yes'), f"{WHOLE_FIELDS}, got one on line 7 that opens"),
    "latin 1": (GOOD.replace("yes", "jär").encode("latin1"), f"byte 0xe4 at position 18, line 3; {UTF8}"),
    "utf 16": (GOOD.encode("utf16"), f"got UTF-16 (by its first two bytes); {UTF8}"),
    "ragged": (GOOD + "1,2,3,4\n", "must have 3 fields on every line, got 4 on line 62"),
    "names twice": (GOOD.replace("a,b,y", "a,a,y"), "give every column its own name, got 'a' twice; rename"),
    "name lacking": (GOOD.replace("a,b,y", ",b,y"), "every column a name, got none for column 1 of 3; name"),
    "target constant": (GOOD.replace("no", "yes"), "at least 2 different values, got 'yes' in every row"),
    "target all missing": (GOOD.replace("yes", "").replace("no", ""), "2 different values, got none in any"),
    "class of one row": (GOOD + "1,2,maybe\n", "at least 2 rows, got only row 61 of class 'maybe'; leave"),
    "target of dates": (DATES.replace("a,b,y", "y,b,a"), "'y' must hold classes or numbers, got dates; turn"),
    "target infinite": (changed(NUMBERS, 6, "5,5,inf"), "'y' must hold finite numbers, got inf"),
    "target mixed": (changed(NUMBERS, 41, "1,2,soon"), "'y' must hold numbers or words, got both: '0.0' in"),
    "target huge": (changed(NUMBERS, 6, "5,5,1e300"), "'y' must hold numbers up to 1e38, got 1e+300 in"),
    "infinity": (changed(GOOD, 6, "inf,5,no"), f"finite numbers, got inf (infinity) in row 6; {UNKNOWN}"),
    "minus infinity": (changed(GOOD, 6, "-inf,5,no"), "got -inf (infinity) in row 6"),
    "beyond floats": (changed(GOOD, 6, "1e999,5,no"), "got inf (infinity) in row 6"),
    "huge number": (changed(GOOD, 6, "-1e300,5,no"), "up to 1e38, got -1e+300 in row 6; take a larger unit"),
    "huge whole number": (changed(GOOD, 6, f"{'9' * 50},5,no"), "up to 1e38, got 1e+50 in row 6"),
    "mixed types": (WORDS, "'a' must hold numbers or words, got both: '0' in row 1 and 'red' in row 2"),
    "one word": (changed(GOOD, 41, "red,1,no"), "got both: '0' in row 1 and 'red' in row 41"),
    "far date": (changed(DATES, 5, "9999-12-31,1,2"), "years 1678 to 2261, got '9999-12-31' in row 5"),
    "month 13": (changed(DATES, 5, "2020-13-45,1,2"), "years 1678 to 2261, got '2020-13-45' in row 5"),
    "day 0": (changed(DATES, 5, "0000-00-00,1,2"), "got '0000-00-00' in row 5"),
    "target alone": (b"y\n" + b"yes\nno\n" * 30, "must have columns to learn from, got none"),
    "constant columns": (
        "a,b,y\n" + "".join(f"1,2,{i}.5\n" for i in range(60)), "a column to learn from, got 'a' constant",
    ),
    "one row": (b"a,b,y\n1,2,yes\n", "must have at least 2 different values, got 'yes' in every row"),
    "two rows": (b"a,b,y\n1,2,yes\n3,4,no\n", "at least 2 rows, got only row 2 of class 'no'"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table_is_refused_by_one_line(name, tmp_path, refused):
    content, message = TABLES[name]
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert message in refused("fit", path, "--target", "y", "--out", tmp_path / "job")


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".jsonl", ".csv.gz"])
def test_garbage_under_another_name_is_refused_by_one_line(suffix, tmp_path, refused):
    path = tmp_path / f"table{suffix}"
    path.write_bytes(GARBAGE)
    assert str(path) in refused("fit", path, "--target", "y", "--out", tmp_path / "job")


def test_a_missing_file_and_a_directory_are_refused(tmp_path, refused):
    out = ("--target", "y", "--out", tmp_path / "job")
    assert "which does not exist; check the spelling" in refused("fit", tmp_path / "nowhere.csv", *out)
    said = refused("fit", tmp_path, *out)
    assert f"{tmp_path} must hold a folder for each class" in said
    assert "sort the pictures by class" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "z"], "the target must be a column of the table, got 'z'; choose from: 'a', 'b', 'y'"),
        (["--target", "Y"], "got 'Y'; did you mean 'y'?"),
        (
            ["--target", "y", "--exclude", "z"],
            "exclude must name columns of the table, got 'z'; ",
        ),
        (["--target", "y", "--exclude", "a", "--exclude", "b"], "must have columns to learn from"),
        (["--target", "y", "--group", "z"], "group must name columns of the table, got 'z'"),
        (["--target", "y", "--time", "z"], "time must name columns of the table, got 'z'"),
        (["--target", "y", "--time", "y"], "time must name another column than the target, got 'y'"),
        (["--target", "y", "--task", "regression"], "must hold numbers for regression, got words such as"),
        (["--target", "y", "--test-size", "7"], "fraction must lie between 0 and 1, got 7.0; 0.2 holds out"),
        (["--target", "y", "--test-size", "nan"], "fraction must lie between 0 and 1, got nan"),
        (["--target", "y", "--test-size", "0.999"], "training must keep a row of every class"),
        (["--target", "y", "--time-limit", "soon"], "--time-limit must be a time, got 'soon'; write 90, 90s"),
        (["--target", "y", "--time-limit", "-3"], "--time-limit must be a time, got '-3'"),
        (["--target", "y", "--time-limit", "infh"], "--time-limit must be a time, got 'infh'"),
    ],
)
def test_a_request_that_does_not_fit_the_table_is_refused(options, message, tmp_path, refused):
    (tmp_path / "table.csv").write_text(GOOD)
    assert message in refused("fit", tmp_path / "table.csv", *options, "--out", tmp_path / "job")
