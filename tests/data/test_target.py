"""The column to predict."""

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import read_target

RNG = np.random.default_rng(0)


def target(values, task="auto"):
    return read_target(pd.DataFrame({"y": values, "other": range(len(values))}), "y", task)


@pytest.mark.parametrize(
    ("values", "task", "kind"),
    [
        (["no", "yes"] * 5, "binary", "O"),
        (["a", "b", "c"] * 5, "multiclass", "O"),
        ([True, False, True, False], "binary", "b"),
        ([True, False, None, True, False], "binary", "b"),
        ([0, 1, 0, 1], "binary", "i"),
        ([0.0, 1.0, np.nan, 0.0, 1.0], "binary", "i"),
        ([1.5, 2.5] * 3, "binary", "f"),
        (np.arange(30) % 3, "multiclass", "i"),
        (["1", "2", "3"] * 10, "multiclass", "i"),
        (pd.Categorical([1, 2, 3] * 3), "multiclass", "O"),
        (RNG.permutation(30) % 10, "regression", "f"),  # 3 rows per value are too few for a class
        (RNG.integers(0, 100, 300), "regression", "f"),
        (RNG.normal(size=50), "regression", "f"),
        (np.repeat([0.5, 1.5, 2.5], 10), "regression", "f"),
    ],
)
def test_the_task_follows_the_stated_rule(values, task, kind):
    found = target(values)
    assert found.task == task
    assert found.values.dtype.kind == kind
    assert (found.classes is None) == (task == "regression")
    assert found.reason


def test_rows_without_a_target_are_counted_and_left_out():
    found = target(["a", None, "b", "a", " ", "b"])
    assert found.rows.tolist() == [0, 2, 3, 5]
    assert found.values.tolist() == ["a", "b", "a", "b"]
    assert found.classes.tolist() == ["a", "b"]
    assert found.n_missing == 2


def test_a_task_that_is_asked_for_is_taken():
    assert target(np.arange(30) % 3, "regression").task == "regression"
    assert target(np.repeat([0.5, 1.5, 2.5], 10), "classification").task == "multiclass"
    assert target([0, 1, 0, 1], "multiclass").task == "multiclass"


@pytest.mark.parametrize(
    ("values", "task", "words"),
    [
        ([1, 1, 1], "auto", "at least 2 different values, got 1 in every row"),
        (["a", None, "a"], "auto", "got 'a' in every row that has one"),
        ([None, None], "auto", "got none in any row"),
        (["a", "a", "b"], "auto", "must have at least 2 rows, got only row 3 of class 'b'"),
        ([1.0, np.inf], "auto", "got inf (infinity) in row 2"),
        (["1", "2", "?"], "auto", "column 'y' must hold numbers or words, got both"),
        ([1, "x", 2], "auto", "got numbers and words"),
        (["2013-01-05", "2013-01-06"], "auto", "must hold classes or numbers, got dates"),
        ([f"name{n}" for n in range(40)], "auto", "got 40 different words in 40 rows"),
        (["a", "b"] * 3, "regression", "must hold numbers for regression, got words such as 'a'"),
        (["a", "b", "c"] * 3, "binary", "must have 2 classes, got 3"),
        ([1, 2], "ranking", "task must be one of"),
    ],
)
def test_what_cannot_be_learnt_is_told_in_one_line(values, task, words):
    with pytest.raises(TableError) as caught:
        target(values, task)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_target_gets_close_names():
    frame = pd.DataFrame({"arr_delay": [1], "Late": [2], "origin": [3]})
    with pytest.raises(TableError, match="got 'arrdelay'; did you mean 'arr_delay'"):
        read_target(frame, "arrdelay")
    with pytest.raises(TableError, match="did you mean 'Late'"):
        read_target(frame, "late")
    with pytest.raises(TableError, match="choose from: 'arr_delay', 'Late', 'origin'"):
        read_target(frame, "zzz")
