"""Tables from objects in memory."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch

from netwright.core.errors import TableError
from netwright.data import to_frame

COLUMNS = {"n": [1, 2, None], "w": ["a", None, "c"], "b": [True, False, True]}


def test_a_pandas_frame_is_passed_on_as_it_is():
    frame = pd.DataFrame(COLUMNS)
    assert to_frame(frame) is frame


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "pyarrow"])
def test_other_frames_become_pandas(make):
    frame = to_frame(make(COLUMNS))
    assert frame["n"].isna().tolist() == [False, False, True]
    assert frame["w"].isna().tolist() == [False, True, False]
    assert frame["b"].tolist() == [True, False, True]


def test_polars_dates_and_categories_keep_their_meaning():
    frame = to_frame(
        pl.DataFrame({"d": ["2013-01-05", None], "c": ["x", "y"]}).with_columns(
            pl.col("d").str.to_date(), pl.col("c").cast(pl.Categorical)
        )
    )
    assert frame["d"].dtype.kind == "M"
    assert frame["c"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    "X",
    [np.ones((2, 3)), [[1, 1, 1]] * 2, torch.ones(2, 3), ((1, 1, 1), (1, 1, 1))],
    ids=lambda X: type(X).__name__,
)
def test_arrays_and_lists_get_numbered_names(X):
    frame = to_frame(X)
    assert list(frame.columns) == ["x0", "x1", "x2"]
    assert (frame.to_numpy() == 1).all()


def test_dictionaries_name_their_columns():
    assert list(to_frame([{"a": 1, "b": "x"}, {"a": 2}]).columns) == ["a", "b"]
    assert to_frame({"a": [1, 2]})["a"].tolist() == [1, 2]


def test_names_that_are_numbers_become_text():
    assert list(to_frame(pd.DataFrame([[1, 2]])).columns) == ["0", "1"]


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.ones(3), "Expected 2D array"),
        (np.ones((2, 2, 2)), "Expected 2D array"),
        (np.ones((0, 2)), "0 sample"),
        (np.ones((2, 0)), "0 feature"),
        (np.ones((2, 2), dtype=complex), "Complex data not supported"),
        (scipy.sparse.eye(3).tocsr(), "a sparse matrix"),
        (pl.DataFrame({"a": [1]}).lazy(), "collect it"),
        ("abc", "builtins.str"),
        (None, "NoneType"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' twice"),
        (pd.DataFrame([[1, 2]], columns=["a", " "]), "none for column 2"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "2 levels of names"),
        ({"a": [1], "b": [1, 2]}, "equally long columns"),
        ([[1, 2], [3]], "equally long rows"),
    ],
)
def test_what_is_no_table_is_told(X, words):
    with pytest.raises(TableError) as caught:
        to_frame(X)
    assert words in str(caught.value)
