"""Brier score."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import brier_score


def some_rows(classes=3, rows=150, seed=1):
    rng = np.random.default_rng(seed)
    return np.arange(rows) % classes, rng.dirichlet(np.ones(classes), rows)


def test_brier_score_keeps_the_metric_contract():
    truth, probability = some_rows()
    check_metric(brier_score, truth, probability)
    check_metric(brier_score, truth == 1, probability[:, 1])
    check_metric(brier_score, np.eye(3, dtype=int)[truth], np.random.default_rng(0).random((150, 3)))


def test_brier_score_equals_scikit_learn():
    truth, probability = some_rows()
    weight = np.random.default_rng(2).random(len(truth))
    expected = brier_score_loss(truth, probability, sample_weight=weight)
    assert brier_score(truth, probability, sample_weight=weight) == pytest.approx(expected, abs=1e-9)
    yes, p = (truth == 1).astype(int), probability[:, 1]
    assert brier_score(yes, p) == pytest.approx(brier_score_loss(yes, p), abs=1e-9)
    pair = np.stack([1 - p, p], axis=1)
    assert brier_score(yes, pair) == pytest.approx(brier_score_loss(yes, p), abs=1e-9)


def test_brier_score_by_hand():
    assert brier_score([1, 0], [0.7, 0.4]) == pytest.approx((0.3**2 + 0.4**2) / 2)
    assert brier_score([2], [[0.2, 0.3, 0.5]]) == pytest.approx(0.2**2 + 0.3**2 + 0.5**2)
    several = brier_score([[1, 1, 0]], [[0.7, 0.9, 0.2]])
    assert several == pytest.approx((0.3**2 + 0.1**2 + 0.2**2) / 3)


def test_no_forecast_beats_the_true_probability():
    rng = np.random.default_rng(3)
    truth = rng.random(20_000) < 0.3
    scores = {p: brier_score(truth, np.full(len(truth), p)) for p in (0.1, 0.2, 0.3, 0.4, 0.5)}
    assert min(scores, key=scores.get) == 0.3


def test_labels_follow_classes_where_the_truth_leaves_the_order_open():
    columns = [[0.9, 0.05, 0.05], [0.1, 0.2, 0.7]]
    assert brier_score(["z", "a"], columns, classes=["z", "b", "a"]) < 0.2
    with pytest.raises(InputError, match="pass classes="):
        brier_score(["z", "a"], columns)
    assert brier_score([0, 2], columns) < 0.2  # codes may lack a class
    assert brier_score([1, 2, 3], np.eye(3)) == 0  # and other numbers are labels


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ([0, 1], [0.2], "prediction must have the 2 rows of truth, got 1"),
        ([0, 1], [0.2, 1.7], "apply softmax or sigmoid"),
        ([0, 1, 2], np.full((3, 3), 0.9), "must add up to 1"),
        ([0, 1], [0.2, np.nan], "prediction must be finite, got 1 missing"),
        ([0, 1], ["yes", "no"], "prediction must be numbers"),
        ([[0, 2]], [[0.5, 0.5]], "truth must hold 0 and 1"),
        ([[0, 1]], [[0.5, 0.5, 0.5]], "prediction must have truth's shape"),
        ([], [], "at least one row"),
        (np.array(["a", 1], dtype=object), [0.5, 0.5], "labels of one type"),
        (["a", None], [0.5, 0.5], "truth must have a label in each row, got 1 missing"),
        ([1.0, np.nan], [0.5, 0.5], "truth must have a label in each row, got 1 missing"),
    ],
)
def test_brier_score_names_the_argument_and_the_remedy_in_one_line(truth, prediction, message):
    with pytest.raises(InputError, match=message) as caught:
        brier_score(truth, prediction)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("weight", [[1.0], [1.0, -1.0], [0.0, 0.0], [[1.0, 1.0]] * 2])
def test_bad_weights_are_refused(weight):
    with pytest.raises(InputError, match="sample_weight"):
        brier_score([0, 1], [0.2, 0.4], sample_weight=weight)


def test_half_precision_softmax_is_read_as_probability_without_a_warning(recwarn):
    truth, probability = some_rows(classes=7)
    assert brier_score(truth, probability.astype(np.float16)) == pytest.approx(
        brier_score(truth, probability), abs=1e-3
    )
    assert not recwarn.list
