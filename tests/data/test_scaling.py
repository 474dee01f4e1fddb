"""Scaling of numbers."""

import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from netwright.data.encoders.scaling import fit_scaling, scale

RNG = np.random.default_rng(0)
VALUES = RNG.lognormal(size=5000)


def scaled(values, new, scaling):
    return scale(np.asarray(new, dtype=float), fit_scaling(np.asarray(values, dtype=float), scaling), scaling)


def test_standard_equals_scikit_learns_scaler():
    theirs = StandardScaler().fit(VALUES[:, None]).transform(VALUES[:, None]).ravel()
    np.testing.assert_allclose(scaled(VALUES, VALUES, "standard"), theirs, rtol=1e-12, atol=1e-12)


def test_quantile_equals_scikit_learns_transformer_within_the_fitted_range():
    theirs = QuantileTransformer(n_quantiles=1000, subsample=None, output_distribution="normal").fit(
        VALUES[:, None]
    )
    inner = np.linspace(*np.percentile(VALUES, [0.5, 99.5]), 300)
    np.testing.assert_allclose(
        scaled(VALUES, inner, "quantile"), theirs.transform(inner[:, None]).ravel(), rtol=1e-9, atol=1e-9
    )


def test_quantile_gives_ties_their_middle_rank():
    from scipy.stats import norm

    zeros_and_ones = np.repeat([0.0, 1.0], [700, 300])
    np.testing.assert_allclose(scaled(zeros_and_ones, [0, 1], "quantile"), norm.ppf([0.35, 0.85]), atol=0.01)


def test_robust_follows_the_formula():
    low, middle, high = np.percentile(VALUES, [25, 50, 75])
    z = (VALUES - middle) / (high - low)
    np.testing.assert_allclose(scaled(VALUES, VALUES, "robust"), z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-12)


def test_robust_bounds_outliers_and_standard_does_not():
    assert scaled(VALUES, [1e9], "robust")[0] <= 3
    assert scaled(VALUES, [1e5], "standard")[0] > 1000


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_whatever_comes_stays_finite_and_missing_values_stay_missing(scaling):
    for values in ([1e308, -1e308, 1.0], [5.0, 5.0], [np.nan, np.nan], [np.nan, 2.0], [0.0] * 99 + [1.0]):
        new = scaled(values, [1e308, -1e308, 0.0, np.nan], scaling)
        assert np.isfinite(new[:3]).all()
        assert np.isnan(new[3])


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_a_constant_column_is_zero_and_order_is_kept(scaling):
    assert (scaled([0.1] * 7, [0.1, 5.0], scaling) == 0).all()
    assert (np.diff(scaled(VALUES, np.sort(VALUES), scaling)) >= 0).all()
