"""Rows unlike the training rows: planted digits that no class stands for, and alarms that keep their rate."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training
from netwright.uncertainty import (
    EnergyStrangeness,
    MahalanobisStrangeness,
    MCDropout,
    NeighbourStrangeness,
    OutOfDistributionDetector,
)

KINDS = [MahalanobisStrangeness(), EnergyStrangeness(), NeighbourStrangeness(k=5)]


def digits():
    """Digits below 7 to learn from, more of them to judge by, and digits from 7 that nobody has seen."""
    X, y = load_digits(return_X_y=True)
    known = np.random.default_rng(0).permutation(np.flatnonzero(y < 7))
    return X[known[:800]], y[known[:800]], X[known[800:]], X[y >= 7]


@pytest.fixture(scope="module")
def inside():
    recipe = Training(epochs=25, validation=0.0)
    return MLPClassifier(hidden=(64,), dropout=0.2, training=recipe, random_state=0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
def test_alarms_keep_their_rate_on_usual_rows_and_ring_on_strange_ones(inside, kind):
    X, y, usual, strange = digits()
    detector = OutOfDistributionDetector(inside, kind, false_alarms=0.1, random_state=0).fit(X, y)
    alarms = detector.predict(usual) == -1
    spread = np.sqrt(0.09 * (1 / len(usual) + 1 / 200))
    assert alarms.mean() < 0.1 + 3.9 * spread
    assert (detector.predict(strange) == -1).mean() > 3 * alarms.mean()
    assert roc(detector.score_samples, usual, strange) > 0.8
    np.testing.assert_array_equal(detector.decision_function(usual) < 0, alarms)
    assert "means_" not in vars(kind)
    assert "known_" not in vars(kind)


def test_probabilities_of_softmax_are_a_worse_warning_than_dropout_and_features(inside):
    X, y, usual, strange = digits()
    detector = OutOfDistributionDetector(inside, random_state=0).fit(X, y)
    model = detector.estimator_
    sure = roc(lambda rows: model.predict_proba(rows).max(axis=1), usual, strange)
    doubtful = MCDropout(model, random_state=0)
    assert roc(lambda rows: -doubtful.doubt(rows).total, usual, strange) > sure
    assert roc(detector.score_samples, usual, strange) > sure
    assert (model.predict_proba(strange).max(axis=1) > 0.9).mean() > 0.1  # the frog that is called an apple


def roc(usualness, usual, strange):
    truth = np.r_[np.ones(len(usual)), np.zeros(len(strange))]
    return roc_auc_score(truth, np.r_[usualness(usual), usualness(strange)])


def test_mahalanobis_distances_by_hand():
    rng = np.random.default_rng(0)
    features, classes = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3)), rng.integers(0, 2, 300)
    features[classes == 1] += 5
    found = MahalanobisStrangeness(ridge=0.0).fit(features, features, classes)
    means = [features[classes == kind].mean(axis=0) for kind in (0, 1)]
    spread = features - np.array(means)[classes]
    inverse = np.linalg.inv(spread.T @ spread / 300)
    by_hand = np.min([np.einsum("ri,ij,rj->r", features - m, inverse, features - m) for m in means], axis=0)
    np.testing.assert_allclose(found.score(features, features), by_hand, rtol=1e-6)


def test_energies_by_hand_and_one_logit_stands_for_two():
    logits = np.array([[1.0, 2.0, 3.0]])
    assert EnergyStrangeness(2.0).score(logits, logits)[0] == pytest.approx(
        -2 * np.log(np.exp(logits / 2).sum())
    )
    one = EnergyStrangeness().score(np.zeros((2, 1)), np.array([[0.0], [4.0]]))
    assert one == pytest.approx([-np.log(2), -np.log(np.exp(2) + np.exp(-2))])
    with pytest.raises(InputError, match="need a classifier"):
        EnergyStrangeness().fit(logits, logits, None)


def test_distances_to_neighbours_are_scikit_learns():
    rng = np.random.default_rng(0)
    known, asked = rng.normal(size=(50, 4)), rng.normal(size=(9, 4))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (known, asked)]
    expected = NearestNeighbors(n_neighbors=3).fit(unit[0]).kneighbors(unit[1])[0][:, 2]
    found = NeighbourStrangeness(3).fit(known, known, None).score(asked, asked)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(InputError, match="k must be"):
        NeighbourStrangeness(51).fit(known, known, None)


def test_regressors_have_strange_rows_too():
    X, _y, usual, _ = digits()
    inside = MLPRegressor(hidden=(16,), training=Training(epochs=8), random_state=0)
    detector = OutOfDistributionDetector(inside, random_state=0).fit(X, X.mean(axis=1))
    assert (detector.predict(16 - usual) == -1).mean() > 0.5


def test_shares_are_checked():
    X, y, *_ = digits()
    with pytest.raises(InputError, match="false_alarms"):
        OutOfDistributionDetector(MLPClassifier(), false_alarms=5).fit(X, y)
    with pytest.raises(InputError, match="classifier or regressor of netwright"):
        OutOfDistributionDetector(object()).fit(X, y)
