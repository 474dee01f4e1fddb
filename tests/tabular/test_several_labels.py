"""Several labels a row, and labels that are probabilities."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, f1_score, hamming_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target

from netwright.tabular import MLPClassifier, TabMClassifier
from netwright.training import Training

RECIPE = Training(epochs=30, batch_size=64, learning_rate=3e-3, validation=0)


def circles(n=1500, seed=0):
    """Three labels, each outside of its own circle: no straight line finds them."""
    X = np.random.default_rng(seed).normal(size=(n, 6))
    radii = np.stack([np.hypot(X[:, 2 * k], X[:, 2 * k + 1]) for k in range(3)], axis=1)
    return X, (radii > 1.4).astype(int)


def test_the_prediction_is_an_indicator_matrix_that_scikit_learns_metrics_take():
    X, Y = circles(200)
    model = MLPClassifier(hidden=(16,), training=Training(epochs=3), random_state=0).fit(X, Y)
    predicted = model.predict(X)
    assert type_of_target(predicted) == "multilabel-indicator"
    assert predicted.shape == Y.shape
    assert set(np.unique(predicted)) <= {0, 1}
    assert 0 <= f1_score(Y, predicted, average="micro") <= 1
    assert "micro avg" in classification_report(Y, predicted, zero_division=0)
    assert model.score(X, Y) == (predicted == Y).all(1).mean()
    assert hamming_loss(Y, predicted) == (predicted != Y).mean()
    assert np.array_equal(predicted, (model.predict_proba(X) > 0.5).astype(int))


@pytest.mark.parametrize("make", ["circles", "scikit-learn"])
def test_its_micro_f1_is_at_least_that_of_one_against_the_rest(make):
    if make == "circles":
        (X, Y), (new_X, new_Y) = circles(), circles(seed=1)
    else:
        X, Y = make_multilabel_classification(1800, n_features=20, n_classes=4, random_state=0)
        X, Y, new_X, new_Y = X[:900], Y[:900], X[900:], Y[900:]
    scaler = StandardScaler().fit(X)
    reference = OneVsRestClassifier(LogisticRegression()).fit(scaler.transform(X), Y)
    ours = MLPClassifier(hidden=(64,), dropout=0.2, training=RECIPE, random_state=0).fit(X, Y)
    found = f1_score(new_Y, ours.predict(new_X), average="micro")
    expected = f1_score(new_Y, reference.predict(scaler.transform(new_X)), average="micro")
    assert found >= expected
    if make == "circles":
        assert found > expected + 0.1  # and here the difference is the network's


def soft_truth(n, labels, seed=0):
    """Noise-free: the probabilities follow from two numbers, bent."""
    X = np.random.default_rng(seed).normal(size=(n, 2))
    logits = np.stack([X[:, 0] * X[:, 1], np.sin(2 * X[:, 0]), X[:, 1] - 0.5], axis=1)
    if labels:
        return X, 1 / (1 + np.exp(-logits))
    shares = np.exp(logits)
    return X, shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier(hidden=(64,), training=RECIPE, random_state=0),
        TabMClassifier(n_members=2, width=64, training=RECIPE, random_state=0),
    ],
    ids=["MLPClassifier", "TabMClassifier"],
)
def test_fitted_probabilities_recover_planted_soft_labels(labels, model):
    X, soft = soft_truth(1200, labels)
    new_X, new_soft = soft_truth(600, labels, seed=1)
    found = model.fit(X, soft).predict_proba(new_X)
    assert model.labels_kind_ == ("soft-multi" if labels else "soft")
    assert np.abs(new_soft - new_soft.mean(0)).mean() > 0.14  # a constant would be far off
    assert np.abs(found - new_soft).mean() < 0.05
    if not labels:
        np.testing.assert_allclose(found.sum(1), 1, atol=1e-9)


def test_votes_as_soft_labels_recover_what_they_were_drawn_from():
    """Each row has the shares of ten votes; the network finds the probabilities behind them."""
    rng = np.random.default_rng(3)
    X, soft = soft_truth(3000, labels=False)
    votes = np.stack([rng.multinomial(10, p) for p in soft]) / 10
    recipe = Training(epochs=10, batch_size=64, learning_rate=3e-3, validation=0)
    found = MLPClassifier(hidden=(32,), training=recipe, random_state=0).fit(X, votes).predict_proba(X)
    assert np.abs(found - soft).mean() < 0.05
    assert np.abs(found - soft).mean() < np.abs(votes - soft).mean() / 1.5


def test_hard_labels_written_as_probabilities_give_the_same_losses():
    X, _ = circles(200)
    three = np.digitize(X[:, 0], [-0.5, 0.5])
    model = MLPClassifier(
        hidden=(8,), training=Training(epochs=5, batch_size=200, validation=0), random_state=0
    )
    hard = clone(model).fit(X, three).record_.values("loss")
    soft = clone(model).fit(X, np.eye(3)[three] * (1 - 3e-7) + 1e-7).record_.values("loss")
    assert soft == pytest.approx(hard, rel=1e-4)  # one batch an epoch, so that the order plays no part


def test_labels_keep_their_names():
    X, Y = circles(200)
    named = pd.DataFrame(Y, columns=["inner", "middle", "outer"])
    model = MLPClassifier(hidden=(8,), training=Training(epochs=1)).fit(X, named)
    assert model.classes_.tolist() == ["inner", "middle", "outer"]
    assert model.predict_frame(X).columns.tolist()[3:] == [f"probability of {name}" for name in named.columns]
