"""From a file to a model that predicts and is judged, told no more than the target: tables of all kinds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from netwright.cli import main
from netwright.training import Training
from netwright.workbench import evaluate, fit, info, predict
from netwright.workbench.nets import tabm

pytestmark = pytest.mark.filterwarnings("error")  # no warning may reach a user's screen


def whole_job(table, target, folder, **settings):
    """Write the table to a file, fit, and use what was written on the file itself."""
    file = folder / "table.csv"
    table.to_csv(file, index=False)
    job = fit(str(file), target, out=folder / "job", **settings)
    note = info(folder / "job")
    assert note == job.note
    assert note.target == target
    assert (folder / "job" / "report.html").stat().st_size > 10_000
    predicted = predict(folder / "job", str(file))
    assert len(predicted) == len(table)
    assert np.isfinite(predicted.select_dtypes("number").to_numpy()).all()
    held_out = pd.read_csv(folder / "job" / "held_out.csv")
    for name in predicted:  # the file holds what the job said of the rows it had held out
        again = predicted[name].iloc[held_out["row"] - 1].reset_index(drop=True)
        pd.testing.assert_series_equal(again, held_out[name], check_dtype=False, rtol=1e-6)
    unneeded = [target, *note.left_out, *settings.get("exclude", ())]
    pd.testing.assert_frame_equal(predict(folder / "job", table.drop(columns=unneeded)), predicted)
    known = table[table[target].notna()]
    found = evaluate(folder / "job", known.drop(columns=unneeded[1:]))
    assert found.keys() - {"loss"} == job.scores.keys()
    assert found == evaluate(folder / "job", known)
    return job


def brief(task):
    """The net of the main job with a bound on its epochs, to spare the time of those who run the tests."""
    return tabm(task).set_params(training=Training(epochs=4))


def penguins():
    """A table with the kinds of columns that the penguins have: words, numbers, and gaps in both."""
    rng = np.random.default_rng(0)
    n = 344
    species = rng.choice(["Adelie", "Chinstrap", "Gentoo"], n, p=[0.44, 0.2, 0.36])
    bill = pd.Series(species).map({"Adelie": 38.8, "Chinstrap": 48.8, "Gentoo": 47.5}).to_numpy()
    male = rng.random(n) < 0.5
    table = pd.DataFrame({
        "species": species,
        "island": np.where(species == "Gentoo", "Biscoe", rng.choice(["Biscoe", "Dream", "Torgersen"], n)),
        "bill_length_mm": (bill + 3 * male + rng.normal(0, 2.0, n)).round(1),
        "body_mass_g": (3700 + 1300 * (species == "Gentoo") + 500 * male + rng.normal(0, 250, n)).round(-1),
        "sex": np.where(male, "male", "female"),
        "year": rng.choice([2007, 2008, 2009], n),
    })  # fmt: skip
    table.loc[rng.random(n) < 0.03, "sex"] = None
    table.loc[[3, 271], ["bill_length_mm", "body_mass_g"]] = np.nan
    return table


def full_of_gaps():
    """Twelve columns of 8,000 rows, 30 % of the cells missing, and 5,000 levels that matter."""
    rng = np.random.default_rng(1)
    n = 8000
    table = pd.DataFrame(rng.normal(size=(n, 7)).round(3), columns=[f"number{c}" for c in range(7)])
    city = (5000 * rng.random(n) ** 2).astype(int)  # few cities have many rows, many have one
    table["city"] = [f"city {place}" for place in city]
    table["colour"] = rng.choice(["red", "green", "blue"], n)
    table["day"] = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D")
    table["open"] = rng.random(n) < 0.5
    signal = 2 * table.number0 + table.number1 + 2 * (city < 100) + (table.colour == "red")
    table = table.mask(rng.random(table.shape) < 0.3)
    table["price"] = (signal + rng.normal(size=n)).round(3)
    return table


def test_breast_cancer(tmp_path):
    job = whole_job(load_breast_cancer(as_frame=True).frame, "target", tmp_path, references=False)
    assert job.note.task == "binary"
    assert job.scores["roc_auc"] > 0.97


def test_wine_beside_its_references(tmp_path):
    job = whole_job(load_wine(as_frame=True).frame, "target", tmp_path)
    assert job.note.task == "multiclass"
    assert set(job.note.scores) == {"net", "constant", "linear model", "gradient boosting"}
    assert job.scores["accuracy"] > 0.9
    assert job.scores["log_loss"] < 0.5 * job.note.scores["constant"]["log_loss"]


def test_diabetes(tmp_path):
    job = whole_job(load_diabetes(as_frame=True).frame, "target", tmp_path, references=False)
    assert job.note.task == "regression"
    assert job.scores["r2"] > 0.3


def test_words_numbers_and_gaps_like_the_penguins(tmp_path):
    job = whole_job(penguins(), "species", tmp_path, references=False)
    assert job.note.classes == ["Adelie", "Chinstrap", "Gentoo"]
    assert job.scores["accuracy"] > 0.85


def test_a_target_with_gaps_is_learned_from_the_rows_that_have_it(tmp_path):
    table = penguins()
    job = whole_job(table, "sex", tmp_path, references=False, exclude=["year"], model=brief)
    assert job.note.n_rows == table["sex"].notna().sum()
    assert job.scores["roc_auc"] > 0.7
    assert "year" in job.note.known


def test_thirty_percent_missing_and_a_category_of_five_thousand_levels(tmp_path):
    table = full_of_gaps()
    assert table.shape == (8000, 12)
    job = whole_job(table, "price", tmp_path, references=False, model=brief)
    assert job.note.left_out == {}
    assert job.scores["r2"] > 0.25


def test_two_hundred_rows(tmp_path):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(200, 4)), columns=list("abcd"))
    table["y"] = np.where(table.a + table.b + 0.5 * rng.normal(size=200) > 0, "up", "down")
    job = whole_job(table, "y", tmp_path, references=False)
    assert job.note.n_held_out == 40
    assert job.scores["roc_auc"] > 0.85


def test_the_command_needs_the_target_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    load_wine(as_frame=True).frame.to_csv("wine.csv", index=False)
    with pytest.raises(SystemExit) as end:
        main(["fit", "wine.csv", "--target", "target"])
    assert not end.value.code
    assert capsys.readouterr().err == ""
    assert info("runs/wine").scores["net"]["accuracy"] > 0.9
