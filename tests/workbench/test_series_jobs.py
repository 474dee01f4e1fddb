"""Jobs of series: backtests, verdict, report, saved model, and what odd tables lead to."""

import builtins
import json

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import InputError
from netwright.sequence import RecurrentForecaster
from netwright.training import Training
from netwright.workbench import evaluate, fit_series, load_job, predict
from netwright.workbench.series.references import drift, naive, references_for, seasonal_naive
from netwright.workbench.series.scoring import coverage, unit_of, winkler
from netwright.workbench.series.verdict import verdict_on_forecasts

NET = RecurrentForecaster(training=Training(epochs=2))


def sold(n=100, shop=None, shift=0.0):
    days = pd.date_range("2024-01-01", periods=n)
    noise = np.random.default_rng(0).normal(size=n)
    frame = pd.DataFrame({"day": days, "sold": shift + 20 + 5 * np.sin(2 * np.pi * np.arange(n) / 7) + noise})
    return frame if shop is None else frame.assign(shop=shop)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series") / "job"
    file = folder.parent / "sold.csv"
    sold().to_csv(file, index=False)
    fit_series(file, time="day", target="sold", horizon=7, out=folder, model=NET)
    return folder


def test_the_folder_holds_a_backtested_model_beside_its_references(folder):
    note = json.loads((folder / "job.json").read_text())
    assert list(note["scores"]) == ["net", "naive", "seasonal naive", "drift", "exponential smoothing"]
    assert note["scores"]["net"]["mase"] < note["scores"]["naive"]["mase"]
    assert 0.5 < note["scores"]["net"]["coverage_80"] <= 1
    held = pd.read_csv(folder / "held_out.csv")
    assert len(held) == note["n_held_out"] == 35
    error = (held["truth"] - held["prediction"]).abs()
    assert error.mean() == pytest.approx(note["scores"]["net"]["mae"], rel=1e-6)
    inside = (held["truth"] >= held["lower 80 %"]) & (held["truth"] <= held["upper 80 %"])
    assert inside.mean() == pytest.approx(note["scores"]["net"]["coverage_80"])


def test_the_report_draws_the_steps_ahead_and_says_who_is_better(folder):
    page = (folder / "report.html").read_text()
    assert "The steps ahead" in page
    assert "forecast from earlier origins" in page
    assert "exponential smoothing" in page
    assert "80 % band held" in page
    assert "2024-04-16" in page  # the last of the seven days ahead
    assert "https://" not in page


def test_predict_goes_on_from_the_end_and_from_newer_rows(folder):
    ahead = predict(folder)
    assert list(ahead) == ["time", "prediction", "lower 80 %", "upper 80 %", "lower 95 %", "upper 95 %"]
    assert list(ahead["time"]) == list(pd.date_range("2024-04-10", periods=7))
    assert (ahead["lower 95 %"] < ahead["lower 80 %"]).all()
    newer = predict(folder, sold(110))
    assert newer["time"][0] == pd.Timestamp("2024-04-20")
    model, _ = load_job(folder)
    np.testing.assert_allclose(ahead["prediction"], model.predict()[0][:, 0])
    with pytest.raises(InputError, match="no column 'sold'"):
        predict(folder, sold().rename(columns={"sold": "x"}))


def test_evaluate_forecasts_each_later_step_once(folder):
    """The reference: predict from what was known at each origin, a horizon apart, and numpy's means."""
    later, ends = sold(118), (100, 107, 114)
    told = pd.concat([predict(folder, later.head(end)) for end in ends]).merge(
        later, left_on="time", right_on="day"
    )
    assert len(told) == 18
    missed = told["prediction"] - told["sold"]
    held = (told["sold"] > told["lower 80 %"]) & (told["sold"] < told["upper 80 %"])
    season = np.abs(later["sold"][7:100].to_numpy() - later["sold"][:93].to_numpy()).mean()
    scores = evaluate(folder, later)
    assert list(scores) == ["mase", "mae", "rmse", "coverage_80", "coverage_95", "winkler_95"]
    assert scores["mae"] == pytest.approx(missed.abs().mean(), rel=1e-6)
    assert scores["rmse"] == pytest.approx((missed**2).mean() ** 0.5, rel=1e-6)
    assert scores["mase"] == pytest.approx(missed.abs().mean() / season, rel=1e-6)
    assert scores["coverage_80"] == pytest.approx(held.mean())


def hourly(n):
    return sold(n).assign(day=pd.date_range("2024-01-01", periods=n, freq="h"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (sold(), "must be later than training, which ends at 2024-04-09"),
        (sold(130).tail(32), "steps must stand before the first that is judged, got 2 up to 2024-04-09"),
        (hourly(130), "times must be on the step 'D'"),
        (sold(130).assign(day=np.arange(130)), "times must be on the step 'D'"),
        (
            sold(130).assign(day=pd.date_range("2024-01-01", periods=130, tz="UTC")),
            "must have no time zone, as those of training, got 2024-01-01 00:00:00\\+00:00",
        ),
    ],
)
def test_evaluate_says_what_later_rows_lack(folder, table, words):
    with pytest.raises(InputError, match=words):
        evaluate(folder, table)


