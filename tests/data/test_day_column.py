import numpy as np
import pandas as pd

from netwright.data import TableEncoder
from netwright.data.encoders.day_column import fit_day_column


def hours(n_days, per_day=24):
    start = np.datetime64("2013-01-01", "us")
    return start + (np.arange(n_days * per_day) * (24 * 60 // per_day)).astype("timedelta64[m]")


def test_each_day_has_a_code_and_its_hours_share_it():
    column = fit_day_column("date", hours(5), min_count=1)
    assert column.encode(hours(5)).tolist() == np.repeat(range(5), 24).tolist()


def test_thin_new_and_missing_days_share_the_last_code():
    values = np.concatenate([hours(3), hours(4)[-2:]])  # the fourth day has two rows
    column = fit_day_column("date", values, min_count=3)
    probe = np.array(["2013-01-04", "2019-01-01", "1900-01-01", "NaT"], dtype="datetime64[us]")
    assert column.cardinality == 4
    assert column.encode(probe).tolist() == [3, 3, 3, 3]


def test_days_with_few_rows_on_average_make_no_category():
    assert fit_day_column("date", hours(50, per_day=9), min_count=1) is None
    assert fit_day_column("date", hours(1), min_count=1) is None


def test_the_encoder_adds_the_day_behind_the_other_categories_where_asked():
    table = pd.DataFrame({"when": hours(3), "place": ["a", "b"] * 36, "size": np.arange(72.0)})
    plain, asked = TableEncoder().fit(table), TableEncoder(calendar_days=True).fit(table)
    assert "when calendar day" not in plain.feature_names_
    assert asked.feature_names_[-2:] == ["when calendar day", "place"]
    assert asked.cardinalities_ == [4, 3]
    codes = asked.transform(table)[:, asked.n_numbers_]
    assert codes.tolist() == np.repeat([0.0, 1.0, 2.0], 24).tolist()
    np.testing.assert_array_equal(
        asked.transform(table)[:, : asked.n_numbers_], plain.transform(table)[:, :-1]
    )


def test_codes_that_no_training_row_had_are_known():
    seen = pd.DataFrame({"place": ["a", "b", "a", "b", "b", "b"], "rare": ["x", "x", "x", "y", "z", "x"]})
    place, rare = TableEncoder(min_count=2).fit(seen).columns_
    assert (place.unlearned, rare.unlearned) == ([2], [])
    assert fit_day_column("date", hours(3), min_count=1).unlearned == [3]
    assert fit_day_column("date", np.append(hours(3), np.datetime64("NaT")), min_count=1).unlearned == []
