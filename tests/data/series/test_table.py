"""Time-stamped tables: what is refused names its rows, what is mended is reported."""

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.data import read_series


def table(times, values=None, **columns):
    values = np.arange(float(len(times))) if values is None else values
    return pd.DataFrame({"t": times, "y": values, **columns})


def kinds(found):
    return [one.kind for one in found.findings]


def test_gaps_become_missing_steps_and_are_reported():
    months = pd.date_range("2020-01-01", periods=12, freq="MS").delete([3, 4])
    found = read_series(table(months), "t", "y")
    assert found.frequency == "MS"
    assert len(found.values[0]) == 12
    assert np.flatnonzero(np.isnan(found.values[0][:, 0])).tolist() == [3, 4]
    assert kinds(found) == ["gaps", "missing"]
    assert "2 of 12 steps" in found.findings[0].message
    assert list(found.ahead(0, 2)) == [pd.Timestamp("2021-01-01"), pd.Timestamp("2021-02-01")]


def test_unordered_rows_are_sorted_and_reported():
    days = pd.date_range("2024-01-01", periods=5)
    found = read_series(table(days[[3, 0, 1, 4, 2]], [3, 0, 1, 4, 2]), "t", "y")
    assert found.values[0].ravel().tolist() == [0, 1, 2, 3, 4]
    assert kinds(found) == ["unordered"]


def test_duplicates_name_their_rows_or_are_joined_on_request():
    days = ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"]
    with pytest.raises(TableError, match=r"2024-01-02.* in rows 2 and 3.*aggregate them by duplicates="):
        read_series(table(days), "t", "y")
    for how, value in (("mean", 1.5), ("sum", 3.0), ("first", 1.0), ("last", 2.0)):
        found = read_series(table(days), "t", "y", duplicates=how)
        assert found.values[0].ravel().tolist() == [0.0, value, 3.0]
        assert kinds(found) == ["duplicates"]


def test_the_hour_that_summer_time_repeats_needs_its_zone():
    utc = pd.date_range("2024-10-26 22:00", periods=8, freq="h", tz="UTC")
    local = utc.tz_convert("Europe/Berlin")
    with pytest.raises(TableError, match="time_zone="):
        read_series(table(local.tz_localize(None)), "t", "y")
    found = read_series(table(local.tz_localize(None)), "t", "y", time_zone="Europe/Berlin")
    assert found.frequency == "h"
    assert list(found.times[0]) == list(local)
    offsets = [time.isoformat() for time in local]  # +02:00, then +01:00
    assert list(read_series(table(offsets), "t", "y").times[0]) == list(utc)


def test_days_across_summer_time_stay_days():
    days = pd.date_range("2024-03-28", periods=8, freq="D", tz="Europe/Berlin")
    found = read_series(table(days), "t", "y")
    assert found.frequency == "D"
    assert len(found.values[0]) == 8
    assert found.ahead(0, 1)[0] == pd.Timestamp("2024-04-05", tz="Europe/Berlin")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (table(["2024-01-01", "soon"]), "'soon' in row 2"),
        (table(["2024-01-01", None]), "none in row 2"),
        (table(["2024-01-01"]), "one point"),
        (table([1, 2, 3], [1.0, np.inf, 2.0]), "infinity in row 2"),
        (table([1, 2, 3], ["1", "x", "2"]), "'x' in row 2"),
        (table([1, 2, 3], [np.nan, np.nan, np.nan]), "two known values"),
        (table([1.0, 2.0, 3.5, 9.1]), "must be regular"),
        (table(["2024-01-01 00:00", "2024-01-02 00:00", "2024-01-02 07:13"]), "must be regular"),
        (table([1, 2]).rename(columns={"y": "z"}), "no column 'y'"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(data, message):
    with pytest.raises(TableError, match=message):
        read_series(data, "t", "y")


def test_constants_and_long_gaps_are_told():
    found = read_series(table(range(10), [5.0] * 10), "t", "y")
    assert kinds(found) == ["constant"]
    values = np.arange(20.0)
    values[5:14] = np.nan
    (gap,) = read_series(table(range(20), values), "t", "y").findings
    assert gap.severity == "warning"
    assert "at most 9 in a row" in gap.message


def test_many_series_are_told_apart_and_covariates_reach_ahead():
    one = table(pd.date_range("2024-01-01", periods=6), [1, 2, 3, 4, np.nan, np.nan], shop="a", sale=range(6))
    other = table(pd.date_range("2024-01-02", periods=5), [9, 8, 7, 6, 5], shop="b", sale=range(5))
    found = read_series(pd.concat([other, one]), "t", "y", series="shop", covariates=["sale"])
    assert found.names == ["a", "b"]
    assert [len(values) for values in found.values] == [4, 5]
    assert found.known_ahead[0].ravel().tolist() == [4, 5]
    assert found.covariates[1].ravel().tolist() == [0, 1, 2, 3, 4]


def test_years_and_decimal_years_are_times_too():
    assert read_series(table(range(1990, 2000)), "t", "y").frequency == 1.0
    decimals = [1990 + round(k / 12, 3) for k in range(36)]
    found = read_series(table(decimals), "t", "y")
    assert len(found.values[0]) == 36
    assert found.frequency == pytest.approx(1 / 12, rel=1e-3)
    assert read_series(table([20240101, 20240102, 20240103]), "t", "y").frequency == "D"
