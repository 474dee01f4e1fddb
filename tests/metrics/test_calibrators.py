"""Temperature, Platt and isotonic scaling."""

import json

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from netwright.core.errors import InputError
from netwright.metrics import (
    IsotonicScaling,
    PlattScaling,
    TemperatureScaling,
    expected_calibration_error,
    log_loss,
    roc_auc,
)

CALIBRATORS = (TemperatureScaling, PlattScaling, IsotonicScaling)


def drawn_from(logits, rng):
    """Labels drawn from the probabilities that these logits stand for."""
    if logits.ndim == 1:
        return (rng.random(len(logits)) < expit(logits)).astype(int)
    return (softmax(logits, axis=1).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)


def some_logits(classes=2, rows=20_000, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, rows if classes == 2 else (rows, classes))
    return logits, drawn_from(logits, rng)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_temperature_scaling_recovers_a_planted_temperature_within_three_percent(classes, temperature):
    honest, truth = some_logits(classes)
    shown = temperature * honest  # the net is too sure by this factor
    by_logits = TemperatureScaling(from_logits=True).fit(shown, truth)
    assert by_logits.temperature_ == pytest.approx(temperature, rel=0.03)
    probability = expit(shown) if classes == 2 else softmax(shown, axis=1)
    by_probability = TemperatureScaling().fit(probability, truth)
    assert by_probability.temperature_ == pytest.approx(by_logits.temperature_, rel=1e-6)
    assert by_probability.transform(probability) == pytest.approx(by_logits.transform(shown), abs=1e-9)
    assert expected_calibration_error(truth, by_probability.transform(probability)) < 0.015


def test_no_other_temperature_has_a_lower_log_loss():
    logits, truth = some_logits(4, rows=500)
    best = TemperatureScaling(from_logits=True).fit(2 * logits, truth).temperature_
    losses = [log_loss(truth, softmax(2 * logits / t, axis=1)) for t in (0.99 * best, best, 1.01 * best)]
    assert min(losses) == losses[1]


def test_temperature_scaling_equals_scikit_learn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    y = drawn_from(X @ rng.normal(size=(4, 3)), rng)
    model = LogisticRegression(C=1e3).fit(X, y)
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature")
    expected = theirs.fit(X, y).predict_proba(X)
    ours = TemperatureScaling(from_logits=True).fit(model.decision_function(X), y)
    assert ours.transform(model.decision_function(X)) == pytest.approx(expected, abs=1e-5)


def test_a_temperature_leaves_the_ranking_and_the_likeliest_class():
    logits, truth = some_logits(4, rows=500)
    probability = softmax(logits, axis=1)
    scaled = TemperatureScaling().fit(softmax(3 * logits, axis=1), truth).transform(probability)
    assert (scaled.argmax(axis=1) == probability.argmax(axis=1)).all()
    binary, truth = some_logits(rows=500)
    scaled = TemperatureScaling().fit(expit(3 * binary), truth).transform(expit(binary))
    assert roc_auc(truth, scaled) == pytest.approx(roc_auc(truth, binary), abs=1e-12)


