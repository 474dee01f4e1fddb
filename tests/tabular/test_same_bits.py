"""The same rows and the same seed give the same bits, however they come."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from netwright.contracts.claims import untouched_streams
from netwright.data import RandomOverSampler, RandomUnderSampler
from netwright.tabular import MLPClassifier, MLPMultiOutput, MLPRegressor, TabMClassifier, TabMRegressor
from netwright.training import Training

QUICK = Training(epochs=3)
MODELS = [
    MLPClassifier(hidden=(8,), dropout=0.2, training=QUICK, random_state=0),
    MLPRegressor(hidden=(8,), dropout=0.2, training=QUICK, random_state=0),
    TabMClassifier(n_members=2, width=8, training=QUICK, random_state=0),
    TabMRegressor(n_members=2, width=8, training=QUICK, random_state=0),
]
each = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(0), 600
    X = pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "b": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 9, n)),
            "c": rng.choice(list("xyz"), n),
        }
    )
    return X, X["a"] + (X["c"] == "x") + 0.3 * rng.normal(size=n)


def target_for(model, y):
    return np.asarray(
        np.where(y > 1, "high", np.where(y > 0, "mid", "low")) if "Classifier" in repr(model) else y
    )


def numbers(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@each
def test_the_users_random_streams_are_untouched(model, table):
    X, y = table
    with untouched_streams(model, "fit and predict"):
        clone(model).set_params(random_state=7).fit(X, target_for(model, y)).predict(X)


@each
def test_the_users_seeds_make_no_difference_and_random_state_does(model, table):
    X, y = table
    y = target_for(model, y)
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(found))
        found.append(numbers(clone(model).set_params(random_state=seed).fit(X, y), X))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@each
def test_a_shuffled_table_gives_the_same_network(model, table):
    X, y = table
    y = target_for(model, y)
    order = np.random.default_rng(1).permutation(len(X))
    straight, shuffled = clone(model).fit(X, y), clone(model).fit(X.iloc[order], y[order])
    assert np.array_equal(numbers(straight, X), numbers(shuffled, X))
    assert straight.record_ == shuffled.record_


@each
def test_whole_number_weights_are_rows_that_stand_there_so_often(model, table):
    X, y = table[0].iloc[:150], table[1].iloc[:150]
    y = target_for(model, y)
    weight = np.random.default_rng(2).integers(0, 4, len(X))
    repeated = np.repeat(np.arange(len(X)), weight)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    assert np.array_equal(numbers(weighted, X), numbers(clone(model).fit(X.iloc[repeated], y[repeated]), X))


def test_weights_of_classes_count_repeated_rows(table):
    X, y = table[0].iloc[:150], np.where(table[1].iloc[:150] > 0.5, "high", "low")
    weight = np.random.default_rng(2).integers(0, 4, len(X))
    repeated = np.repeat(np.arange(len(X)), weight)
    model = MLPClassifier(hidden=(8,), class_weight="balanced", training=QUICK, random_state=0)
    weighted, longer = (
        clone(model).fit(X, y, sample_weight=weight),
        clone(model).fit(X.iloc[repeated], y[repeated]),
    )
    assert np.array_equal(weighted.predict_proba(X), longer.predict_proba(X))


COMPANIES = ([17], [599, 17, 3], list(range(100, 400)), list(range(599, -1, -1)))


@each
def test_a_rows_prediction_has_the_same_bits_in_any_company(model, table):
    X, y = table
    model = clone(model)
    model.set_params(**({"hidden": (64, 32)} if "hidden" in model.get_params() else {"width": 64}))
    model.fit(X, target_for(model, y))
    whole = numbers(model, X)
    for rows in COMPANIES:
        assert np.array_equal(numbers(model, X.iloc[rows]), whole[rows])


@each
def test_in_tiny_networks_only_the_last_bit_may_differ(model, table):
    X, y = table
    model = clone(model).fit(X, target_for(model, y))
    whole = numbers(model, X)
    for rows in COMPANIES:
        np.testing.assert_allclose(numbers(model, X.iloc[rows]), whole[rows], rtol=1e-5, atol=1e-6)


def test_a_network_of_several_targets_repeats_as_well(table):
    X, y = table
    Y = pd.DataFrame({"number": y, "sign": np.where(y > 0, "plus", "minus")})
    order = np.random.default_rng(1).permutation(len(X))
    model = MLPMultiOutput(hidden=(8,), training=QUICK, random_state=0)
    straight, shuffled = clone(model).fit(X, Y), clone(model).fit(X.iloc[order], Y.iloc[order])
    pd.testing.assert_frame_equal(straight.predict(X), shuffled.predict(X), check_exact=True)


@pytest.mark.parametrize("sampler", [RandomOverSampler(), RandomUnderSampler()])
def test_samplers_repeat_and_leave_the_streams_alone(sampler, table):
    X, y = table
    y = np.where(y > 1.5, "rare", "usual")
    model = MLPClassifier(hidden=(8,), training=Training(epochs=3, sampler=sampler), random_state=0)
    before = torch.random.get_rng_state()
    found = [clone(model).fit(X, y).predict_proba(X) for _ in range(2)]
    assert np.array_equal(*found)
    assert torch.equal(before, torch.random.get_rng_state())
