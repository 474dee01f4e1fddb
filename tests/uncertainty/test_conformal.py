"""Conformal intervals and sets: coverage within binomial error, for any model, also a wrong one."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression

from netwright.core.errors import InputError
from netwright.metrics import interval_coverage, interval_width, winkler_score
from netwright.tabular import MLPRegressor
from netwright.training import Training
from netwright.uncertainty import (
    AdaptiveScore,
    ConformalClassifier,
    ConformalQuantileRegressor,
    ConformalRegressor,
    RegularisedScore,
    conformal_bound,
)


def numbers(n, seed):
    """Noise with heavy tails that grows with x."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, n)
    return x[:, None], np.sin(6 * x) + (0.05 + x) * rng.standard_t(3, size=n)


def classes(n, seed):
    """Three classes, the last of them rare and hard to tell."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.5, 0.4, 0.1])
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 0.7]])
    return centres[y] + rng.normal(size=(n, 2)), y


def within_binomial_error(held, level, n_apart):
    """Whether a share is what is promised, at one in ten thousand, with the error of both samples."""
    n = len(held)
    spread = np.sqrt(level * (1 - level) * (1 / n + 1 / n_apart))
    return abs(held.mean() - level) < 3.9 * spread + 1 / n_apart


def test_the_bound_is_the_order_statistic_and_infinite_with_too_few_rows():
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))
    assert conformal_bound(scores, 0.9) == 18.0
    assert conformal_bound(scores, 0.95) == 19.0
    assert conformal_bound(scores, 0.96) == np.inf
    with pytest.raises(InputError, match="level"):
        conformal_bound(scores, 1.0)
    with pytest.raises(InputError, match="NaN"):
        conformal_bound(np.array([np.nan]), 0.5)


def test_the_bound_holds_the_next_row_as_often_as_it_says():
    rng, n, level = np.random.default_rng(0), 19, 0.9
    drawn = rng.exponential(size=(4000, n + 1))
    held = sum(row[-1] <= conformal_bound(row[:-1], level) for row in drawn)
    assert binom.cdf(held, 4000, level) > 1e-4
    assert binom.sf(held, 4000, level + 1 / (n + 1)) > 1e-4


@pytest.mark.parametrize("inside", [LinearRegression(), DummyRegressor()], ids=["linear", "constant"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_of_any_regressor_cover_what_they_promise(inside, level):
    X, y = numbers(4000, 0)
    model = ConformalRegressor(inside, level=level, random_state=0).fit(X, y)
    X_judge, y_judge = numbers(6000, 1)
    lower, upper = model.predict_interval(X_judge).T
    assert within_binomial_error((lower <= y_judge) & (y_judge <= upper), level, 1000)
    np.testing.assert_allclose(model.predict(X_judge), (lower + upper) / 2)


def test_quantiles_cover_what_they_promise_are_wide_where_noise_is_and_score_better():
    X, y = numbers(2500, 0)
    X_judge, y_judge = numbers(6000, 1)
    recipe = Training(epochs=30, validation=0.0, learning_rate=0.005, batch_size=64)
    inside = MLPRegressor(hidden=(32,), training=recipe, random_state=0)
    plain, adaptive = (
        kind(inside, level=0.8, random_state=0).fit(X, y)
        for kind in (ConformalRegressor, ConformalQuantileRegressor)
    )
    ends = adaptive.predict_interval(X_judge)
    assert within_binomial_error((ends[:, 0] <= y_judge) & (y_judge <= ends[:, 1]), 0.8, 625)
    calm, wild = X_judge[:, 0] < 0.2, X_judge[:, 0] > 0.8
    assert interval_width(y_judge[wild], ends[wild]) > 3 * interval_width(y_judge[calm], ends[calm])
    assert interval_coverage(y_judge[calm], ends[calm]) == pytest.approx(0.8, abs=0.12)
    same = plain.predict_interval(X_judge)
    assert interval_coverage(y_judge[calm], same[calm]) > 0.97  # one width for all rows is too wide here
    assert winkler_score(y_judge, ends, level=0.8) < winkler_score(y_judge, same, level=0.8)
    assert inside.training.loss is None


@pytest.mark.parametrize(
    "score", [AdaptiveScore(), RegularisedScore(0.1, 1)], ids=["adaptive", "regularised"]
)
def test_sets_cover_what_they_promise(score):
    X, y = classes(4000, 0)
    X_judge, y_judge = classes(6000, 1)
    model = ConformalClassifier(LogisticRegression(), 0.9, score, random_state=0).fit(X, y)
    sets = model.predict_set(X_judge)
    held = sets[np.arange(len(sets)), y_judge]
    assert within_binomial_error(held, 0.9, 1000)
    assert (model.predict(X_judge) == y_judge).mean() < 0.85  # one class alone does not do it
    assert sets.sum(axis=1).mean() < 2.2


def test_by_class_the_promise_holds_for_the_rare_one_too():
    X, y = classes(6000, 0)
    X_judge, y_judge = classes(9000, 1)
    together, apart = (
        ConformalClassifier(LogisticRegression(), 0.9, by_class=flag, random_state=0).fit(X, y)
        for flag in (False, True)
    )
    rare = y_judge == 2
    assert together.predict_set(X_judge)[rare, 2].mean() < 0.8
    sets = apart.predict_set(X_judge)
    for number in range(3):
        n_apart = int(0.25 * (y == number).sum())
        assert within_binomial_error(sets[y_judge == number, number], 0.9, n_apart)


def test_adaptive_scores_by_hand():
    p, chance = np.array([[0.2, 0.5, 0.3]]), np.array([0.25])
    np.testing.assert_allclose(AdaptiveScore()(p, chance), [[0.8 + 0.05, 0.125, 0.5 + 0.075]])
    fined = RegularisedScore(penalty=0.1, free=1)(p, chance)
    np.testing.assert_allclose(fined, [[0.85 + 0.2, 0.125, 0.575 + 0.1]])
    assert (RegularisedScore(penalty=0.0)(p, chance) == AdaptiveScore()(p, chance)).all()


def test_sets_grow_with_doubt():
    X, y = classes(4000, 0)
    model = ConformalClassifier(LogisticRegression(), 0.9, random_state=0).fit(X, y)
    sizes = model.predict_set([[-3.0, -1.0], [1.0, 0.5]] * 200).sum(axis=1)
    assert sizes[1::2].mean() > 1.5 > sizes[::2].mean()


def test_labels_may_be_words_and_fitted_models_may_be_calibrated_alone():
    X, y = classes(900, 0)
    names = np.array(["ash", "beech", "cedar"])[y]
    inside = LogisticRegression().fit(X[:300], names[:300])
    model = ConformalClassifier(inside, random_state=0).calibrate(X[300:], names[300:])
    assert model.classes_.tolist() == ["ash", "beech", "cedar"]
    assert model.predict_set(X).shape == (900, 3)
    np.testing.assert_allclose(model.predict_proba(X), inside.predict_proba(X))
    line = LinearRegression().fit(*numbers(50, 0))
    assert ConformalRegressor(line).calibrate(*numbers(50, 1)).bound_ > 0


class Loud(BaseEstimator):
    """Tells what it was fitted to."""

    def fit(self, X, y):
        self.rows_ = len(y)
        return self

    def predict(self, X):
        return np.zeros(len(X))


def test_rows_to_measure_on_are_not_learned_from_and_too_few_of_them_promise_nothing():
    X, y = numbers(40, 0)
    model = ConformalRegressor(Loud(), level=0.95, random_state=0).fit(X, y)
    assert model.estimator_.rows_ == 30
    assert np.isinf(model.predict_interval(X)).all()
    assert clone(model).get_params()["level"] == 0.95


def test_what_cannot_be_promised_is_refused_with_a_remedy():
    X, y = numbers(40, 0)
    with pytest.raises(InputError, match="y must be one finite number a row"):
        ConformalRegressor(LinearRegression()).fit(X, np.stack([y, y], axis=1))
    with pytest.raises(InputError, match="others go into ConformalRegressor"):
        ConformalQuantileRegressor(LinearRegression()).fit(X, y)
    with pytest.raises(InputError, match="calibration"):
        ConformalRegressor(LinearRegression(), calibration=0).fit(X, y)
    with pytest.raises(InputError, match="at least 0"):
        RegularisedScore(penalty=-1)
    with pytest.raises(NotFittedError):
        ConformalRegressor(LinearRegression()).predict_interval(X)
    X, y = classes(90, 0)
    with pytest.raises(InputError, match="classes of the training"):
        ConformalClassifier(LogisticRegression().fit(X, y)).calibrate(X, y + 1)
    with pytest.raises(InputError, match="calibration"):
        ConformalClassifier(LogisticRegression(), calibration=1).fit(X, y)
