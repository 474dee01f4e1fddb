"""The contract of metrics passes a healthy metric and names what is wrong with each sick one."""

import random

import numpy as np
import pytest
import torch

from netwright.contracts import check_metric

TRUTH = np.arange(40) % 2
PREDICTION = np.random.default_rng(0).random(40)


def healthy(truth, prediction, *, sample_weight=None):
    if len(truth) != len(prediction):
        raise ValueError("prediction must have the rows of truth")
    return float(np.average((truth - prediction) ** 2, weights=sample_weight))


def test_a_healthy_metric_passes():
    check_metric(healthy, TRUTH, PREDICTION)
    check_metric(lambda truth, prediction: healthy(truth, prediction), TRUTH, PREDICTION, weighted=False)


def gives_an_array(truth, prediction, *, sample_weight=None):
    return np.array([healthy(truth, prediction, sample_weight=sample_weight)])


def gives_nan(truth, prediction, *, sample_weight=None):
    return float("nan")


def changes_truth(truth, prediction, *, sample_weight=None):
    score = healthy(truth, prediction, sample_weight=sample_weight)
    truth[0] = 1 - truth[0]
    return score


def changes_prediction(truth, prediction, *, sample_weight=None):
    score = healthy(truth, prediction, sample_weight=sample_weight)
    prediction *= 0.5
    return score


def is_random(truth, prediction, *, sample_weight=None):
    return healthy(truth, prediction, sample_weight=sample_weight) + float(np.random.default_rng().random())


def moves_numpy(truth, prediction, *, sample_weight=None):
    np.random.rand()  # noqa: NPY002
    return healthy(truth, prediction, sample_weight=sample_weight)


def moves_python(truth, prediction, *, sample_weight=None):
    random.random()
    return healthy(truth, prediction, sample_weight=sample_weight)


def moves_torch(truth, prediction, *, sample_weight=None):
    torch.rand(1)
    return healthy(truth, prediction, sample_weight=sample_weight)


def looks_at_the_order(truth, prediction, *, sample_weight=None):
    return healthy(truth, prediction, sample_weight=sample_weight) + 0.01 * float(prediction[0])


def ignores_weights(truth, prediction, *, sample_weight=None):
    return healthy(truth, prediction)


def sums_weights(truth, prediction, *, sample_weight=None):
    weight = np.ones(len(truth)) if sample_weight is None else sample_weight
    return healthy(truth, prediction, sample_weight=weight) * (1 if sample_weight is None else weight.sum())


def loses_float32(truth, prediction, *, sample_weight=None):
    extra = 0.1 if prediction.dtype == np.float32 else 0.0
    return healthy(truth, prediction, sample_weight=sample_weight) + extra


def takes_any_length(truth, prediction, *, sample_weight=None):
    return float(np.average((truth - prediction) ** 2, weights=sample_weight))


def fails_unkindly(truth, prediction, *, sample_weight=None):
    if len(truth) != len(prediction):
        raise KeyError("rows")
    return healthy(truth, prediction, sample_weight=sample_weight)


@pytest.mark.parametrize(
    ("sick", "sentence"),
    [
        (gives_an_array, "must give a float, gave ndarray"),
        (gives_nan, "must give a finite number"),
        (changes_truth, "changes truth in place"),
        (changes_prediction, "changes prediction in place"),
        (is_random, "is not deterministic"),
        (moves_numpy, "moves numpy's global random stream in scoring"),
        (moves_python, "moves Python's random stream in scoring"),
        (moves_torch, "moves torch's global random stream in scoring"),
        (looks_at_the_order, "depends on the order of the rows"),
        (ignores_weights, "where the same rows come twice"),
        (sums_weights, "with weights of 1"),
        (loses_float32, "in float32"),
        (takes_any_length, "must raise a ValueError for a prediction of other length, raised nothing"),
        (fails_unkindly, "must raise a ValueError for a prediction of other length, raised KeyError"),
    ],
)
def test_a_sick_metric_is_named_with_what_broke(sick, sentence):
    with pytest.raises(AssertionError, match=sentence) as caught:
        check_metric(sick, TRUTH.copy(), PREDICTION.copy())
    assert str(caught.value).startswith(sick.__name__)
