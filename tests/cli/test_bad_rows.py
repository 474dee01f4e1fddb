"""A table that a fitted model cannot take is refused by one line; what does no harm is let in."""

import io

import numpy as np
import pandas as pd
import pytest

AS_TRAINED = "as in training, got"
UNKNOWN = "with empty cells where the value is unknown"


@pytest.fixture
def written(tmp_path):
    def write(table):
        table.to_csv(tmp_path / "rows.csv", index=False)
        return tmp_path / "rows.csv"

    return write


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": "word"}, f"column 'number' must hold numbers, {AS_TRAINED} 'word' in row 1; give the"),
        ({"number": "2020-01-01"}, f"column 'number' must hold numbers, {AS_TRAINED} '2020-01-01' in row 1"),
        ({"number": ["1", "x"] * 40}, f"column 'number' must hold numbers, {AS_TRAINED} 'x' in row 2"),
        ({"number": np.inf}, "column 'number' must hold finite numbers, got inf (infinity) in row 1; leave"),
        ({"number": 1e300}, "column 'number' must hold numbers up to 1e38, got 1e+300 in row 1; take"),
        ({"word": 3.5}, f"column 'word' must hold words, {AS_TRAINED} numbers: 3.5 in row 1; give"),
        ({"day": "soon"}, f"column 'day' must hold dates, {AS_TRAINED} 'soon' in row 1; give"),
        ({"day": 3.7}, f"column 'day' must hold dates, {AS_TRAINED} numbers: 3.7 in row 1; give"),
        ({"day": "9999-12-31"}, "column 'day' must hold dates of the years 1678 to 2261, got '9999-12-31'"),
        ({"flag": "perhaps"}, f"{AS_TRAINED} 'perhaps' in row 1; give"),
        ({"more": 1}, "got the further column 'more'; leave it out, or pass --ignore-extra"),
    ],
)
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_rows_of_other_types_and_further_columns_are_refused(
    command, change, message, job, table, written, refused
):
    assert message in refused(command, job, written(table.assign(**change)))


def test_a_lacking_column_is_refused_with_its_name(job, table, written, refused):
    line = refused("predict", job, written(table.drop(columns=["number", "day"])))
    assert "got no column 'number', 'day'; add it, with empty cells where unknown" in line


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("maybe", "the target 'y' must hold classes of training (no, yes), got 'maybe' in row 1; leave"),
        (3.5, "the target 'y' must hold classes of training (no, yes), got '3.5' in row 1; leave"),
        (None, "the target 'y' must be known, got none in row 1; leave it out"),
        (["yes"] * 79 + [None], "the target 'y' must be known, got none in row 80; leave it out"),
    ],
)
def test_evaluate_refuses_a_target_that_is_no_class_of_training(
    target, message, job, table, written, refused
):
    assert message in refused("evaluate", job, written(table.assign(y=target)))


def test_evaluate_refuses_a_table_without_the_target(job, table, written, refused):
    line = refused("evaluate", job, written(table.drop(columns="y")))
    assert "must have the target, got no column 'y'; add it, or use predict" in line


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_files_that_hold_no_table_are_refused(command, job, tmp_path, refused):
    (tmp_path / "header.csv").write_text("key,number,word,day,flag,y\n")
    (tmp_path / "garbage.csv").write_bytes(b"\xff\xd8\xff\x00")
    assert "got the header alone" in refused(command, job, tmp_path / "header.csv")
    assert "got a JPEG picture" in refused(command, job, tmp_path / "garbage.csv")
    assert "does not exist" in refused(command, job, tmp_path / "nowhere.csv")
    assert "the directory" in refused(command, job, tmp_path)


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(lambda t: t.drop(columns="y"), id="no target"),
        pytest.param(lambda t: t.drop(columns="hidden"), id="no excluded column"),
        pytest.param(lambda t: t.drop(columns="key"), id="no column that was left out"),
        pytest.param(lambda t: t[t.columns[::-1]], id="another order"),
        pytest.param(lambda t: t.assign(word="a new one"), id="a word not seen before"),
        pytest.param(lambda t: t.assign(number=None, word=None, day=None, flag=None), id="nothing known"),
        pytest.param(lambda t: t.assign(flag=t.flag.astype(int)), id="truth values as 0 and 1"),
        pytest.param(lambda t: t.head(1), id="one row"),
    ],
)
def test_rows_that_do_no_harm_are_predicted(harmless, job, table, written, run):
    rows = harmless(table)
    ended = run("predict", job, written(rows))
    assert (ended.code, ended.err) == (0, "")
    predicted = pd.read_csv(io.StringIO(ended.out))
    assert list(predicted) == ["prediction", "probability of no", "probability of yes"]
    assert len(predicted) == len(rows)
    assert np.allclose(predicted.iloc[:, 1:].sum(axis=1), 1)


def test_further_columns_change_nothing_when_they_are_passed_over(job, table, written, run):
    plain = run("predict", job, written(table))
    more = run("predict", job, written(table.assign(more=1)), "--ignore-extra")
    assert (more.code, more.out) == (0, plain.out)
    assert run("evaluate", job, written(table.assign(more=1)), "--ignore-extra").code == 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("predictions.xyz", "the file must end with one of .csv, .tsv"),
        ("job", "the file must end with one of .csv, .tsv"),
        ("rows.csv/predictions.csv", "must be writable, got the system's answer"),
    ],
)
def test_predictions_go_only_where_they_can(name, message, job, table, written, tmp_path, refused):
    rows = written(table)
    assert message in refused("predict", job, rows, "--out", tmp_path / name)
