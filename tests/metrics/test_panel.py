"""The usual scores of a task, and the table that explains them."""

import numpy as np
import pytest
from sklearn import metrics as sk

from netwright.core.errors import InputError
from netwright.metrics import SCORE_TABLE, classwise_calibration_error, expected_calibration_error, scores


def some_rows(classes, rows=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, rows), rng.dirichlet(np.ones(classes), rows), rng.random(rows)


def test_binary_scores_equal_scikit_learn_in_the_fixed_order():
    truth, columns, weight = some_rows(2)
    p, chosen = columns[:, 1], columns.argmax(axis=1)
    for w in (None, weight):
        assert scores("binary", truth, chosen, columns, sample_weight=w) == pytest.approx(
            {
                "roc_auc": sk.roc_auc_score(truth, p, sample_weight=w),
                "average_precision": sk.average_precision_score(truth, p, sample_weight=w),
                "log_loss": sk.log_loss(truth, p, sample_weight=w),
                "brier_score": sk.brier_score_loss(truth, p, sample_weight=w),
                "accuracy": sk.accuracy_score(truth, chosen, sample_weight=w),
                "balanced_accuracy": sk.balanced_accuracy_score(truth, chosen, sample_weight=w),
                "f1": sk.f1_score(truth, chosen, sample_weight=w),
                "expected_calibration_error": expected_calibration_error(truth, p, sample_weight=w),
            },
            abs=1e-9,
        )
    assert list(scores("binary", truth, chosen, columns)) == [
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier_score",
        "accuracy",
        "balanced_accuracy",
        "f1",
        "expected_calibration_error",
    ]
    assert scores("binary", truth, chosen, p) == scores("binary", truth, chosen, columns)


def test_multiclass_scores_equal_scikit_learn():
    truth, columns, _ = some_rows(4)
    chosen = columns.argmax(axis=1)
    found = scores("multiclass", truth, chosen, columns)
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, columns, multi_class="ovr"), abs=1e-9)
    assert found["log_loss"] == pytest.approx(sk.log_loss(truth, columns), abs=1e-9)
    assert found["brier_score"] == pytest.approx(sk.brier_score_loss(truth, columns), abs=1e-9)
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, chosen), abs=1e-9)
    assert found["f1_macro"] == pytest.approx(sk.f1_score(truth, chosen, average="macro"), abs=1e-9)


def test_multilabel_scores_equal_scikit_learn():
    rng = np.random.default_rng(0)
    truth, columns = rng.integers(0, 2, (100, 3)), rng.random((100, 3))
    chosen = (columns > 0.5).astype(int)
    found = scores("multilabel", truth, chosen, columns)
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, columns), abs=1e-9)
    assert found["exact_match"] == pytest.approx(sk.accuracy_score(truth, chosen), abs=1e-9)
    assert found["label_accuracy"] == pytest.approx(1 - sk.hamming_loss(truth, chosen), abs=1e-9)
    assert found["f1_macro"] == pytest.approx(sk.f1_score(truth, chosen, average="macro"), abs=1e-9)
    assert found["classwise_calibration_error"] == classwise_calibration_error(truth, columns)


def test_regression_scores_equal_scikit_learn():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    guess = truth + rng.normal(size=100)
    assert scores("regression", truth, guess) == pytest.approx(
        {
            "r2": sk.r2_score(truth, guess),
            "rmse": sk.root_mean_squared_error(truth, guess),
            "mae": sk.mean_absolute_error(truth, guess),
            "median_absolute_error": sk.median_absolute_error(truth, guess),
        },
        abs=1e-12,
    )
    assert np.isnan(scores("regression", [1.0], [2.0])["r2"])


def test_labels_follow_classes_and_the_second_is_positive():
    truth, chosen, p = ["yes", "no", "yes"], ["yes", "no", "no"], [0.9, 0.2, 0.4]
    by_name = scores("binary", truth, chosen, p, classes=["no", "yes"])
    assert by_name == scores("binary", [1, 0, 1], [1, 0, 0], p) == scores("binary", truth, chosen, p)
    turned = scores("binary", [1, 0, 1], [1, 0, 0], 1 - np.array(p), classes=[1, 0])
    assert turned["roc_auc"] == by_name["roc_auc"]
    assert turned["f1"] == sk.f1_score([0, 1, 0], [0, 1, 1])


def test_without_probabilities_the_scores_that_need_them_are_left_out():
    assert list(scores("binary", [0, 1], [0, 1])) == ["accuracy", "balanced_accuracy", "f1"]
    assert list(scores("multiclass", list("abc"), list("abb"))) == [
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
    ]


def test_what_rows_of_one_class_leave_undefined_is_nan_and_the_rest_stands():
    found = scores("binary", [1, 1], [1, 0], [0.8, 0.4])
    assert np.isnan(found["roc_auc"])
    assert np.isnan(found["average_precision"])
    assert found["accuracy"] == 0.5
    assert found["balanced_accuracy"] == 0.5
    assert np.isfinite(found["log_loss"])


def test_every_score_of_every_task_is_explained_in_the_table():
    truth, columns, _ = some_rows(3, rows=30)
    several = np.eye(3, dtype=int)[truth]
    panels = (
        scores("binary", truth > 0, truth > 0, columns[:, 1]),
        scores("multiclass", truth, truth, columns),
        scores("multilabel", several, several, columns),
        scores("regression", truth, truth),
    )
    assert {name for panel in panels for name in panel} == set(SCORE_TABLE)
    assert all(info.name == name and info.explanation.endswith(".") for name, info in SCORE_TABLE.items())


def test_the_table_says_truly_which_way_is_better():
    truth, columns, _ = some_rows(3)
    good, bad = 0.9 * np.eye(3)[truth] + 0.1 / 3, columns
    several = np.eye(3, dtype=int)[truth]
    for task, answers, better, worse in (
        ("binary", (truth > 0).astype(int), 1 - good[:, 0], 1 - bad[:, 0]),
        ("multiclass", truth, good, bad),
        ("multilabel", several, good, bad),
        ("regression", truth, truth + 0.1, 2 - truth),
    ):
        if task == "regression":
            high, low = scores(task, answers, better), scores(task, answers, worse)
        else:
            label = (
                (lambda p: p.argmax(axis=1)) if task == "multiclass" else (lambda p: (p > 0.5).astype(int))
            )
            high, low = (scores(task, answers, label(p), p) for p in (better, worse))
        for name in high:
            assert (high[name] > low[name]) == SCORE_TABLE[name].greater_is_better, (task, name)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="task must be"):
        scores("ranking", [0], [0])
    with pytest.raises(InputError, match="prediction must have the 2 rows"):
        scores("binary", [0, 1], [0])
    with pytest.raises(InputError, match="truth must hold codes from 0 to 1"):
        scores("binary", [0, 1, 2], [0, 1, 2])
    with pytest.raises(InputError, match="classes must be two labels"):
        scores("binary", [0, 1], [0, 1], classes=[0, 1, 2])
    with pytest.raises(InputError, match="truth must be a 0/1 matrix"):
        scores("multilabel", [0, 1], [0, 1])
    with pytest.raises(InputError, match="prediction must have truth's shape"):
        scores("regression", [0.0, 1.0], [[0.0, 1.0], [1.0, 2.0]])
