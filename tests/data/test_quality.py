"""Checks of tables: each fires on what was planted and is silent on what is healthy."""

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from netwright.data import check_table, describe_columns, read_target, split_rows
from netwright.data.quality import check_columns, find_answers, find_duplicated_columns, find_duplicated_rows

RNG = np.random.default_rng(0)
N = 600


def healthy():
    frame = pd.DataFrame(RNG.normal(size=(N, 4)), columns=list("abcd"))
    frame["colour"] = RNG.choice(["red", "blue", "pink"], N)
    frame["delay"] = 10 * (frame["a"] + frame["b"] + RNG.normal(size=N)).round(2)
    frame["late"] = np.where(frame["delay"] > 10, "yes", "no")
    return frame


FRAME = healthy()
PLANTED = {
    "a copy": lambda frame, target: frame[target],
    "the number behind the classes": lambda frame, target: frame["delay"],
    "other words": lambda frame, target: frame[target].astype(str).map(lambda word: f"it was {word}!"),
    "missing where it happened": lambda frame, target: np.where(frame[target] == "yes", np.nan, frame["c"]),
    "a line": lambda frame, target: frame["delay"] * -3 + 2,
}


@pytest.mark.parametrize("how", list(PLANTED)[:4])
def test_a_column_that_knows_the_class_is_found(how):
    frame = FRAME.assign(leak=PLANTED[how](FRAME, "late")).drop(columns="delay")
    findings = check_table(frame, read_target(frame, "late"))
    assert [(f.kind, f.severity, f.columns) for f in findings] == [("knows the answer", "warning", ("leak",))]


@pytest.mark.parametrize("how", ["a copy", "a line"])
def test_a_column_that_knows_the_number_is_found(how):
    frame = FRAME.assign(leak=PLANTED[how](FRAME, "delay")).drop(columns="late")
    assert [f.columns for f in find_answers(frame, read_target(frame, "delay"))] == [("leak",)]


def test_two_columns_that_know_the_answer_do_not_excuse_each_other():
    frame = FRAME.assign(one=FRAME["delay"], two=FRAME["delay"] * 2 + FRAME["a"] * 0.001).drop(
        columns="delay"
    )
    assert [f.columns for f in find_answers(frame, read_target(frame, "late"))] == [("one",), ("two",)]


def test_a_good_column_is_no_answer():
    noisy = FRAME["delay"] + 5 * RNG.normal(size=N)
    for target, other in (("late", "delay"), ("delay", "late")):
        frame = FRAME.assign(near=noisy).drop(columns=other)
        assert find_answers(frame, read_target(frame, target)) == []


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine", "diabetes"])
def test_healthy_tables_give_no_finding(name):
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.drop_duplicates()
    target = read_target(frame, "target")
    assert check_table(frame, target, split=split_rows(len(frame))) == []


@pytest.mark.parametrize("column", range(4))
def test_no_column_of_iris_knows_another(column):
    frame = datasets.load_iris(as_frame=True).frame
    assert find_answers(frame, read_target(frame, frame.columns[column])) == []


def test_an_easy_task_is_no_leak():
    # petals alone tell the setosa apart without error, but so do the sepals, nearly
    frame = datasets.load_iris(as_frame=True).frame
    frame["setosa"] = frame.pop("target") == 0
    assert find_answers(frame, read_target(frame, "setosa")) == []


def test_penguins_like_shares_of_islands_are_no_leak():
    species = RNG.choice(["Adelie", "Gentoo", "Chinstrap"], 340, p=[0.44, 0.36, 0.2])
    island = np.where(species == "Gentoo", "Biscoe", np.where(species == "Chinstrap", "Dream", "Torgersen"))
    island = np.where(
        (species == "Adelie") & (RNG.random(340) < 0.65), RNG.choice(["Biscoe", "Dream"], 340), island
    )
    frame = pd.DataFrame({"island": island, "bill": RNG.normal(40, 5, 340), "species": species})
    assert find_answers(frame, read_target(frame, "species")) == []


def test_few_rows_prove_nothing():
    frame = FRAME[:40].drop(columns="delay").assign(leak=FRAME["late"][:40])
    assert find_answers(frame, read_target(frame, "late")) == []


def test_columns_that_are_left_out_or_mostly_missing_are_named():
    frame = FRAME.assign(
        key=[f"k{n}" for n in range(N)],
        number=range(N),
        unit="cm",
        scale=1,
        none=None,
        hardly=[1.0, 2.0] + [None] * (N - 2),
    )
    findings = {finding.kind: finding.columns for finding in check_columns(describe_columns(frame), N)}
    assert findings == {
        "identifier": ("key", "number"),
        "constant": ("unit", "scale"),
        "empty": ("none",),
        "mostly missing": ("hardly",),
    }


def test_a_target_with_gaps_and_a_class_with_few_rows_are_named():
    frame = FRAME.drop(columns="delay")
    frame.loc[[3, 7], "late"] = None
    frame.loc[10:13, "late"] = "perhaps"
    findings = {finding.kind: finding for finding in check_table(frame, read_target(frame, "late"))}
    assert findings["target missing"].rows == (3, 7)
    assert "missing in 2 of 600 rows" in findings["target missing"].message
    assert findings["few rows"].rows == (10, 11, 12, 13)
    assert "Class 'perhaps' of 'late' has 4 rows." in findings["few rows"].message


def test_the_same_column_under_two_names_is_named():
    frame = FRAME.assign(again=FRAME["a"], paint=FRAME["colour"], near=FRAME["a"] + 1e-9)
    assert [f.columns for f in find_duplicated_columns(frame)] == [("a", "again"), ("colour", "paint")]


def test_rows_on_both_sides_of_the_split_are_named():
    frame = pd.concat([FRAME, FRAME[100:103]], ignore_index=True).assign(key=range(N + 3))
    split = (np.arange(N - 50), np.arange(N - 50, N + 3))
    finding = check_table(frame.drop(columns="delay"), read_target(frame, "late"), split=split)[0]
    assert (finding.kind, finding.severity, finding.rows) == ("duplicated rows", "warning", (600, 601, 602))
    assert "3 of 53 held-out rows (5.7%)" in finding.message
    assert find_duplicated_rows(FRAME, np.arange(100), np.arange(100, N)) == []


def test_checks_change_nothing():
    before = FRAME.copy()
    check_table(FRAME, read_target(FRAME, "late"), split=split_rows(N))
    pd.testing.assert_frame_equal(FRAME, before)
