import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold

from netwright.core.errors import InputError, TableError
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training
from netwright.workbench import compare_networks

QUICK = Training(epochs=4)
SHAPES = {"baseline": (4,), "wide": (16,), "deep": (4, 4)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=150), "c": rng.choice(list("xyz"), 150)})
    return X, X["a"] ** 2 + (X["c"] == "x") + 0.1 * rng.normal(size=150)


def test_the_errors_are_those_of_a_loop_over_scikit_learns_folds_with_the_same_seeds(table):
    X, y = table
    found = compare_networks(X, y, shapes=SHAPES, folds=3, random_state=7, training=QUICK)
    assert found.index.tolist() == ["baseline", "wide", "deep"]
    for name, hidden in SHAPES.items():
        by_hand = []
        for learn, judge in KFold(3, shuffle=True, random_state=7).split(X):
            model = MLPRegressor(hidden=hidden, training=QUICK, random_state=7).fit(
                X.iloc[learn], y.iloc[learn]
            )
            by_hand.append(np.mean((model.predict(X.iloc[judge]) - y.iloc[judge]) ** 2))
        row = found.loc[name]
        np.testing.assert_allclose(row[["fold 1", "fold 2", "fold 3"]].astype(float), by_hand, rtol=1e-12)
        assert row["mean squared error"] == pytest.approx(np.mean(by_hand))
        assert row["spread"] == pytest.approx(np.std(by_hand))
        assert row["hidden"] == hidden


def test_classes_are_judged_by_the_log_loss_on_stratified_folds():
    X, y = load_iris(return_X_y=True, as_frame=True)
    y = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    found = compare_networks(X, y, shapes={"small": (8,)}, folds=3, training=QUICK)
    by_hand = []
    for learn, judge in StratifiedKFold(3, shuffle=True, random_state=0).split(X, y):
        model = MLPClassifier(hidden=(8,), training=QUICK, random_state=0).fit(X.iloc[learn], y.iloc[learn])
        by_hand.append(log_loss(y.iloc[judge], model.predict_proba(X.iloc[judge])))
    np.testing.assert_allclose(found.loc["small", ["fold 1", "fold 2", "fold 3"]].astype(float), by_hand)
    assert found.loc["small", "log loss"] == pytest.approx(np.mean(by_hand))


def test_a_planted_function_that_a_small_network_cannot_bend_to_shows_the_need_of_width():
    X = pd.DataFrame({"x": np.linspace(-3, 3, 300)})
    recipe = Training(epochs=120, batch_size=32, learning_rate=0.01, validation=0)
    shapes = {"two units": (2,), "many units": (64,)}
    found = compare_networks(X, np.sin(3 * X["x"]), shapes=shapes, folds=2, training=recipe)
    small, large = found["mean squared error"]
    assert large < small / 2


def test_by_default_a_baseline_stands_beside_a_wide_and_a_deep_network_of_equal_cost(table):
    found = compare_networks(*table, folds=2, training=Training(epochs=1))
    assert found.index.tolist() == ["baseline", "wide", "deep"]
    assert len(found.loc["baseline", "hidden"]) == len(found.loc["wide", "hidden"]) == 1
    assert len(found.loc["deep", "hidden"]) == 3
    few, wide, deep = found["weights"]
    assert few < wide / 2
    assert few < deep / 2


def test_the_same_call_gives_the_same_bits_and_arrays_and_polars_are_tables_too(table):
    X, y = table
    first = compare_networks(X, y, shapes=SHAPES, folds=2, training=QUICK)
    pd.testing.assert_frame_equal(first, compare_networks(X, y, shapes=SHAPES, folds=2, training=QUICK))
    from_polars = compare_networks(pl.from_pandas(X), pl.Series(y), shapes=SHAPES, folds=2, training=QUICK)
    pd.testing.assert_frame_equal(first, from_polars)
    numbers = compare_networks(X[["a"]].to_numpy(), y.to_numpy(), shapes=SHAPES, folds=2, training=QUICK)
    assert numbers.shape == first.shape


def test_rows_without_a_target_are_left_out(table):
    X, y = table
    gaps = y.where(np.arange(150) % 10 > 0)
    kept = gaps.notna()
    found = compare_networks(X, gaps, shapes=SHAPES, folds=2, training=QUICK)
    pd.testing.assert_frame_equal(
        found, compare_networks(X[kept], y[kept], shapes=SHAPES, folds=2, training=QUICK)
    )


def test_what_cannot_be_compared_is_told(table):
    X, y = table
    for folds in (1, 151):
        with pytest.raises(InputError, match=f"folds must be at least 2, and at most the rows, got {folds}"):
            compare_networks(X, y, folds=folds)
    with pytest.raises(InputError, match="got 150 and 149"):
        compare_networks(X, y[:-1])
    with pytest.raises(TableError, match="at least 2 different values"):
        compare_networks(X, np.ones(150))
