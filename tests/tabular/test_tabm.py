import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from netwright.tabular import TabMClassifier, TabMRegressor
from netwright.tabular.tabm import bin_edges
from netwright.training import Training

QUICK = {"n_members": 4, "width": 16, "training": Training(epochs=3), "random_state": 0}


def table(n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.integers(0, 3, n), "c": rng.choice(list("xyz"), n)})
    return X, X["a"].to_numpy() ** 2 + (X["c"] == "x").to_numpy()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_the_mean_of_the_members(n_classes):
    X, y = table()
    y = np.digitize(y, [0.5, 1.5][: n_classes - 1])
    model = TabMClassifier(**QUICK).fit(X, y)
    with torch.no_grad():
        logits = model.network_(model.read(X)).double()
    each = logits.sigmoid()[..., 0].mean(1) if n_classes == 2 else logits.softmax(2).mean(1)
    found = model.predict_proba(X)
    np.testing.assert_allclose(found[:, 1] if n_classes == 2 else found, each, atol=1e-6)


def test_a_prediction_of_numbers_is_the_mean_of_the_members():
    X, y = table()
    model = TabMRegressor(**QUICK).fit(X, y)
    with torch.no_grad():
        members = model.network_(model.read(X)).double()[..., 0]
    mean, scale = model.head_.means[0], model.head_.scales[0]
    np.testing.assert_allclose(model.predict(X), members.mean(1) * scale + mean, rtol=1e-5, atol=1e-6)
    assert members.std(1).mean() > 0.01  # they do not agree


def test_together_the_members_are_better_than_they_are_one_by_one():
    """The mean squared error of the mean is that of the members less their variance (Krogh and Vedelsby)."""
    X, y = table(600)
    new_X, new_y = table(400, seed=1)
    model = TabMRegressor(n_members=8, width=32, training=Training(epochs=20), random_state=0).fit(X, y)
    with torch.no_grad():
        members = model.network_(model.read(new_X)).double()[..., 0].numpy()
    members = members * model.head_.scales[0] + model.head_.means[0]
    alone = ((members - new_y[:, None]) ** 2).mean()
    together = ((model.predict(new_X) - new_y) ** 2).mean()
    assert together == pytest.approx(alone - members.var(axis=1).mean(), rel=1e-4)
    assert together < alone


def test_bins_have_about_equally_many_rows():
    column = np.random.default_rng(0).exponential(size=10_000)
    edges = bin_edges(column, 10)
    counts = np.histogram(column, edges)[0]
    assert len(edges) == 11
    assert (edges[0], edges[-1]) == (column.min(), column.max())
    assert np.abs(counts - 1000).max() <= 2


@pytest.mark.parametrize(
    ("column", "edges"),
    [([3.0, 1.0, 2.0, 1.0], [1, 2, 3]), ([5.0, 5.0], [5, 6]), ([0.0, 1.0], [0, 1])],
)
def test_a_column_of_few_values_has_an_edge_at_each(column, edges):
    assert bin_edges(np.array(column), 8).tolist() == edges


def test_one_value_that_fills_the_column_takes_no_more_than_one_bin():
    column = np.concatenate([np.zeros(9000), np.random.default_rng(0).random(1000) + 1])
    edges = bin_edges(column, 10)
    assert (edges > 1).sum() >= 7
    assert (np.diff(edges) > 0).all()


def test_the_edges_come_from_the_training_rows_alone():
    X = pd.DataFrame({"a": np.r_[np.linspace(0, 1, 160), np.full(40, 50.0)]})
    model = TabMRegressor(n_members=2, width=8, training=Training(epochs=1, validation=0.2))
    model.fit(X, X["a"], time=np.arange(200))
    scaled = model.table_.transform(pd.DataFrame({"a": [0.0, 1.0]}))[:, 0]
    np.testing.assert_allclose([model.edges_[0][0], model.edges_[0][-1]], scaled, atol=1e-6)


def test_rare_levels_are_drawn_to_what_is_known_of_no_level():
    X = pd.DataFrame({"c": ["often"] * 300 + ["seldom"] * 3})
    model = TabMRegressor(**QUICK).fit(X, np.arange(303.0))
    shares = model.network_.categories.share_0[:, 0]
    counts = model.counts_[0]
    np.testing.assert_allclose(shares, counts / (counts + 100.0))
    assert shares.max() > 0.7
    assert 0 < shares[counts > 0].min() < 0.03


def test_open_fields_take_its_own_defaults_and_given_ones_stay():
    X, y = table(300)
    model = TabMRegressor(n_members=2, width=8, training=Training(epochs=2), random_state=0).fit(X, y)
    chosen = {choice.name: choice.value for choice in model.record_.choices}
    assert chosen["learning_rate"] == 2e-3
    assert {"batch_size", "validation", "schedule"} <= set(chosen)
    assert "epochs" not in chosen
    assert all(choice.reason for choice in model.record_.choices)
    rates = model.record_.values("learning_rate")
    assert rates[-1] < max(rates)  # the schedule is at work
    assert model.training.learning_rate is None  # the user's recipe is as it was
    own = clone(model).set_params(training__learning_rate=1e-4, training__batch_size=50).fit(X, y)
    assert own.record_.batch_size == 50
    assert max(own.record_.values("learning_rate")) <= 1e-4


def test_hubers_delta_lets_wild_rows_count_less():
    rng = np.random.default_rng(0)
    X = np.zeros((400, 1)) + rng.normal(size=(400, 1)) * 0.01
    y = np.where(rng.random(400) < 0.05, 100.0, 0.0) + rng.normal(size=400)
    recipe = Training(epochs=30, learning_rate=0.01, validation=0)
    robust = (
        TabMRegressor(n_members=2, width=8, delta=0.1, training=recipe, random_state=0).fit(X, y).predict(X)
    )
    square = (
        TabMRegressor(n_members=2, width=8, delta=None, training=recipe, random_state=0).fit(X, y).predict(X)
    )
    assert np.median(robust) < 0.6 * np.median(square)


def test_with_its_defaults_it_is_about_as_good_as_boosted_trees_on_small_real_tables():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X, new_X, y, new_y = train_test_split(X, y, random_state=0, stratify=y)
    boosted = HistGradientBoostingClassifier(random_state=0).fit(X, y).predict_proba(new_X)[:, 1]
    found = TabMClassifier(random_state=0).fit(X, y).predict_proba(new_X)[:, 1]
    assert roc_auc_score(new_y, found) > roc_auc_score(new_y, boosted) - 0.01
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X, new_X, y, new_y = train_test_split(X, y, random_state=0)
    boosted = HistGradientBoostingRegressor(random_state=0).fit(X, y)
    assert TabMRegressor(random_state=0).fit(X, y).score(new_X, new_y) > boosted.score(new_X, new_y)


def test_no_bin_lies_in_a_gap_where_there_are_no_rows():
    values = np.concatenate([np.zeros(9000), 1 + np.random.default_rng(0).random(1000)])
    assert np.histogram(values, bin_edges(values, 10))[0].min() > 0
