"""Bayes by backprop around any estimator."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from netwright.estimators import load, save
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training
from netwright.uncertainty import VariationalClassifier, VariationalRegressor


def test_a_classifier_learns_iris_and_doubts_strange_flowers(tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    recipe = Training(epochs=60, learning_rate=0.02, validation=0.0)
    inside = MLPClassifier(hidden=(16,), training=recipe)
    model = VariationalClassifier(inside, n_passes=50, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.93
    assert model.passes(X).shape == (50, 150, 3)
    strange = X + 6 * X.std() * np.array([1, -1, 1, -1])
    assert model.doubt(strange).epistemic.mean() > 3 * model.doubt(X).epistemic.mean()
    again = VariationalClassifier(inside, n_passes=50, random_state=0).fit(X, y)
    assert model.predict_proba(X).tobytes() == again.predict_proba(X).tobytes()
    save(model, tmp_path / "model")
    assert load(tmp_path / "model").predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


def test_a_regressor_tells_noise_from_ignorance():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 500)
    y = 2 * x + 0.3 * rng.normal(size=500)
    recipe = Training(epochs=80, learning_rate=0.02, validation=0.0)
    inside = MLPRegressor(hidden=(), training=recipe)
    model = VariationalRegressor(inside, random_state=0).fit(x[:, None], y)
    near = model.doubt(np.linspace(-1, 1, 21)[:, None])
    assert near.aleatoric.mean() == pytest.approx(0.09, rel=0.2)
    assert model.doubt([[30.0]]).epistemic[0] > 100 * near.epistemic.mean()
    mean, spread = model.predict_with_spread([[0.5]])
    assert mean == pytest.approx(1.0, abs=0.1)
    assert spread == pytest.approx(0.3, rel=0.2)
