import importlib

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import TableError
from netwright.tabular import MLPRegressor
from netwright.training import Training
from netwright.workbench import fit
from netwright.workbench.cut import Request, cut_table

TABLE = pd.DataFrame(
    {
        "x": np.arange(40.0) ** 1.5,
        "shop": np.repeat(["a", "b", "c", "d", "e", "f", "g", "h"], 5),
        "when": pd.date_range("2024-01-01", periods=40).strftime("%Y-%m-%d")[::-1],
        "y": np.sin(np.arange(40.0)),
    }
)


@pytest.mark.parametrize("setting", ["exclude", "group", "time"])
def test_the_target_cannot_be_asked_for_another_purpose(setting):
    asked = {setting: ("y",) if setting == "exclude" else "y"}
    with pytest.raises(TableError, match=f"{setting} must name another column than the target"):
        cut_table(TABLE, Request("y", **asked))


def test_the_latest_rows_are_held_out_and_time_stays_a_feature():
    cut = cut_table(TABLE, Request("y", time="when"))
    assert cut.held_out.rows.tolist() == list(range(8))
    assert cut.held_out.X["when"].min() > cut.learn.X["when"].max()


def test_groups_stay_on_one_side_and_are_no_feature():
    cut = cut_table(TABLE, Request("y", group="shop"))
    assert not set(cut.learn.groups) & set(cut.held_out.groups)
    assert "shop" not in cut.learn.X
    assert cut.others == ["shop", "y"]


def test_rows_without_a_target_are_left_out_and_the_others_keep_their_numbers():
    table = TABLE.assign(y=TABLE["y"].where(TABLE.index % 4 > 0))
    cut = cut_table(table, Request("y"))
    rows = np.concatenate([cut.learn.rows, cut.held_out.rows])
    assert sorted(rows) == [row for row in range(40) if row % 4]
    np.testing.assert_array_equal(cut.held_out.y, table["y"].to_numpy()[cut.held_out.rows])
    np.testing.assert_array_equal(cut.held_out.X["x"], table["x"].to_numpy()[cut.held_out.rows])


def test_a_time_that_is_none_is_told_with_its_row():
    with pytest.raises(TableError, match="none in row 3"):
        cut_table(TABLE.assign(when=TABLE["when"].where(TABLE.index != 2, "soon")), Request("y", time="when"))


@pytest.mark.parametrize("setting", ["group", "time"])
def test_what_chooses_among_references_is_split_off_as_the_table_was(setting, monkeypatch):
    judged = []

    def spy(encoder, inputs, target, judge, **_):
        judged.append((target, judge))
        return iter(())

    monkeypatch.setattr(importlib.import_module("netwright.workbench.stages"), "fit_references", spy)
    asked = {"group": "shop", "time": "when"}[setting]
    fit(TABLE, "y", model=MLPRegressor(hidden=(4,), training=Training(epochs=1)), **{setting: asked})
    target, judge = judged[0]
    part = cut_table(TABLE, Request("y", **{setting: asked})).learn
    np.testing.assert_array_equal(target, part.y)
    chosen = np.isin(np.arange(len(part)), judge)
    if setting == "group":
        assert not set(part.groups[chosen]) & set(part.groups[~chosen])
    else:
        assert part.time[chosen].min() > part.time[~chosen].max()
