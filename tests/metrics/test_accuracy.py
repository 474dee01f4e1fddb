"""Accuracy as Keras computes it."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import keras_accuracy


def some_binary(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, rows), np.round(rng.random(rows), 1)  # one decimal: many are exactly one half


def some_columns(rows=200, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, rows), rng.integers(0, 3, (rows, classes)).astype(float)  # many ties


def test_keras_accuracy_keeps_the_metric_contract():
    check_metric(keras_accuracy, *some_binary())
    check_metric(keras_accuracy, *some_columns())


def test_keras_accuracy_equals_scikit_learn_after_rounding_and_arg_max_ties_included():
    truth, probability = some_binary()
    assert (probability == 0.5).sum() > 5
    rounded = accuracy_score(truth, np.round(probability))  # half to even, as Keras' backend rounds
    assert keras_accuracy(truth, probability) == pytest.approx(rounded, abs=1e-12)
    codes, numbers = some_columns()
    by_place = accuracy_score(codes, [list(row).index(max(row)) for row in numbers])
    assert keras_accuracy(codes, numbers) == pytest.approx(by_place, abs=1e-12)
    assert keras_accuracy(np.eye(4)[codes], numbers) == pytest.approx(by_place, abs=1e-12)


def test_keras_accuracy_equals_the_examples_in_keras_documentation():
    assert keras_accuracy([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]) == 0.75
    assert keras_accuracy([1, 1, 0, 0], [0.98, 1, 0, 0.6], sample_weight=[1, 0, 0, 1]) == 0.5
    one_hot, numbers = [[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]
    assert keras_accuracy(one_hot, numbers) == 0.5
    assert keras_accuracy(one_hot, numbers, sample_weight=[0.7, 0.3]) == pytest.approx(0.3)
    assert keras_accuracy([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]]) == 0.5


def test_one_half_counts_as_zero_and_the_first_of_equal_columns_wins():
    assert keras_accuracy([0, 1], [0.5, 0.5]) == 0.5
    assert keras_accuracy([0, 1], [[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]]) == 0.5


def test_keras_accuracy_names_what_does_not_fit():
    with pytest.raises(InputError, match="prediction must have the 2 rows of truth"):
        keras_accuracy([0, 1], [0.1, 0.2, 0.3])
    with pytest.raises(InputError, match="truth must have prediction's 2 columns"):
        keras_accuracy(np.eye(3), np.zeros((3, 2)))
    with pytest.raises(InputError, match="one column for 3"):
        keras_accuracy(np.eye(3), np.zeros(3))
