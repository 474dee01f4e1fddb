"""Scores of intervals, of whole forecasts, and of rejection."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import (
    gaussian_crps,
    gaussian_log_score,
    interval_coverage,
    interval_width,
    risk_coverage_area,
    risk_coverage_curve,
    sample_crps,
    winkler_score,
)


def rows(n=60, seed=0):
    rng = np.random.default_rng(seed)
    truth, mean = rng.normal(size=n), rng.normal(size=n)
    return truth, np.stack([mean, mean + rng.random(n) + 0.5], axis=1), np.abs(mean) + 0.2


def test_scores_of_forecasts_keep_the_metric_contract():
    truth, ends, spread = rows()
    gaussian = np.stack([ends[:, 0], spread], axis=1)
    for score in (interval_coverage, interval_width, winkler_score):
        check_metric(score, truth, ends)
    for score in (gaussian_log_score, gaussian_crps):
        check_metric(score, truth, gaussian)
    check_metric(sample_crps, truth, np.random.default_rng(1).normal(size=(60, 7)))
    check_metric(risk_coverage_area, np.abs(truth), spread, weighted=False)


def test_intervals_by_hand():
    truth, ends = [1.0, 2.0, 9.0, -1.0], [[0.0, 2.0], [2.0, 3.0], [0.0, 5.0], [1.0, 5.0]]
    assert interval_coverage(truth, ends) == 0.5
    assert interval_width(truth, ends) == (2 + 1 + 5 + 4) / 4
    by_hand = (2 + 1 + (5 + 2 / 0.1 * 4) + (4 + 2 / 0.1 * 2)) / 4
    assert winkler_score(truth, ends, level=0.9) == pytest.approx(by_hand)


def test_no_interval_scores_better_than_that_of_the_quantiles():
    truth = np.random.default_rng(0).normal(size=40_000)
    best = norm.ppf(0.95)
    found = {
        shift: winkler_score(truth, np.tile([-best - shift, best + shift], (len(truth), 1)), level=0.9)
        for shift in (-0.4, -0.2, 0.0, 0.2, 0.4)
    }
    assert min(found, key=found.get) == 0.0


def test_gaussian_scores_equal_scipys_density_and_the_integral_of_the_brier_score():
    truth, ends, spread = rows(5)
    mean = ends[:, 0]
    pairs = np.stack([mean, spread], axis=1)
    assert gaussian_log_score(truth, pairs) == pytest.approx(-norm.logpdf(truth, mean, spread).mean())

    def integral(y, m, s):
        below = quad(lambda z: norm.cdf(z, m, s) ** 2, m - 12 * s, y)[0]
        return below + quad(lambda z: norm.sf(z, m, s) ** 2, y, m + 12 * s)[0]

    expected = np.mean([integral(*row) for row in zip(truth, mean, spread, strict=True)])
    assert gaussian_crps(truth, pairs) == pytest.approx(expected, rel=1e-6)


def test_the_score_of_samples_is_by_all_pairs_and_tends_to_that_of_their_distribution():
    rng = np.random.default_rng(0)
    truth, samples = rng.normal(size=4), rng.normal(size=(4, 9))
    pairs = np.abs(samples[:, :, None] - samples[:, None]).mean(axis=(1, 2))
    by_hand = (np.abs(samples - truth[:, None]).mean(axis=1) - pairs / 2).mean()
    assert sample_crps(truth, samples) == pytest.approx(by_hand)
    assert sample_crps(truth, samples[:, 0]) == pytest.approx(np.abs(samples[:, 0] - truth).mean())
    many = rng.normal(size=(4, 20_000))
    assert sample_crps(truth, many) == pytest.approx(gaussian_crps(truth, [[0.0, 1.0]] * 4), abs=0.01)


def test_rejection_curve_by_hand_and_ties_are_the_mean_over_their_orders():
    curve = risk_coverage_curve([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.3])
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert curve.coverage_at(0.0) == 0.5
    assert curve.coverage_at(0.4) == 0.75
    assert risk_coverage_curve([1.0], [0.0]).coverage_at(0.5) == 0.0
    tied = [risk_coverage_area(losses, [0.1, 0.2]) for losses in ([1, 0], [0, 1])]
    assert risk_coverage_area([1, 0], [0.1, 0.1]) == pytest.approx(np.mean(tied))


def test_doubt_that_knows_the_errors_has_the_smallest_area_and_none_has_the_mean_loss():
    rng = np.random.default_rng(0)
    losses = rng.random(500)
    best, worst = risk_coverage_area(losses, losses), risk_coverage_area(losses, -losses)
    assert best < risk_coverage_area(losses, rng.random(500)) < worst
    assert risk_coverage_area(losses, np.zeros(500)) == pytest.approx(losses.mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: interval_coverage([1.0], [[2.0, 1.0]]),
            "must not lie above the upper ones, got 2 to 1 in row 0",
        ),
        (lambda: interval_coverage([1.0], [1.0]), "two columns, the lower and the upper end"),
        (lambda: winkler_score([1.0], [[0.0, 1.0]], level=95), "level must be between 0 and 1"),
        (lambda: gaussian_crps([1.0], [[0.0, 0.0]]), "standard deviations must be above 0"),
        (lambda: sample_crps([[1.0, 2.0]], [[0.0, 1.0]]), "truth must be one number a row"),
        (lambda: risk_coverage_curve([[1.0, 2.0]], [[0.0, 1.0]]), "one number a row"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(call, message):
    with pytest.raises(InputError, match=message):
        call()
