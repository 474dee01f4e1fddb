import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from torch import nn

from netwright.core.errors import InputError
from netwright.tabular import MLPMultiOutput
from netwright.training import Training

QUICK = Training(epochs=3)


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(0), 200
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.choice(list("xyz"), n)}, index=range(500, 500 + n))
    Y = pd.DataFrame(
        {
            "sign": np.where(X["a"] > 0, "plus", "minus"),
            "letter": X["b"].str.upper(),
            "double": 2 * X["a"] + 100,
            "flag": X["a"] > 1,
            "grade": np.digitize(X["a"], [-1, 0, 1]),
        },
        index=X.index,
    )
    return X, Y


def test_the_loss_of_training_is_the_weighted_sum_of_the_losses_of_the_targets(table):
    X, Y = table
    weights = {"letter": 0.5, "double": 3.0}
    recipe = Training(epochs=1, batch_size=200, validation=0, learning_rate=1e-12)
    model = MLPMultiOutput(hidden=(8,), target_weights=weights, training=recipe, random_state=0).fit(X, Y)
    probability, predicted = model.predict_proba(X), model.predict(X)
    losses = {}
    for name in ("sign", "letter", "flag"):
        places = np.searchsorted(model.classes_[name], Y[name].to_numpy())
        losses[name] = -np.log(probability[name][np.arange(200), places]).mean()
    for name in ("double", "grade"):
        losses[name] = ((predicted[name] - Y[name]) ** 2).mean() / Y[name].var(ddof=0)
    total = sum(weights.get(name, 1.0) * loss for name, loss in losses.items())
    assert model.record_.epochs[0]["loss"] == pytest.approx(total, rel=1e-5)  # the weights have not moved


def test_classes_and_numbers_are_told_apart_by_their_type_or_by_name(table):
    X, Y = table
    model = MLPMultiOutput(hidden=(8,), training=QUICK, random_state=0).fit(X, Y)
    assert set(model.classes_) == {"sign", "letter", "flag"}
    assert model.head_.n_outputs == 1 + 3 + 1 + 1 + 1
    named = clone(model).set_params(classes=["grade"]).fit(X, Y)
    assert set(model.predict_proba(X)) == {"sign", "letter", "flag"}
    assert named.classes_["grade"].tolist() == [0, 1, 2, 3]
    assert set(named.predict(X)["grade"]) <= {0, 1, 2, 3}


def test_pandas_goes_in_and_comes_out(table):
    X, Y = table
    found = MLPMultiOutput(hidden=(8,), training=QUICK).fit(X, Y).predict(X)
    assert found.columns.tolist() == Y.columns.tolist()
    assert found.index.equals(X.index)
    assert found["flag"].dtype == bool


def test_targets_of_polars_and_of_mixed_arrays_are_read_as_those_of_pandas(table):
    X, Y = table
    model = MLPMultiOutput(hidden=(8,), training=QUICK, random_state=0)
    expected = clone(model).fit(X, Y).predict(X)
    from_polars = clone(model).fit(X, pl.from_pandas(Y)).predict(X)
    pd.testing.assert_frame_equal(from_polars, expected)
    from_array = clone(model).fit(X, Y.to_numpy())
    assert set(from_array.classes_) == {0, 1, 3}  # numbers in an array of objects are numbers
    assert np.array_equal(from_array.predict(X)[:, 2].astype(float), expected["double"])


def test_it_learns_planted_targets_of_both_kinds():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=800), "b": rng.choice(list("xy"), 800)})
    Y = pd.DataFrame({"kind": np.where((X["a"] > 0) ^ (X["b"] == "x"), "odd", "even"), "number": X["a"] ** 2})
    recipe = Training(epochs=40, batch_size=32, learning_rate=5e-3)
    model = MLPMultiOutput(hidden=(32,), training=recipe, random_state=0).fit(X[:600], Y[:600])
    found = model.predict(X[600:])
    assert (found["kind"] == Y["kind"][600:]).mean() > 0.95
    assert np.corrcoef(found["number"], Y["number"][600:])[0, 1] ** 2 > 0.95


def related_tasks(seed, n=90, n_tasks=6):
    """Noisy targets that all bend along the same hidden direction of twenty columns."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(20, 1))
    X = rng.normal(size=(n + 500, 20))
    causes = np.tanh(X @ hidden / 2)
    clean = causes @ rng.normal(size=(1, n_tasks))
    noisy = clean + clean.std() * rng.normal(size=clean.shape)
    return X[:n], noisy[:n], X[n:], clean[n:]


def test_a_shared_trunk_beats_separate_networks_on_related_tasks():
    """Few rows and much noise: what one task teaches the common layers helps the others."""
    recipe = Training(epochs=25, batch_size=32, learning_rate=6e-3, validation=0)
    model = MLPMultiOutput(hidden=(8,), activation=nn.Tanh, training=recipe, random_state=0)
    ratios = []
    for seed in range(3):
        X, Y, new_X, truth = related_tasks(seed)
        together = clone(model).fit(X, Y).predict(new_X)
        apart = np.hstack([clone(model).fit(X, Y[:, [task]]).predict(new_X) for task in range(Y.shape[1])])
        ratios.append(((together - truth) ** 2).mean() / ((apart - truth) ** 2).mean())
    assert max(ratios) < 0.9


def test_a_weight_of_zero_silences_a_target():
    X, Y, new_X, _ = related_tasks(0)
    other = Y.copy()
    other[:, 1] *= -1
    model = MLPMultiOutput(hidden=(8,), target_weights={1: 0.0}, training=QUICK, random_state=0)
    found = [clone(model).fit(X, target).predict(new_X)[:, 0] for target in (Y, other)]
    silent = np.corrcoef(*found)[0, 1]
    loud = [
        clone(model).set_params(target_weights=None).fit(X, target).predict(new_X)[:, 0]
        for target in (Y, other)
    ]
    assert silent > np.corrcoef(*loud)[0, 1]


def test_weights_of_rows_count_for_every_target(table):
    X, Y = table
    weight = np.random.default_rng(2).integers(0, 4, len(X))
    repeated = np.repeat(np.arange(len(X)), weight)
    model = MLPMultiOutput(hidden=(8,), training=QUICK, random_state=0)
    weighted = clone(model).fit(X, Y, sample_weight=weight)
    pd.testing.assert_frame_equal(
        weighted.predict(X), clone(model).fit(X.iloc[repeated], Y.iloc[repeated]).predict(X)
    )


def test_what_cannot_be_learned_is_told(table):
    X, Y = table
    model = MLPMultiOutput(hidden=(8,), training=QUICK)
    with pytest.raises(
        InputError, match="target 'double' must have a value in each row, got a missing one in row 4"
    ):
        model.fit(X, Y.assign(double=np.where(np.arange(200) == 3, np.nan, Y["double"])))
    with pytest.raises(InputError, match="target 'letter' must have at least two classes"):
        model.fit(X, Y.assign(letter="X"))
    for setting in ("classes", "target_weights"):
        with pytest.raises(InputError, match=f"{setting} must name targets, got 'size'"):
            clone(model).set_params(**{setting: {"size": 1.0}}).fit(X, Y)


def test_the_users_stream_is_untouched(table):
    before = torch.random.get_rng_state()
    MLPMultiOutput(hidden=(8,), training=QUICK).fit(*table)
    assert torch.equal(before, torch.random.get_rng_state())
