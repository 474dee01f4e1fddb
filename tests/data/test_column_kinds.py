"""What columns are found to be, and what is refused."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import describe_columns

N = 100
RNG = np.random.default_rng(0)


def kind(values, name="c"):
    return describe_columns(pd.DataFrame({name: values}))[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RNG.normal(size=N), "number"),
        (RNG.integers(0, 5, N), "number"),
        (["12", " 13", "1e3"], "number"),
        (["12", None, "13"], "number"),
        ([decimal.Decimal("1.5"), None], "number"),
        (pd.array([1, None, 3], dtype="Int64"), "number"),
        (pd.to_timedelta([1, 2], unit="h"), "number"),
        ([True, False, None], "boolean"),
        (pd.array([True, None, False], dtype="boolean"), "boolean"),
        (["red", "blue", "red"], "category"),
        (pd.Categorical([1, 2, 1]), "category"),
        (["007", "012", "100"], "category"),
        (["12", "12B", "A/5 21171", "x9"], "category"),
        (["x", "x", None], "category"),
        (pd.to_datetime(["2013-01-05", None, "2014-01-01"]), "date"),
        (["2013-01-05", "2014/1/5", None], "date"),
        (["2013-01-05T10:00:00Z", "2013-01-05 11:30"], "date"),
        ([dt.date(2013, 1, 5), dt.date(2014, 1, 5)], "date"),
        (pd.period_range("2013-01", periods=3, freq="M"), "date"),
        ([3, 3, 3], "constant"),
        ([None, None], "empty"),
        ([" ", ""], "empty"),
        ([np.nan, np.nan], "empty"),
        ([f"user{n}" for n in range(N)], "identifier"),
        ([f"The quick brown fox jumps over dog number {n} today" for n in range(N)], "text"),
    ],
)
def test_kinds_follow_the_stated_rules(values, expected):
    assert kind(values).kind == expected
    assert kind(values).left_out == (expected in ("identifier", "text", "constant", "empty"))


def test_missing_and_distinct_values_are_counted_with_examples():
    column = kind(["b", None, "a", "b", " "])
    assert (column.n_missing, column.n_distinct, column.examples) == (2, 2, ("b", "a"))


def test_whole_numbers_identify_rows_only_where_name_or_counting_says_so():
    counter, shuffled = np.arange(1, N + 1), RNG.permutation(N) * 37
    assert kind(counter).kind == "identifier"
    assert kind(np.delete(counter, slice(0, N, 5))).kind == "identifier"  # as a split leaves it
    assert kind(shuffled, "customer_id").kind == "identifier"
    assert kind(shuffled, "PassengerId").kind == "identifier"
    assert kind(shuffled, "population").kind == "number"
    assert kind(np.sort(shuffled)[1:] ** 2, "population").kind == "number"
    assert kind(np.arange(1950, 2050), "year").kind == "number"
    assert kind(counter.astype(float)).kind == "number"
    assert kind(counter // 2, "customer_id").kind == "number"
    assert kind([1, 2, 3]).kind == "number"


def test_words_that_come_again_are_no_identifiers():
    tails = [f"N{n % 80}" for n in range(N)]
    assert kind(tails).kind == "category"


def test_dates_in_another_order_are_named_in_the_reason():
    assert "YYYY-MM-DD" in kind(["31.12.2013", "01.01.2014"]).reason


def refusal(values):
    with pytest.raises(TableError) as caught:
        kind(values, "age")
    line = str(caught.value)
    assert "column 'age'" in line
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1", "2", "?"], "got both: '1' in row 1 and '?' in row 3; leave the cells empty"),
        (
            ["1", "unknown", "2", "unknown"],
            "and 'unknown' in row 2; leave the cells empty where the value is unknown (2",
        ),
        (["1", "2", "a", "b", "c", "d"], "'a' in row 3; mend the 4 cells that are no numbers"),
        ([1, "x", 2], "got numbers and words: 1 in row 1 and 'x' in row 2"),
        ([True, "x"], "got truth values and words"),
        ([1.0, np.inf], "got inf (infinity) in row 2"),
        (["1", "-inf"], "got -inf (infinity) in row 2"),
        (["2013-01-05", "0001-01-01"], "got '0001-01-01' in row 2"),
        (["2013-01-05", "9999-99-99"], "got '9999-99-99' in row 2"),
        (["2013-01-05", "25000-01-01"], "got '25000-01-01' in row 2"),
        (["2013-01-05", "2013-02-30"], "got '2013-02-30' in row 2"),
        ([dt.date(2013, 1, 5), dt.date(9999, 12, 31)], "got 9999-12-31 in row 2"),
        (np.array(["2013-01-05", "25000-01-01"], dtype="datetime64[s]"), "the year 25000 in row 2"),
        (["2013-01-05", "2013-01-06", "soon"], "must hold dates or words, got both: '2013-01-05' in row 1"),
        (["1,5", "2,5"], "got '1,5' in row 1; write plain numbers with a decimal point"),
        (["12 %", "5"], "got '12 %' in row 1"),
        (["$5", "$1,200.50"], "got '$5' in row 1"),
        ([[1], [2]], "must hold single values, got a list in row 1"),
        ([b"a", b"b"], "bytes objects"),
        ([1 + 2j, 3], "complex"),
    ],
)
def test_what_cannot_be_one_kind_is_refused_with_its_row(values, words):
    assert words in refusal(values)


def test_a_few_numbers_among_many_words_are_words():
    assert kind(["Alien", "Brazil", "Heat"] * 33 + ["1984"]).kind == "category"


def test_the_flights_table_is_understood():
    frame = pd.DataFrame(
        {
            "time_hour": ["2013-01-01T10:00:00Z", "2013-01-01T11:00:00Z"] * 500,
            "sched_dep_time": RNG.integers(500, 2359, 1000),
            "carrier": RNG.choice(["UA", "AA", "9E"], 1000),
            "tailnum": [f"N{n}" for n in RNG.integers(100, 700, 1000)],
            "wind_gust": np.where(RNG.random(1000) < 0.7, np.nan, 20.0 + RNG.random(1000)),
        }
    )
    kinds = {column.name: column.kind for column in describe_columns(frame)}
    assert kinds == {
        "time_hour": "date",
        "sched_dep_time": "number",
        "carrier": "category",
        "tailnum": "category",
        "wind_gust": "number",
    }
