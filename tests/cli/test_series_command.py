"""`netwright fit --horizon`: series on the command line."""

import io

import numpy as np
import pandas as pd


def written(place, n=60):
    file = place / "sold.csv"
    t = np.arange(n)
    frame = pd.DataFrame(
        {"day": pd.date_range("2024-01-01", periods=n), "sold": 9 + np.sin(2 * np.pi * t / 7)}
    )
    frame.to_csv(file, index=False)
    return file


def test_series_are_fitted_and_forecast(run, tmp_path):
    file, out = written(tmp_path), tmp_path / "job"
    ended = run(
        "fit", file, "--time", "day", "--target", "sold", "--horizon", 3, "--out", out, "--no-references"
    )
    assert (ended.code, ended.err) == (0, "")
    assert "Scaled error" in ended.out
    assert "3 steps ahead" in ended.out
    ahead = pd.read_csv(io.StringIO(run("predict", out).out))
    assert ahead["time"].tolist() == ["2024-03-01", "2024-03-02", "2024-03-03"]
    assert "task         forecast" in run("info", out).out
    told = run("evaluate", out, written(tmp_path, 70)).out
    assert [line.split("  ")[0] for line in told.splitlines()] == [
        "Scaled error",
        "Mean absolute error",
        "Root mean squared error",
        "Held by the 80 % band",
        "Held by the 95 % band",
        "Winkler score, 95 %",
    ]


def test_words_that_do_not_belong_to_series_are_refused(refused, tmp_path):
    file = written(tmp_path)
    series = ("fit", file, "--target", "sold", "--horizon", 3)
    assert "'--time'" in refused(*series)
    assert "--net" in refused(*series, "--time", "day", "--net", "mlp")
    assert "--series" in refused("fit", file, "--target", "sold", "--series", "day")
    assert "2024-01-01" in refused(
        "fit", doubled(tmp_path), "--time", "day", "--target", "sold", "--horizon", 3
    )
    assert "must have 98 steps" in refused("fit", file, "--time", "day", "--target", "sold", "--horizon", 30)


def doubled(place):
    frame = pd.read_csv(written(place))
    file = place / "doubled.csv"
    pd.concat([frame, frame.head(2)]).to_csv(file, index=False)
    return file
