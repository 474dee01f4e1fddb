"""Monte Carlo dropout: better probabilities, spread that grows outside, any estimator, fitted or not."""

import numpy as np
import pytest
import torch
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression

from netwright.core.errors import InputError
from netwright.metrics import log_loss
from netwright.tabular import MLPClassifier, MLPRegressor, TabMClassifier
from netwright.training import Training, dropout_passes
from netwright.uncertainty import MCDropout


def plain(epochs=30, **fields):
    return Training(epochs=epochs, validation=0.0, **fields)


def noisy_digits():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    y = np.where(rng.random(len(y)) < 0.15, rng.integers(0, 10, len(y)), y)
    return X[:400], y[:400], X[400:1200], y[400:1200]


def with_a_gap(n=240, seed=0):
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.uniform(-1, -0.4, n // 2), rng.uniform(0.4, 1, n // 2)])
    return x[:, None], 2 * x**3 + 0.05 * rng.normal(size=n)


@pytest.fixture(scope="module")
def curve():
    X, y = with_a_gap()
    recipe = plain(150, learning_rate=0.005)
    return MLPRegressor(hidden=(64, 64), dropout=0.1, training=recipe, random_state=0).fit(X, y)


def test_the_mean_of_100_passes_is_likelier_than_one_pass_and_spread_is_3_times_as_large_outside(curve):
    X, y, X_judge, y_judge = noisy_digits()
    model = MLPClassifier(hidden=(128,), dropout=0.5, training=plain(60), random_state=0).fit(X, y)
    passes = MCDropout(model, n_passes=100, random_state=0)
    assert log_loss(y_judge, passes.predict_proba(X_judge)) < 0.97 * log_loss(
        y_judge, model.predict_proba(X_judge)
    )

    doubtful = MCDropout(curve, random_state=0)
    _, inside = doubtful.predict_with_spread(with_a_gap(seed=1)[0])
    _, outside = doubtful.predict_with_spread([[-5.0], [-4.0], [4.0], [5.0]])
    assert outside.min() > 3 * inside.mean()
    assert doubtful.predict_with_spread([[4.0]])[1] > doubtful.predict_with_spread([[2.0]])[1]


def test_passes_are_those_of_the_network_and_their_mean_is_the_prediction(curve):
    X = with_a_gap()[0][:5]
    doubtful = MCDropout(curve, n_passes=2000, random_state=0)
    passes = doubtful.passes(X)
    assert passes.shape == (2000, 5)
    np.testing.assert_allclose(doubtful.predict(X), passes.mean(axis=0))
    own = dropout_passes(curve.network_, curve.read(curve.admit(X)), n_passes=2000, seed=9)
    values = curve.head_.activate(own.flatten(0, 1).double()).view(2000, 5).numpy()
    error = np.sqrt((values.var(axis=0) + passes.var(axis=0)) / 2000)
    assert (np.abs(values.mean(axis=0) - passes.mean(axis=0)) < 4.5 * error).all()
    doubt = doubtful.doubt(X)
    np.testing.assert_allclose(doubt.epistemic, passes.var(axis=0))
    assert not doubt.aleatoric.any()
    lower, upper = doubtful.predict_interval(X, level=0.95).T
    np.testing.assert_allclose(upper - lower, 2 * 1.959964 * passes.std(axis=0), rtol=1e-6)


def test_the_same_seed_gives_the_same_bytes_and_the_users_streams_stay(curve):
    X = with_a_gap()[0]
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, again, other = (MCDropout(curve, 10, random_state=seed).predict(X) for seed in (0, 0, 1))
    assert one.tobytes() == again.tobytes() != other.tobytes()
    assert torch.equal(torch_state, torch.get_rng_state())
    assert (numpy_state == np.random.get_state()[1]).all()  # noqa: NPY002


def test_it_fits_a_copy_where_the_estimator_is_not_fitted():
    X, y, *_ = noisy_digits()
    inside = MLPClassifier(hidden=(16,), dropout=0.2, training=plain(2), random_state=0)
    doubtful = MCDropout(inside, n_passes=5, random_state=0)
    with pytest.raises(NotFittedError):
        doubtful.predict(X)
    assert not hasattr(doubtful.fit(X, y).estimator, "network_")
    assert doubtful.passes(X[:3]).shape == (5, 3, 10)
    assert doubtful.predict_proba(X).sum(axis=1) == pytest.approx(1)
    assert doubtful.score(X, y) == (doubtful.predict(X) == y).mean()
    assert (doubtful.classes_ == np.arange(10)).all()
    doubt = doubtful.doubt(X)
    np.testing.assert_allclose(doubt.total, doubt.aleatoric + doubt.epistemic, atol=1e-9)
    assert (doubt.epistemic > 0).mean() > 0.9
    assert is_classifier(doubtful)
    assert not is_regressor(doubtful)
    assert clone(doubtful).get_params()["estimator__dropout"] == 0.2


@pytest.mark.parametrize("labels", ["two", "several"])
def test_two_classes_and_several_labels_have_probabilities_too(labels):
    X, y, *_ = noisy_digits()
    target = y > 4 if labels == "two" else np.stack([y > 4, y % 2 == 0], axis=1).astype(int)
    inside = MLPClassifier(hidden=(16,), dropout=0.2, training=plain(3), random_state=0)
    doubtful = MCDropout(inside, n_passes=6, random_state=0).fit(X, target)
    assert doubtful.predict_proba(X).shape == (400, 2)
    assert doubtful.predict(X).shape == target.shape
    most = np.log(2) * (1 if labels == "two" else 2)
    assert 0 < doubtful.doubt(X).total.max() <= most + 1e-9


def test_ensembles_in_one_network_are_joined_in_each_pass():
    X, y, *_ = noisy_digits()
    inside = TabMClassifier(n_members=2, width=16, n_bins=4, training=plain(1), random_state=0)
    assert MCDropout(inside, n_passes=4, random_state=0).fit(X, y).passes(X[:7]).shape == (4, 7, 10)


def test_several_targets_have_a_spread_each():
    X, y = with_a_gap()
    inside = MLPRegressor(hidden=(16,), dropout=0.2, training=plain(2), random_state=0)
    doubtful = MCDropout(inside, n_passes=4, random_state=0).fit(X, np.stack([y, 2 * y], axis=1))
    mean, spread = doubtful.predict_with_spread(X)
    assert mean.shape == spread.shape == (240, 2)
    assert doubtful.predict_interval(X).shape == (240, 2, 2)


def test_what_cannot_doubt_is_refused_with_a_remedy(curve):
    X, y = with_a_gap()
    with pytest.raises(InputError, match="classifier or regressor of netwright, got LinearRegression"):
        MCDropout(LinearRegression()).fit(X, y)
    sure = MLPRegressor(hidden=(4,), training=plain(1), random_state=0).fit(X, y)
    with pytest.raises(InputError, match="build it with dropout"):
        MCDropout(sure).predict(X)
    with pytest.raises(InputError, match="level"):
        MCDropout(curve).predict_interval(X, level=95)
