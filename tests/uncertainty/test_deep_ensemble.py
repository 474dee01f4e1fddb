"""Deep ensembles: better than their members, honest about noise and about what they do not know."""

import functools

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from netwright.core.errors import InputError
from netwright.estimators import load, save
from netwright.estimators.gaussian_head import GaussianHead
from netwright.metrics import log_loss
from netwright.nets import PictureNet
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training
from netwright.uncertainty import DeepEnsembleClassifier, DeepEnsembleRegressor, MCDropout
from netwright.vision import ConvNetClassifier


def planted(n, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    return x[:, None], np.sin(3 * x) + np.where(x < 0, 0.1, 0.4) * rng.normal(size=n)


def fitted(n, seed=0, members=5):
    recipe = Training(epochs=max(25, 60_000 // n), validation=0.0, learning_rate=0.003, batch_size=64)
    inside = MLPRegressor(hidden=(32,), training=recipe)
    return DeepEnsembleRegressor(inside, members, random_state=seed).fit(*planted(n, seed))


@pytest.fixture(scope="module")
def ensembles():
    return {n: fitted(n) for n in (200, 4000)}


def test_planted_noise_is_recovered_where_it_is_within_10_percent(ensembles):
    x = np.linspace(-0.95, 0.95, 200)
    noise = ensembles[4000].doubt(x[:, None]).aleatoric
    assert np.sqrt(noise[x < -0.3].mean()) == pytest.approx(0.1, rel=0.1)
    assert np.sqrt(noise[x > 0.3].mean()) == pytest.approx(0.4, rel=0.1)


def test_what_the_model_does_not_know_falls_with_the_rows_and_grows_outside_of_them(ensembles):
    x = np.linspace(-0.9, 0.9, 50)[:, None]
    few, many = (ensembles[n].doubt(x) for n in (200, 4000))
    assert many.epistemic.mean() < 0.5 * few.epistemic.mean()
    assert many.aleatoric.mean() > 0.5 * few.aleatoric.mean()
    far = ensembles[4000].doubt([[-4.0], [4.0]])
    assert far.epistemic.min() > 20 * many.epistemic.mean()


def test_means_and_variances_are_those_of_the_mixture_of_members(ensembles):
    model, x = ensembles[200], np.linspace(-1, 1, 9)[:, None]
    members, doubt = model.members(x), model.doubt(x)
    assert members.shape == (5, 9)
    np.testing.assert_allclose(model.predict(x), members.mean(axis=0), rtol=1e-5)
    mean, spread = model.predict_with_spread(x)
    np.testing.assert_allclose(mean, members.mean(axis=0))
    np.testing.assert_allclose(spread**2, doubt.total)
    outputs = model._ask(x, lambda block: model.network_(block).double())
    head = model.head_
    np.testing.assert_allclose(head.variance(head.combine(outputs))[:, 0].numpy(), doubt.total, rtol=1e-6)


def test_the_gaussian_head_is_the_likelihood_by_hand():
    head, target = GaussianHead.of(torch.tensor([[1.0], [3.0]], dtype=torch.float64)), torch.tensor([[0.5]])
    outputs = torch.tensor([[0.2, -0.4]])
    normal = torch.distributions.Normal(torch.tensor(0.2), torch.tensor(-0.4).exp().sqrt())
    constant = 0.5 * np.log(2 * np.pi)
    torch.testing.assert_close(head.loss(outputs, target), -normal.log_prob(target)[:, 0] - constant)
    assert head.n_outputs == 2
    assert head.activate(outputs)[0, 0] == pytest.approx(2.2)


def test_votes_are_likelier_than_the_members_and_disagree_on_strange_digits(tmp_path):
    X, y = load_digits(return_X_y=True)
    recipe = Training(epochs=12, validation=0.0, learning_rate=0.005)
    model = DeepEnsembleClassifier(MLPClassifier(hidden=(24,), training=recipe), 6, random_state=0)
    model.fit(X[:500], y[:500])
    members = model.members(X[500:])
    np.testing.assert_allclose(model.predict_proba(X[500:]), members.mean(axis=0), atol=1e-6)
    alone = [log_loss(y[500:], member) for member in members]
    assert log_loss(y[500:], model.predict_proba(X[500:])) < min(alone)
    strange = np.random.default_rng(0).permuted(X[500:], axis=1)
    assert model.doubt(strange).epistemic.mean() > 2 * model.doubt(X[500:]).epistemic.mean()
    save(model, tmp_path / "model")
    assert load(tmp_path / "model").predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


def test_without_variances_members_keep_the_estimators_own_loss():
    X, y = planted(100)
    inside = MLPRegressor(hidden=(8,), training=Training(epochs=2))
    model = DeepEnsembleRegressor(inside, 3, heteroscedastic=False, random_state=0).fit(X, y)
    doubt = model.doubt(X)
    assert not doubt.aleatoric.any()
    assert (doubt.epistemic > 0).all()
    np.testing.assert_allclose(model.predict_with_spread(X)[1] ** 2, doubt.epistemic)
    both = DeepEnsembleRegressor(inside, 3, random_state=0).fit(X, np.stack([y, -y], axis=1))
    assert both.doubt(X).total.shape == (100, 2)


def test_pictures_have_ensembles_and_passes_too():
    images, y = load_digits().images[:120] / 16, load_digits().target[:120]
    backbone = functools.partial(PictureNet, dropout=0.3)
    inside = ConvNetClassifier(backbone, training=Training(epochs=1, validation=0.0), random_state=0)
    ensemble = DeepEnsembleClassifier(inside, 2, random_state=0).fit(images, y)
    assert ensemble.members(images).shape[:2] == (2, 120)
    passes = MCDropout(inside, 5, random_state=0).fit(images, y).passes(images)
    assert passes.shape == ensemble.members(images)[:1].repeat(5, axis=0).shape
    assert passes.std(axis=0).max() > 0


def test_seeds_make_members_and_the_same_seed_the_same_ones():
    X, y = planted(60)
    inside = MLPRegressor(hidden=(4,), training=Training(epochs=1), random_state=9)
    one, again, other = (
        DeepEnsembleRegressor(inside, 2, random_state=seed).fit(X, y).members(X) for seed in (0, 0, 1)
    )
    assert one.tobytes() == again.tobytes() != other.tobytes()
    assert not np.allclose(one[0], one[1])


def test_too_few_members_and_estimators_of_others_are_refused():
    X, y = planted(30)
    with pytest.raises(InputError, match="n_members"):
        DeepEnsembleRegressor(MLPRegressor(), 0).fit(X, y)
    with pytest.raises(InputError, match="classifier or regressor of netwright"):
        DeepEnsembleRegressor(object()).fit(X, y)
    digits = load_digits()
    same = ConvNetClassifier(PictureNet(10, 1), training=Training(epochs=1))
    with pytest.raises(InputError, match="begin with"):
        DeepEnsembleClassifier(same, 2).fit(digits.images[:40] / 16, digits.target[:40])
