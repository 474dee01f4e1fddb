import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.report import plateau_epoch
from netwright.report.plateau import noise_level, smoothed


def saturating(n, planted, jitter=0.0, seed=0):
    """An accuracy from 0.5 towards 0.9 that has made 95 % of its gain at the planted epoch (from 1)."""
    time = np.arange(n)
    noise = np.random.default_rng(seed).normal(0, jitter, n)
    return 0.9 - 0.4 * 0.05 ** (time / (planted - 1)) + noise


@pytest.mark.parametrize(("n", "planted"), [(50, 12), (50, 25), (80, 40), (200, 61)])
@pytest.mark.parametrize("seed", range(5))
def test_the_plateau_of_a_noisy_saturating_curve_is_within_3_of_the_planted_epoch(n, planted, seed):
    found = plateau_epoch(saturating(n, planted, jitter=0.006, seed=seed))
    assert found is not None
    assert abs(found - planted) <= 3


def test_without_noise_the_planted_epoch_is_found_exactly():
    assert [plateau_epoch(saturating(60, planted)) for planted in (6, 13, 30)] == [6, 13, 30]


def test_single_outliers_do_not_move_the_plateau():
    curve = saturating(60, 20)
    curve[[5, 33]] -= 0.1
    assert abs(plateau_epoch(curve) - 20) <= 3


def test_a_loss_is_a_score_upside_down():
    score = saturating(50, 15, jitter=0.01)
    assert plateau_epoch(-score, greater_is_better=False) == plateau_epoch(score)


def test_a_smaller_share_of_the_gain_is_reached_earlier():
    curve = saturating(60, 30)
    assert (
        plateau_epoch(curve, share=0.5) < plateau_epoch(curve, share=0.8) < plateau_epoch(curve, share=0.95)
    )


def test_a_curve_that_still_climbs_has_no_plateau():
    assert plateau_epoch(np.linspace(0, 1, 40)) is None


def test_noise_alone_has_no_plateau():
    assert plateau_epoch(np.random.default_rng(3).normal(size=60)) is None


def test_a_curve_that_worsens_throughout_has_no_plateau():
    assert plateau_epoch(-saturating(60, 20)) is None


def test_overfitting_after_the_best_epoch_does_not_move_the_plateau():
    loss = -saturating(40, 20)
    turned = np.r_[loss, loss[-1] + 0.02 * np.arange(1, 31)]
    assert abs(plateau_epoch(turned, greater_is_better=False) - 20) <= 3


@pytest.mark.parametrize("values", [[0.1, np.nan] * 5, np.zeros((3, 3))])
def test_values_that_are_no_curve_are_refused(values):
    with pytest.raises(InputError, match="finite numbers"):
        plateau_epoch(values)


def test_a_share_outside_0_and_1_is_refused():
    with pytest.raises(InputError, match="share"):
        plateau_epoch([1.0] * 9, share=1.0)


def test_the_noise_level_is_the_jitter_whatever_the_trend():
    noise = np.random.default_rng(0).normal(0, 0.3, 4000)
    assert noise_level(noise + np.linspace(0, 50, 4000)) == pytest.approx(0.3, rel=0.05)


def test_smoothing_leaves_a_straight_line_inside_alone():
    line = np.arange(9.0)
    np.testing.assert_allclose(smoothed(line, 5)[2:-2], line[2:-2])
