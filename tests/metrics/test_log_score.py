"""Log loss."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss as sklearn_log_loss

from netwright.contracts import check_metric
from netwright.metrics import log_loss


def some_rows(classes=3, rows=150, seed=1):
    rng = np.random.default_rng(seed)
    return np.arange(rows) % classes, rng.dirichlet(np.ones(classes), rows)


def test_log_loss_keeps_the_metric_contract():
    truth, probability = some_rows()
    check_metric(log_loss, truth, probability)
    check_metric(log_loss, truth == 1, probability[:, 1])
    check_metric(log_loss, np.eye(3, dtype=int)[truth], np.random.default_rng(0).random((150, 3)))


def test_log_loss_equals_scikit_learn_saturated_probabilities_included():
    truth, probability = some_rows()
    probability[:6] = np.eye(3)[[0, 0, 1, 1, 2, 2]]
    weight = np.random.default_rng(2).random(len(truth))
    expected = sklearn_log_loss(truth, probability, sample_weight=weight)
    assert log_loss(truth, probability, sample_weight=weight) == pytest.approx(expected, abs=1e-9)
    yes = (truth == 1).astype(int)
    assert log_loss(yes, probability[:, 1]) == pytest.approx(
        sklearn_log_loss(yes, probability[:, 1]), abs=1e-9
    )


def test_log_loss_equals_the_cross_entropy_that_torch_trains_on():
    truth, _ = some_rows()
    logits = torch.randn(len(truth), 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    trained_on = torch.nn.functional.cross_entropy(logits, torch.as_tensor(truth)).item()
    assert log_loss(truth, logits.softmax(1)) == pytest.approx(trained_on, abs=1e-9)
    several = torch.eye(3, dtype=torch.float64)[truth]
    trained_on = torch.nn.functional.binary_cross_entropy_with_logits(logits, several).item()
    assert log_loss(several, logits.sigmoid()) == pytest.approx(trained_on, abs=1e-9)


def test_a_truth_of_one_class_alone_still_has_a_log_loss():
    assert log_loss([1, 1], [0.5, 0.25]) == pytest.approx((np.log(2) + np.log(4)) / 2)


def test_a_sure_and_wrong_float32_costs_what_its_own_type_can_tell():
    wrong = np.array([1.0], dtype=np.float32)
    assert log_loss([0], wrong) == pytest.approx(-np.log(np.finfo(np.float32).eps), rel=1e-6)
