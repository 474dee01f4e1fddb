"""A table as one matrix: what stands where, and what new tables may bring."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from netwright.core.errors import TableError
from netwright.data import CategoryColumn, DateColumn, NumberColumn, TableEncoder

RNG = np.random.default_rng(0)
N = 400
FRAME = pd.DataFrame(
    {
        "carrier": RNG.choice(["UA", "AA", "9E"], N),
        "delay": RNG.normal(10, 5, N),
        "gust": np.where(RNG.random(N) < 0.4, np.nan, RNG.normal(20, 2, N)),
        "day": pd.Timestamp("2013-01-01") + pd.to_timedelta(RNG.integers(0, 300, N), unit="D"),
        "tail": [None if n < 40 else f"N{n}" for n in RNG.integers(0, 120, N)],
        "night": RNG.random(N) < 0.3,
        "key": [f"key{n}" for n in range(N)],
        "unit": "min",
    }
)


@pytest.fixture(scope="module")
def encoder():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TableEncoder(min_count=1).fit(FRAME)


def test_numbers_come_first_then_one_column_of_codes_per_category(encoder):
    out = encoder.transform(FRAME)
    assert out.dtype == np.float32
    assert out.flags["C_CONTIGUOUS"]
    assert out.shape == (N, encoder.n_numbers_ + len(encoder.cardinalities_))
    assert encoder.feature_names_ == [
        "delay",
        "gust",
        "gust is missing",
        "day days",
        "day month",
        "day day of week",
        "day day of month",
        "night",
        "carrier",
        "tail",
    ]
    assert np.isfinite(out).all()
    for column, cardinality in enumerate(encoder.cardinalities_, start=encoder.n_numbers_):
        assert set(out[:, column]) <= set(range(cardinality))


def test_columns_equal_scikit_learns_encoders(encoder):
    out = encoder.transform(FRAME)
    names = encoder.feature_names_
    delay = StandardScaler().fit_transform(FRAME[["delay"]]).ravel()
    np.testing.assert_allclose(out[:, names.index("delay")], delay, atol=1e-6)
    codes = OrdinalEncoder().fit_transform(FRAME[["carrier"]]).ravel()
    np.testing.assert_array_equal(out[:, names.index("carrier")], codes)


def test_missing_numbers_are_zero_and_marked(encoder):
    out = encoder.transform(FRAME)
    missing = FRAME["gust"].isna().to_numpy()
    np.testing.assert_array_equal(out[:, encoder.feature_names_.index("gust is missing")], missing)
    assert (out[missing, encoder.feature_names_.index("gust")] == 0).all()


def test_dates_become_the_parts_that_differ(encoder):
    column = next(column for column in encoder.columns_ if isinstance(column, DateColumn))
    assert column.parts == ["days", "month", "day of week", "day of month"]  # one year, no hours
    place = encoder.feature_names_.index("day day of week")
    weekday = FRAME["day"].dt.day_of_week.to_numpy()
    np.testing.assert_allclose(
        encoder.transform(FRAME)[:, place], (weekday - weekday.mean()) / weekday.std(), atol=1e-5
    )


def test_dates_as_text_and_as_dates_are_the_same(encoder):
    text = FRAME.assign(day=FRAME["day"].dt.strftime("%Y-%m-%d"))
    np.testing.assert_array_equal(encoder.transform(text), encoder.transform(FRAME))
    other = TableEncoder(min_count=1, exclude=["key"]).fit(text)
    np.testing.assert_array_equal(other.transform(text), encoder.transform(FRAME))


def test_hours_are_used_where_there_are_some():
    hours = pd.date_range("2013-01-01", periods=50, freq="h")
    assert "t hour" in TableEncoder().fit(pd.DataFrame({"t": hours})).feature_names_


def test_what_is_left_out_has_a_reason_and_one_warning():
    with pytest.warns(UserWarning, match=r"columns left out: 'key' \(identifier") as caught:
        encoder = TableEncoder().fit(FRAME)
    assert len(caught) == 1
    assert set(encoder.left_out_) == {"key", "unit"}
    assert encoder.left_out_["unit"].startswith("constant: ")


def test_keep_exclude_and_categories_overrule_the_rules():
    settings = TableEncoder(keep=["key"], exclude=["delay"], categories=["night"], min_count=1)
    encoder = settings.fit(FRAME)
    assert encoder.left_out_["delay"] == "excluded: as asked"
    assert [c.name for c in encoder.columns_ if isinstance(c, CategoryColumn)] == [
        "carrier",
        "tail",
        "night",
        "key",
    ]


def test_ordered_words_become_their_ranks():
    sizes = pd.DataFrame({"size": ["S", "L", "M", "S", None]})
    encoder = TableEncoder(ordinal={"size": ["S", "M", "L"]}).fit(sizes)
    raw = encoder.transform({"size": ["S", "M", "L", "never"]})
    assert np.allclose(np.diff(raw[:3, 0]), np.diff(raw[:3, 0])[0])
    assert raw[0, 0] < raw[1, 0] < raw[2, 0]
    assert raw[3].tolist() == [0, 1]
    with pytest.raises(TableError, match="must hold one of 'S', 'M', got 'L' in row 2"):
        TableEncoder(ordinal={"size": ["S", "M"]}).fit(sizes)


def test_rare_levels_share_a_code_with_unseen_ones():
    frame = pd.DataFrame({"c": ["a"] * 200 + ["b"] * 100 + ["z1", "z2"], "x": RNG.normal(size=302)})
    out = TableEncoder().fit(frame).transform({"c": ["z1", "never", "a"], "x": [0, 0, 0]})
    assert out[0, 1] == out[1, 1] != out[2, 1]


def test_many_levels_are_hashed():
    frame = pd.DataFrame({"c": [f"u{n % 300}" for n in range(3000)], "x": RNG.normal(size=3000)})
    encoder = TableEncoder(max_levels=100, n_buckets=16).fit(frame)
    assert encoder.cardinalities_ == [116]
    assert encoder.transform(frame)[:, 1].max() == 115


def test_new_missing_values_and_unseen_levels_are_taken(encoder):
    row = FRAME.head(1).assign(delay=None, gust=None, day=None, carrier=None, night=None, tail="never")
    out = encoder.transform(row)
    assert np.isfinite(out).all()
    assert out[0, 0] == 0
    assert (out[0, encoder.n_numbers_ :] < encoder.cardinalities_).all()


def test_lacking_columns_are_told_and_those_left_out_are_not_needed(encoder):
    with pytest.raises(TableError, match="got one without 'delay', 'tail'"):
        encoder.transform(FRAME.drop(columns=["delay", "tail"]))
    encoder.transform(FRAME.drop(columns=["key", "unit"]))


def test_extra_columns_are_passed_over_with_one_warning(encoder):
    with pytest.warns(UserWarning, match="passed over: 'more', 'most'") as caught:
        out = encoder.transform(FRAME.assign(more=1, most="x"))
    assert len(caught) == 1
    np.testing.assert_array_equal(out, encoder.transform(FRAME))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delay": "late"}, "column 'delay' must hold numbers, as in training, got 'late' in row 1"),
        ({"delay": np.inf}, "column 'delay' must hold finite numbers, got inf"),
        (
            {"delay": pd.Timestamp("2013-01-01")},
            "column 'delay' must hold numbers, as in training, got dates",
        ),
        ({"carrier": 1.5}, "column 'carrier' must hold words, as in training, got numbers: 1.5 in row 1"),
        ({"day": 3}, "column 'day' must hold dates, as in training, got numbers: 3.0 in row 1"),
        ({"day": "soon"}, "column 'day' must hold dates, as in training, got 'soon' in row 1"),
        ({"day": "9999-99-99"}, "got '9999-99-99' in row 1"),
        ({"night": "maybe"}, "column 'night' must hold numbers, as in training, got 'maybe' in row 1"),
    ],
)
def test_other_types_than_in_training_are_told_with_column_and_row(encoder, change, words):
    with pytest.raises(TableError) as caught:
        encoder.transform(FRAME.assign(**change))
    assert words in str(caught.value)


def test_the_first_wrong_row_is_named(encoder):
    delay = FRAME["delay"].astype(str).where(FRAME.index != 17, "n/a")
    with pytest.raises(TableError, match="got 'n/a' in row 18"):
        encoder.transform(FRAME.assign(delay=delay))


def test_numbers_and_truth_values_written_as_text_are_read(encoder):
    text = FRAME.assign(delay=FRAME["delay"].astype(str), night=FRAME["night"].astype(str))
    np.testing.assert_array_equal(encoder.transform(text), encoder.transform(FRAME))


def test_rows_do_not_depend_on_each_other_and_order_of_columns_does_not_matter(encoder):
    whole = encoder.transform(FRAME)
    np.testing.assert_array_equal(encoder.transform(FRAME[5:6]), whole[5:6])
    np.testing.assert_array_equal(encoder.transform(FRAME[FRAME.columns[::-1]]), whole)


def test_what_is_learnt_comes_from_training_rows_alone():
    encoder = TableEncoder(exclude=["key"], min_count=1).fit(FRAME[:200])
    column = next(c for c in encoder.columns_ if isinstance(c, NumberColumn) and c.name == "delay")
    np.testing.assert_allclose(column.knots, [FRAME["delay"][:200].mean(), FRAME["delay"][:200].std(ddof=0)])


def test_polars_and_pandas_give_the_same(encoder):
    columns = ["carrier", "delay", "gust", "day", "tail", "night", "key", "unit"]
    missing = FRAME.astype(object).where(FRAME.notna(), None)
    frame = pl.DataFrame({name: missing[name].tolist() for name in columns})
    np.testing.assert_array_equal(encoder.transform(frame), encoder.transform(FRAME))


def test_an_array_of_numbers_keeps_every_column():
    X = RNG.normal(size=(50, 4))
    X[:, 1], X[0, 2] = 3.0, np.nan
    X[:, 3] = np.arange(50)
    encoder = TableEncoder().fit(X)
    assert encoder.feature_names_ == ["x0", "x1", "x2", "x2 is missing", "x3"]
    assert encoder.left_out_ == {}
    assert (encoder.transform(X)[:, 1] == 0).all()
    np.testing.assert_allclose(encoder.transform(X)[:, 0], StandardScaler().fit_transform(X)[:, 0], atol=1e-6)
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2", "x3"])
    np.testing.assert_array_equal(encoder.transform(frame), encoder.transform(X))
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame(X)), encoder.transform(X))


def test_arrays_are_taken_by_position_and_must_have_as_many_columns():
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [3.0, 1.0, 0.0]})
    encoder = TableEncoder().fit(frame)
    np.testing.assert_array_equal(encoder.transform(frame.to_numpy()), encoder.transform(frame))
    with pytest.raises(TableError, match="1 columns where 2 were fitted"):
        encoder.transform(np.ones((2, 1)))
    with pytest.raises(TableError, match="column 'a' must hold finite numbers"):
        encoder.transform(np.full((2, 2), np.inf))


def test_arrays_of_words_are_categories_and_nothing_is_left_out():
    X = np.array([[f"w{n}", n % 3, "same"] for n in range(60)], dtype=object)
    encoder = TableEncoder(min_count=1).fit(X)
    assert encoder.cardinalities_ == [61, 2]
    assert encoder.n_numbers_ == 1


def test_settings_that_cannot_be_are_told():
    with pytest.raises(TableError, match="numbers must be"):
        TableEncoder(numbers="minmax").fit(FRAME)
    with pytest.raises(TableError, match="exclude must be a list of columns of the table, got 'dely'"):
        TableEncoder(exclude=["dely"]).fit(FRAME)
    with pytest.raises(TableError, match="exclude must be a list"):
        TableEncoder(exclude="delay").fit(FRAME)
    with pytest.raises(TableError, match="must have a column to learn from"):
        TableEncoder().fit(FRAME[["unit"]])


def test_it_can_be_cloned_and_pickled():
    import pickle

    encoder = TableEncoder(numbers="quantile", exclude=["key"]).fit(FRAME)
    assert clone(encoder).numbers == "quantile"
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(FRAME), encoder.transform(FRAME))