def test_many_series_are_judged_and_forecast_together(tmp_path):
    table = pd.concat([sold(90, "a"), sold(80, "b", shift=100.0)])
    job = fit_series(
        table,
        time="day",
        target="sold",
        horizon=5,
        series="shop",
        model=NET,
        references=False,
        out=tmp_path / "j",
    )
    assert set(job.held_out["series"]) == {"a", "b"}
    ahead = predict(tmp_path / "j")
    assert list(ahead["series"]) == ["a"] * 5 + ["b"] * 5
    assert ahead.groupby("series")["prediction"].mean().diff()["b"] == pytest.approx(100, abs=8)
    assert len(job.content.answers.forecasts) == 2
    more = pd.concat([sold(99, "a"), sold(99, "b", shift=100.0)])
    missed = {"a": [], "b": []}  # by hand: of each series from its own end on
    for step in range(0, 20, 5):
        seen = pd.concat([sold(min(90 + step, 99), "a"), sold(80 + step, "b", shift=100.0)])
        told = predict(tmp_path / "j", seen).merge(
            more, left_on=["series", "time"], right_on=["shop", "day"], suffixes=("", "_came")
        )
        for name, rows in told.groupby("series"):
            missed[name] += (rows["prediction"] - rows["sold"]).abs().tolist()
    assert [len(one) for one in missed.values()] == [9, 19]
    by_hand = np.mean([np.mean(one) for one in missed.values()])
    assert evaluate(tmp_path / "j", more)["mae"] == pytest.approx(by_hand, rel=1e-6)
    with pytest.raises(InputError, match="got also 'c'"):
        evaluate(tmp_path / "j", more.assign(shop=more["shop"].replace("b", "c")))
    with pytest.raises(InputError, match="got no 'b'"):
        predict(tmp_path / "j", more[more["shop"] == "a"])


def zoned(n=100):
    """Hours over the night in which summer time ends, in which one hour comes twice."""
    hours = pd.date_range("2024-10-26", periods=n, freq="h", tz="Europe/Berlin")
    return sold(n).assign(day=hours)


ODD = {
    "gaps": (sold().drop(index=range(30, 40)), ["gaps", "missing"], "10 of 100 values"),
    "unordered": (sold().sample(frac=1, random_state=0), ["unordered"], "sorted"),
    "a block of NaN": (
        sold().assign(sold=lambda t: t.sold.where(~t.index.isin(range(40, 52)))),
        ["missing"],
        "12 in a row",
    ),
    "constant": (sold().assign(sold=3.0), ["constant"], "all values are 3"),
    "times twice": (
        pd.concat([sold(), sold().tail(2)]).sort_values("day", kind="stable"),
        ["duplicates"],
        "rows 99 and 100",
    ),
    "summer time": (zoned(), [], "2024-10-30 0"),
}


@pytest.mark.parametrize(("table", "kinds", "words"), ODD.values(), ids=ODD)
def test_what_is_odd_in_a_table_is_told_in_the_report(table, kinds, words, tmp_path):
    asked = {"time": "day", "target": "sold", "horizon": 7, "duplicates": "mean", "references": False}
    job = fit_series(table, **asked, model=NET, out=tmp_path / "job")
    assert [one.kind for one in job.content.findings] == kinds
    assert words in (tmp_path / "job" / "report.html").read_text()
    assert np.isfinite(job.scores["mae"])
    assert np.isfinite(predict(tmp_path / "job")["prediction"]).all()


def test_a_reference_that_is_better_is_named_plainly():
    walk = np.random.default_rng(3).normal(size=120).cumsum()
    table = {"t": np.arange(120), "y": walk}
    job = fit_series(table, time="t", target="y", horizon=4, model=NET)
    panels = {name: panel["mase"] for name, panel in job.note.scores.items()}
    best = min(panels, key=panels.get)
    assert best in job.content.verdict or best == "net"
    said = verdict_on_forecasts({"net": {"mase": 1.0, "coverage_80": 0.79}, "naive": {"mase": 0.8}}, 4)
    assert said.startswith("A reference forecasts 4 steps ahead better than the net: naive")
    assert "held 79 %" in said
    level = verdict_on_forecasts({"net": {"mase": 1.0}, "naive": {"mase": 0.995}}, 4)
    assert "is level with the best reference, naive" in level


def test_without_statsmodels_the_rest_is_there_and_the_report_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def lacking(name, *rest):
        if name.startswith("statsmodels"):
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    makers, said = references_for(7)
    assert list(makers) == ["naive", "seasonal naive", "drift"]
    assert "pip install 'netwright[series]'" in said
    job = fit_series(sold(60), time="day", target="sold", horizon=3, model=NET)
    assert "exponential smoothing" not in job.note.scores
    assert any("netwright[series]" in one.message for one in job.content.findings)


@pytest.mark.parametrize(
    ("table", "horizon", "message"),
    [
        (sold(20), 30, "ask for --horizon 4"),
        (sold(20), 7, "ask for --horizon 4"),
        (sold(9), 7, "must have 29 steps"),
        (sold(1), 1, "must have"),
        (pd.concat([sold(60), sold(60).tail(2)]), 3, "each time must stand once .* in rows 59 and 61"),
        (sold(60), 0, "horizon must be"),
        (sold(60).assign(sold=np.inf), 3, "infinity in row 1"),
    ],
)
def test_what_cannot_be_forecast_is_refused(table, horizon, message):
    with pytest.raises(InputError, match=message):
        fit_series(table, time="day", target="sold", horizon=horizon, model=NET)


def test_scores_and_references_are_those_of_their_definitions():
    seen = np.array([1.0, 2.0, 4.0, 3.0, 4.0, 6.0])
    assert naive(seen, 2, 3).tolist() == [6, 6]
    assert seasonal_naive(seen, 4, 3).tolist() == [3, 4, 6, 3]
    assert drift(seen, 2, 3).tolist() == [7, 8]
    assert unit_of(seen, 3) == 2
    truth, low, high = np.array([1.0, 5.0, np.nan]), np.array([0.0, 0.0, 0.0]), np.array([2.0, 4.0, 4.0])
    assert coverage(truth, low, high) == 0.5
    assert winkler(truth, low, high, 0.95) == pytest.approx((2 + 4 + 40 * 1) / 2)
