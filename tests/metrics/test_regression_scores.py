"""MSE, RMSE, MAE, R2 and bias over batches."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from netwright.core.errors import InputError
from netwright.metrics import RegressionScores


def some_rows(targets=None, rows=103, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=rows if targets is None else (rows, targets))
    return truth, truth + rng.normal(0.3, 0.5, truth.shape), rng.random(rows)


def streamed(truth, prediction, weight=None, size=17):
    seen = RegressionScores()
    for start in range(0, len(truth), size):
        part = slice(start, start + size)
        seen.update(truth[part], prediction[part], sample_weight=None if weight is None else weight[part])
    return seen.result()


def sklearn_scores(truth, prediction, weight=None):
    return {
        "r2": r2_score(truth, prediction, sample_weight=weight),
        "rmse": root_mean_squared_error(truth, prediction, sample_weight=weight),
        "mae": mean_absolute_error(truth, prediction, sample_weight=weight),
        "mse": mean_squared_error(truth, prediction, sample_weight=weight),
    }


@pytest.mark.parametrize("targets", [None, 3])
def test_streamed_scores_equal_scikit_learn_on_all_rows(targets):
    truth, prediction, weight = some_rows(targets)
    for chosen in (None, weight):
        found = streamed(truth, prediction, chosen)
        bias = np.average(prediction - truth, axis=0, weights=chosen).mean()
        assert found == pytest.approx(sklearn_scores(truth, prediction, chosen) | {"bias": bias}, abs=1e-9)


def test_merging_keeps_the_digits_of_large_targets_with_a_small_spread():
    rng = np.random.default_rng(1)
    truth = 1e9 + np.sort(rng.normal(size=400))  # sorted: the batches' means differ
    prediction = truth + rng.normal(0, 0.5, 400)
    exact = [Fraction(float(y)) for y in truth]
    mean = sum(exact) / len(exact)
    spread = sum((y - mean) ** 2 for y in exact)
    wrong = sum((y - Fraction(float(p))) ** 2 for y, p in zip(exact, prediction, strict=True))
    assert streamed(truth, prediction)["r2"] == pytest.approx(float(1 - wrong / spread), abs=1e-9)
    naive = (truth**2).sum() - truth.sum() ** 2 / 400  # what sums of squares would leave of the spread
    assert abs(naive / float(spread) - 1) > 1e-3


def test_merging_two_halves_equals_one_pass_and_an_empty_one_changes_nothing():
    truth, prediction, _ = some_rows()
    halves = [RegressionScores().update(truth[part], prediction[part]) for part in (slice(9), slice(9, None))]
    merged = RegressionScores().merge(halves[0]).merge(halves[1]).merge(RegressionScores())
    assert merged.result() == pytest.approx(streamed(truth, prediction), abs=1e-12)
    assert halves[1].result() == pytest.approx(
        sklearn_scores(truth[9:], prediction[9:]) | {"bias": (prediction - truth)[9:].mean()}, abs=1e-12
    )


def test_a_constant_target_scores_one_where_all_is_right_and_zero_otherwise():
    same = np.full(30, 0.1)
    assert streamed(same, same)["r2"] == 1
    assert streamed(same, same + 1)["r2"] == 0 == r2_score(np.full(30, 1.0), np.full(30, 2.0))
    assert np.isnan(RegressionScores().update([1.0], [1.0]).result()["r2"])


def test_scores_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="prediction must have the 2 rows of truth"):
        RegressionScores().update([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="prediction must have truth's shape"):
        RegressionScores().update([1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]])
    with pytest.raises(InputError, match="truth must be finite"):
        RegressionScores().update([1.0, np.inf], [1.0, 2.0])
    with pytest.raises(InputError, match="same 1 targets"):
        RegressionScores().update([1.0], [1.0]).update([[1.0, 2.0]], [[1.0, 2.0]])
    with pytest.raises(InputError, match="update must come before result"):
        RegressionScores().result()
