"""Weights of classes and samples."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from netwright.core.errors import TableError
from netwright.data import class_weights, sample_weights

RNG = np.random.default_rng(0)
Y = RNG.choice(["a", "b", "c"], 500, p=[0.7, 0.25, 0.05])


def test_balanced_weights_equal_scikit_learns():
    theirs = compute_class_weight("balanced", classes=np.unique(Y), y=Y)
    np.testing.assert_allclose(list(class_weights(Y).values()), theirs, rtol=1e-12)
    np.testing.assert_allclose(sample_weights(Y), compute_sample_weight("balanced", Y), rtol=1e-12)
    given = {"a": 2.0, "b": 0.5, "c": 1.0}
    np.testing.assert_allclose(sample_weights(Y, given), compute_sample_weight(given, Y), rtol=1e-12)


def test_balanced_weights_give_every_class_the_same_sum_and_a_mean_of_one():
    weights = sample_weights(Y)
    sums = [weights[name == Y].sum() for name in "abc"]
    np.testing.assert_allclose(sums, sums[0])
    assert weights.mean() == pytest.approx(1)


def test_weight_two_equals_duplicating_the_sample():
    X = RNG.normal(size=(200, 3))
    y = (X[:, 0] + RNG.normal(size=200) > 1).astype(int)
    twice = np.concatenate([np.arange(200), np.flatnonzero(y == 1)])
    model = LogisticRegression(tol=1e-10, max_iter=1000)
    weighted = model.fit(X, y, sample_weight=sample_weights(y, {1: 2})).coef_.copy()
    np.testing.assert_allclose(weighted, model.fit(X[twice], y[twice]).coef_, rtol=1e-6)
    assert np.abs(weighted - model.fit(X, y).coef_).max() > 1e-3


def test_own_weights_multiply_those_of_the_class():
    own = RNG.random(500)
    np.testing.assert_allclose(sample_weights(Y, sample_weight=own), sample_weights(Y) * own)


def test_classes_without_a_given_weight_weigh_one():
    assert class_weights([0, 1, 1], {0: 3}) == {0: 3.0, 1: 1.0}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: class_weights(Y, "equal"), "weighting must be 'balanced'"),
        (lambda: class_weights(Y, {"z": 1.0}), "got one of 'z'; choose from: 'a', 'b', 'c'"),
        (lambda: class_weights(Y, {"a": -1.0}), "must be finite and not negative"),
        (lambda: class_weights([[1, 2]]), "one class per row"),
        (lambda: sample_weights(Y, sample_weight=[1.0]), "for each of 500 rows"),
        (lambda: sample_weights([0, 1], sample_weight=[1.0, -1.0]), "not negative"),
    ],
)
def test_wrong_weights_are_told(call, words):
    with pytest.raises(TableError) as caught:
        call()
    assert words in str(caught.value)
