"""Reliability curve and calibration errors."""

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import classwise_calibration_error, expected_calibration_error, reliability_curve


def some_binary(rows=500, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.7, 0.7, rows)
    return (rng.random(rows) < probability**1.5).astype(int), probability


def some_classes(rows=500, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, rows), rng.dirichlet(np.full(4, 0.5), rows)


@pytest.mark.parametrize("metric", [expected_calibration_error, classwise_calibration_error])
def test_calibration_errors_keep_the_metric_contract(metric):
    check_metric(metric, *some_binary())
    check_metric(metric, *some_classes())


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("n_bins", [1, 5, 12])
def test_reliability_bins_equal_scikit_learn(strategy, n_bins):
    truth, probability = some_binary()
    probability[:40] = np.round(probability[:40], 1)  # some on the limits of bins
    observed, predicted = calibration_curve(truth, probability, n_bins=n_bins, strategy=strategy)
    curve = reliability_curve(truth, probability, n_bins=n_bins, strategy=strategy)
    assert curve.observed == pytest.approx(observed, abs=1e-12)
    assert curve.predicted == pytest.approx(predicted, abs=1e-12)
    assert curve.count.sum() == 500
    assert curve.share == pytest.approx(curve.count / 500)
    if strategy == "quantile":
        assert np.ptp(curve.count) <= 40


def test_empty_bins_are_left_out_and_counts_by_hand():
    curve = reliability_curve([0, 1, 1], [0.05, 0.95, 1.0], n_bins=10)
    assert curve.count.tolist() == [1, 2]
    assert curve.observed.tolist() == [0, 1]
    assert len(curve.edges) == 11


def test_the_curve_of_several_classes_follows_the_likeliest():
    truth, columns = some_classes()
    right, confidence = (columns.argmax(axis=1) == truth).astype(int), columns.max(axis=1)
    several, binary = reliability_curve(truth, columns), reliability_curve(right, confidence)
    assert several.observed == pytest.approx(binary.observed, abs=1e-12)
    assert several.predicted == pytest.approx(binary.predicted, abs=1e-12)


def test_expected_calibration_error_equals_torchmetrics():
    truth, probability = some_binary()
    expected = binary_calibration_error(torch.tensor(probability), torch.tensor(truth), n_bins=15)
    assert expected_calibration_error(truth, probability) == pytest.approx(expected.item(), abs=1e-9)
    codes, columns = some_classes()
    expected = multiclass_calibration_error(torch.tensor(columns), torch.tensor(codes), 4, n_bins=15)
    assert expected_calibration_error(codes, columns) == pytest.approx(
        expected.item(), abs=1e-6
    )  # in float32
    each = [
        binary_calibration_error(
            torch.tensor(columns[:, k]), torch.tensor(codes == k).int(), n_bins=15
        ).item()
        for k in range(4)
    ]
    assert classwise_calibration_error(codes, columns) == pytest.approx(np.mean(each), abs=1e-9)


def test_two_columns_are_judged_by_the_likelier_one():
    truth, probability = some_binary()
    pair = np.stack([1 - probability, probability], axis=1)
    likelier = np.maximum(probability, 1 - probability)
    right = ((probability > 0.5) == truth).astype(int)
    by_pair = expected_calibration_error(truth, pair)
    assert by_pair == pytest.approx(expected_calibration_error(right, likelier), abs=1e-12)


def test_the_error_is_the_planted_over_confidence_and_vanishes_without_it():
    rng = np.random.default_rng(1)
    probability = rng.choice([0.15, 0.45, 0.75], 60_000)
    calibrated = rng.random(60_000) < probability
    assert expected_calibration_error(calibrated, probability, n_bins=10) < 0.01
    shifted = rng.random(60_000) < probability - 0.1
    assert expected_calibration_error(shifted, probability, n_bins=10) == pytest.approx(0.1, abs=0.01)


def test_weights_count_as_rows_in_the_curve():
    truth, probability = some_binary(rows=50)
    weight = np.random.default_rng(3).integers(0, 3, 50)
    rows = np.repeat(np.arange(50), weight)
    weighted = reliability_curve(truth, probability, sample_weight=weight)
    repeated = reliability_curve(truth[rows], probability[rows])
    assert weighted.observed == pytest.approx(repeated.observed)
    assert weighted.share == pytest.approx(repeated.share)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="n_bins must be at least 1"):
        reliability_curve([0, 1], [0.2, 0.3], n_bins=0)
    with pytest.raises(InputError, match="strategy must be"):
        reliability_curve([0, 1], [0.2, 0.3], strategy="other")
    with pytest.raises(InputError, match="take one column of truth"):
        expected_calibration_error([[0, 1]], [[0.2, 0.3]])