def test_a_temperature_that_the_rows_leave_open_stays_one_with_a_warning():
    with pytest.warns(ConvergenceWarning, match="stays 1: no row speaks against"):
        fitted = TemperatureScaling().fit([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert fitted.temperature_ == 1
    with pytest.warns(ConvergenceWarning, match="stops at 100"):
        assert TemperatureScaling().fit([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]).temperature_ == 100


def test_platt_scaling_recovers_a_planted_slope_and_shift():
    honest, truth = some_logits()
    fitted = PlattScaling(from_logits=True).fit((honest - 0.7) / 0.4, truth)
    assert fitted.slope_[0] == pytest.approx(0.4, rel=0.05)
    assert fitted.intercept_[0] == pytest.approx(0.7, abs=0.05)
    by_probability = PlattScaling().fit(expit(2 * honest + 1), truth)
    assert by_probability.slope_[0] == pytest.approx(0.5, rel=0.05)
    assert by_probability.intercept_[0] == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_platt_scaling_equals_scikit_learn_whose_targets_are_smoothed_too(scale):
    logits, truth = some_logits(rows=60)
    X = scale * logits[:, None]
    theirs = CalibratedClassifierCV(FrozenEstimator(Margin().fit(X, truth)), method="sigmoid")
    expected = theirs.fit(X, truth).predict_proba(X)[:, 1]
    ours = PlattScaling(from_logits=True).fit(X[:, 0], truth)
    assert ours.transform(X[:, 0]) == pytest.approx(expected, abs=1e-4)


class Margin(ClassifierMixin, BaseEstimator):
    """Its only column is its margin."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return X[:, 0]

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0).astype(int)]


def test_platt_scaling_of_several_classes_is_one_against_rest_made_to_add_up():
    logits, truth = some_logits(3, rows=400)
    probability = softmax(2 * logits, axis=1)
    columns = np.stack(
        [PlattScaling().fit(p, truth == k).transform(p) for k, p in enumerate(probability.T)], axis=1
    )
    expected = columns / columns.sum(axis=1, keepdims=True)
    assert PlattScaling().fit(probability, truth).transform(probability) == pytest.approx(expected, abs=1e-6)


def test_platt_targets_keep_a_separated_score_finite_and_meet_the_targets():
    fitted = PlattScaling(from_logits=True).fit([-1.0] * 3 + [1.0] * 8, [0] * 3 + [1] * 8)
    assert fitted.transform([-1.0, 1.0]) == pytest.approx([1 / 5, 9 / 10], abs=1e-6)
    assert np.isfinite(fitted.slope_).all()


def test_isotonic_scaling_equals_scikit_learn():
    logits, truth = some_logits(rows=800)
    probability = expit(2 * logits)
    expected = (
        IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        .fit(probability, truth)
        .predict(probability)
    )
    fitted = IsotonicScaling().fit(probability, truth)
    assert fitted.transform(probability) == pytest.approx(expected, abs=1e-12)
    assert (np.diff(fitted.transform(np.linspace(0, 1, 50))) >= 0).all()


def test_isotonic_scaling_of_several_classes_is_one_against_rest_made_to_add_up():
    logits, truth = some_logits(3, rows=600)
    probability = softmax(2 * logits, axis=1)
    columns = np.stack(
        [
            IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p, truth == k).predict(p)
            for k, p in enumerate(probability.T)
        ],
        axis=1,
    )
    expected = columns / columns.sum(axis=1, keepdims=True)
    assert IsotonicScaling().fit(probability, truth).transform(probability) == pytest.approx(
        expected, abs=1e-12
    )


def test_a_row_that_every_column_maps_to_nothing_gets_even_probabilities():
    fitted = IsotonicScaling().fit(np.eye(3)[[0, 1, 2]] * 0.7 + 0.1, [0, 1, 2])
    assert fitted.transform([[1 / 3, 1 / 3, 1 / 3]]) == pytest.approx(np.full((1, 3), 1 / 3))
    apart = IsotonicScaling().fit(
        [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6], [0.34, 0.33, 0.33]], [0, 1, 2, 0]
    )
    apart.regressors_ = [IsotonicRegression().fit([0.0, 1.0], [0.0, 0.0])] * 3
    assert apart.transform([[0.5, 0.3, 0.2]]) == pytest.approx(np.full((1, 3), 1 / 3))


@pytest.mark.parametrize("calibrator", CALIBRATORS)
@pytest.mark.parametrize("classes", [2, 4])
def test_calibration_mends_an_over_confident_net(calibrator, classes):
    logits, truth = some_logits(classes, rows=6000)
    sure = expit(3 * logits) if classes == 2 else softmax(3 * logits, axis=1)
    half = slice(3000), slice(3000, None)
    fitted = calibrator().fit(sure[half[0]], truth[half[0]])
    mended = fitted.transform(sure[half[1]])
    assert mended.shape == sure[half[1]].shape
    before = expected_calibration_error(truth[half[1]], sure[half[1]])
    assert expected_calibration_error(truth[half[1]], mended) < before / 3
    assert log_loss(truth[half[1]], mended) < log_loss(truth[half[1]], sure[half[1]])
    if classes == 4:
        assert mended.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("calibrator", CALIBRATORS)
def test_calibrators_take_two_columns_labels_and_weights(calibrator):
    logits, truth = some_logits(rows=300)
    p = expit(2 * logits)
    names = np.array(["no", "yes"])[truth]
    one, pair = calibrator().fit(p, truth), calibrator().fit(np.stack([1 - p, p], axis=1), names)
    assert pair.transform(np.stack([1 - p, p], axis=1))[:, 1] == pytest.approx(one.transform(p), abs=1e-9)
    assert pair.transform(p) == pytest.approx(one.transform(p), abs=1e-9)
    weight = np.random.default_rng(0).integers(0, 3, 300)
    rows = np.repeat(np.arange(300), weight)
    weighted = calibrator().fit(p, truth, sample_weight=weight).transform(p[rows])
    assert weighted == pytest.approx(calibrator().fit(p[rows], truth[rows]).transform(p[rows]), abs=1e-7)


@pytest.mark.parametrize("calibrator", CALIBRATORS)
def test_calibrators_are_scikit_learn_objects_of_plain_state(calibrator):
    logits, truth = some_logits(rows=300)
    fresh = calibrator()
    assert repr(fresh) == f"{calibrator.__name__}()"
    assert clone(fresh).get_params() == fresh.get_params()
    with pytest.raises(NotFittedError):
        fresh.transform([0.2])
    fitted = fresh.fit(expit(logits), truth)
    for name, value in vars(fitted).items():
        if name == "regressors_":
            assert all(isinstance(regressor, IsotonicRegression) for regressor in value)
        else:
            json.dumps(value.tolist() if isinstance(value, np.ndarray) else value)


@pytest.mark.parametrize("calibrator", CALIBRATORS)
def test_calibrators_name_what_does_not_fit(calibrator):
    fitted = calibrator().fit([0.2, 0.8, 0.6, 0.3], [0, 1, 0, 1])
    with pytest.raises(InputError, match="prediction must be of the 2 classes of fit"):
        fitted.transform([[0.2, 0.3, 0.5]])
    with pytest.raises(InputError, match="prediction must be probabilities"):
        fitted.transform([2.0])
    with pytest.raises(InputError, match="prediction must have the 3 rows of truth"):
        calibrator().fit([0.2, 0.8], [0, 1, 0])
    with pytest.raises(InputError, match="calibrate one label at a time"):
        calibrator().fit([[0.2, 0.8]], [[0, 1]])


@pytest.mark.parametrize("calibrator", CALIBRATORS)
def test_saturated_probabilities_and_a_class_without_rows_stay_finite(calibrator):
    columns = np.eye(3)[[0, 1, 0, 1, 0, 1]]
    fitted = calibrator().fit(columns, [0, 1, 0, 1, 1, 0])
    assert np.isfinite(fitted.transform(columns)).all()
