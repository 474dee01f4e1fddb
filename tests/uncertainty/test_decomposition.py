"""Doubt taken apart: by hand, and on planted noise."""

import numpy as np
import pytest
from scipy.stats import entropy

from netwright.core.errors import InputError
from netwright.tabular import MLPRegressor
from netwright.training import Training
from netwright.uncertainty import ThreePartUncertainty, decompose_classes, decompose_numbers


def planted(n, seed=0):
    """A wave with noise that grows from left to right; its mean variance is known."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    return x[:, None], np.sin(3 * x) + spread(x) * rng.normal(size=n)


def spread(x):
    return 0.2 + 0.1 * x


NOISE = 0.2**2 + 0.1**2 / 3
"""The mean of spread(x)^2 over x from -1 to 1."""


def fitted(n, seed=0, encoder=None, **fields):
    recipe = Training(epochs=max(15, 60_000 // n), validation=0.0, learning_rate=0.003, batch_size=64)
    inside = MLPRegressor(hidden=(48,), dropout=0.05, training=recipe, random_state=seed)
    X, y = planted(n, seed)
    return ThreePartUncertainty(inside, encoder, random_state=seed, **fields).fit(X, y)


def test_entropies_are_scipys_and_their_difference_is_the_information():
    p = np.random.default_rng(0).dirichlet(np.ones(4), size=(7, 5))
    doubt = decompose_classes(p)
    np.testing.assert_allclose(doubt.total, entropy(p.mean(axis=0), axis=1))
    np.testing.assert_allclose(doubt.aleatoric, entropy(p, axis=2).mean(axis=0))
    divergence = entropy(p, p.mean(axis=0)[None], axis=2).mean(axis=0)  # of each pass from the mean
    np.testing.assert_allclose(doubt.epistemic, divergence)


def test_passes_that_agree_leave_noise_alone_and_sure_ones_at_odds_leave_ignorance_alone():
    alike = decompose_classes(np.full((3, 1, 2), 0.5))
    assert alike.aleatoric == pytest.approx(np.log(2))
    assert alike.epistemic == pytest.approx(0)
    odds = decompose_classes([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert odds.epistemic == pytest.approx(np.log(2))
    assert odds.aleatoric == pytest.approx(0)


def test_labels_that_stand_by_themselves_add_up():
    p = np.random.default_rng(0).random((6, 5, 3))
    doubt = decompose_classes(p, several_labels=True)
    alone = [decompose_classes(np.stack([1 - column, column], axis=-1)) for column in np.moveaxis(p, 2, 0)]
    np.testing.assert_allclose(doubt.total, sum(one.total for one in alone))
    np.testing.assert_allclose(doubt.epistemic, sum(one.epistemic for one in alone))


def test_variances_follow_the_law_of_total_variance():
    rng = np.random.default_rng(0)
    means, variances = rng.normal(size=(5, 3)), rng.random((5, 3)) + 0.1
    doubt = decompose_numbers(means, variances)
    drawn = means + np.sqrt(variances) * rng.normal(size=(40_000, 5, 3))
    np.testing.assert_allclose(doubt.total, drawn.reshape(-1, 3).var(axis=0), rtol=0.02)
    assert (decompose_numbers(means, 0.5).aleatoric == 0.5).all()


def test_planted_noise_is_recovered_within_10_percent_and_the_models_part_falls_with_the_rows():
    x = np.linspace(-0.9, 0.9, 50)[:, None]
    few, many = (
        [fitted(n, seed).parts(x) for seed in range(repeats)] for n, repeats in ((150, 4), (6000, 1))
    )
    assert many[0].noise.mean() == pytest.approx(NOISE, rel=0.1)
    assert many[0].model.mean() < 0.8 * np.mean([part.model.mean() for part in few])
    noise = np.mean([part.noise.mean() for part in few])
    assert noise == pytest.approx(many[0].noise.mean(), rel=0.35)  # 30 rows a time measure it roughly
    assert not many[0].misspecification.any()


def test_the_encoders_part_stands_apart_and_grows_away_from_the_rows():
    recipe = Training(epochs=60, validation=0.0, learning_rate=0.005)
    inside = MLPRegressor(hidden=(32, 32), dropout=0.1, training=recipe, random_state=0)
    X, y = planted(400)
    model = ThreePartUncertainty(inside, "mlp.layers.2", n_passes=400, random_state=0).fit(X, y)
    whole = ThreePartUncertainty(inside, None, n_passes=400, random_state=0).fit(X, y)
    near, far = model.parts(X), model.parts([[-5.0], [-4.0], [4.0], [5.0]])
    assert far.misspecification.mean() > 3 * near.misspecification.mean() > 0
    both, one = near.model + near.misspecification, whole.parts(X).model
    assert both.mean() == pytest.approx(one.mean(), rel=0.15)
    np.testing.assert_allclose(near.total, both + near.noise)
    lower, upper = whole.predict_interval(X, level=0.9).T
    assert 0.82 < ((lower <= y) & (y <= upper)).mean() < 0.98


def test_what_cannot_be_taken_apart_is_refused_with_a_remedy():
    with pytest.raises(InputError, match="passes must be probabilities"):
        decompose_classes([[0.5, 0.5]])
    with pytest.raises(InputError, match="passes must be probabilities"):
        decompose_classes([[[1.5, -0.5]]])
    with pytest.raises(InputError, match="passes must be"):
        decompose_numbers([1.0, 2.0])
    X, y = planted(40)
    with pytest.raises(InputError, match="noise_share"):
        ThreePartUncertainty(MLPRegressor(dropout=0.1), noise_share=1.5).fit(X, y)
