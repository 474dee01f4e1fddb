"""The recurrent forecaster on processes whose best forecast is known, and on odd series."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.signal
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.data import read_series
from netwright.estimators import load, save
from netwright.estimators.forecasting.bands import Calibration
from netwright.estimators.forecasting.learning import Asked, choose_gate, parts_between, refitted
from netwright.layers import GRUCell, LSTMCell
from netwright.nets.forecast_net import ForecastNet
from netwright.sequence import RecurrentForecaster, UberForecaster
from netwright.training import Training

PHI = 0.8


@pytest.fixture(scope="module")
def process():
    """An autoregressive process around 10."""
    noise = np.random.default_rng(0).normal(size=1600)
    y = np.zeros(1600)
    for t in range(1, 1600):
        y[t] = PHI * y[t - 1] + noise[t]
    return y + 10


@pytest.fixture(scope="module")
def fitted(process):
    """One step at a time, from the last value and the network alone."""
    recipe = Training(epochs=15, learning_rate=1e-2)
    model = RecurrentForecaster(
        horizon=8, window=8, season=1, hidden=8, dropout=0.0, mode="recursive", anchored=False,
        training=recipe, random_state=0,
    )  # fmt: skip
    return model.fit(process[:800])


def test_the_three_modes_give_what_their_definitions_say(fitted, process):
    y = process[800:860]
    step = lambda seen: fitted.predict(1, y=seen)[0]  # noqa: E731
    point = fitted.trace(y, "point")
    assert len(point) == 52
    for k in (0, 7, 51):
        np.testing.assert_allclose(point[k], step(y[: 8 + k]), rtol=0, atol=1e-5)
    for mode, restart in (("sequence", 52), ("windows", 8)):
        seen, by_hand = y[:8], []
        for k in range(52):
            seen = y[: 8 + k] if k % restart == 0 else np.r_[seen, by_hand[-1]]
            by_hand.append(step(seen))
        np.testing.assert_allclose(fitted.trace(y, mode), by_hand, rtol=0, atol=1e-5)


def test_the_point_mode_comes_near_the_best_forecast_of_the_process(fitted, process):
    y = process[800:]
    point = fitted.trace(y, "point")
    best = 10 + PHI * (y[7:-1] - 10)
    missed, least = np.mean((point - y[8:]) ** 2), np.mean((best - y[8:]) ** 2)
    assert missed < 1.06 * least
    assert np.mean((y[7:-1] - y[8:]) ** 2) > 1.09 * least  # the last value, on which the network stands


def test_errors_grow_with_the_steps_ahead_as_theory_says(fitted, process):
    y, missed = process[800:], []
    for start in range(8, 792, 8):
        missed.append(fitted.predict(8, y=y[:start]) - y[start : start + 8])
    grown = np.sqrt(np.mean(np.square(missed), 0))
    theory = np.sqrt((1 - PHI ** (2 * np.arange(1, 9))) / (1 - PHI**2))
    np.testing.assert_allclose(grown, theory, rtol=0.2)
    assert grown[-1] > 1.3 * grown[0]


def test_bands_of_the_process_hold_what_they_promise(process):
    model = RecurrentForecaster(horizon=4, season=1, training=Training(epochs=3), random_state=0)
    model.fit(process[:800])
    later = process[:1600]
    truth = np.lib.stride_tricks.sliding_window_view(later, 5)[800:, 1:]
    for level, near in ((0.8, 0.04), (0.95, 0.03)):
        lower, upper = (ends[800:1596] for ends in model.bands_of(level, later))
        assert abs(np.mean((truth >= lower) & (truth <= upper)) - level) < near
    low, middle, high = model.predict_quantiles([0.1, 0.5, 0.9])
    np.testing.assert_array_equal(middle, model.predict())
    assert (low < middle).all()
    assert (middle < high).all()


def test_bands_of_short_series_hold_what_they_promise_though_their_paths_change_with_each_step():
    rng, n, horizon = np.random.default_rng(0), 96, 8
    t, shape = np.arange(n + horizon), (24, n + horizon)
    level = rng.normal(0.005, 0.01, shape).cumsum(1)
    season = 0.1 * np.sin(2 * np.pi * t / 4 + rng.uniform(0, 6, (24, 1)))
    y = np.exp(5 + level + season + rng.normal(0, 0.01, shape))
    model = RecurrentForecaster(horizon=horizon, season=4, training=Training(epochs=2), random_state=0)
    model.fit(list(y[:, :n]))
    for level, near in ((0.8, 0.08), (0.95, 0.03)):
        lower, upper = model.predict_interval(level)
        assert abs(np.mean((y[:, n:] >= lower) & (y[:, n:] <= upper)) - level) < near


def test_bands_of_short_series_rest_on_paths_fitted_again_within_the_judging_steps():
    y = np.random.default_rng(0).normal(size=80).cumsum()
    model = RecurrentForecaster(horizon=2, window=4, season=1, training=Training(epochs=1), random_state=0)
    model.fit(y)
    model.gate_ = 0.0  # what follows is of the paths alone
    end, asked = 56, Asked(2, 4, 1, simple=False, share=0.3)
    cuts = parts_between([end], model.panel_)
    assert [part[0] for part in cuts] == [(56, 62), (62, 68), (68, 74), (74, 80)]
    found = model._calibrate(model._looks(model.panel_), [end], asked)[0]
    (last,) = refitted(model.panel_, model.lines_, 4, asked, [74])
    ahead = last.mixed(last.paths(y, 2, np.zeros((82, 0))))[73:79]
    truth = np.stack([np.r_[y, np.nan][74:80], np.r_[y, np.nan, np.nan][75:81]], 1)
    np.testing.assert_allclose((found.errors * found.spread)[-6:], truth - ahead)
    (first,) = refitted(model.panel_, model.lines_, 4, asked, [56])
    assert np.abs(first.mixed(first.paths(y, 2, np.zeros((82, 0))))[73:79] - ahead).max() > 1e-3


@pytest.mark.parametrize("kind", [RecurrentForecaster, UberForecaster])
def test_the_shortest_series_has_bands(kind):
    y = np.random.default_rng(0).normal(size=10).cumsum()
    model = kind(horizon=1, training=Training(epochs=1), random_state=0).fit(y)
    assert model.predict_interval(0.8)[0] < model.predict_interval(0.8)[1]


def test_errors_that_go_on_are_worth_fewer_independent_ones():
    rng, n = np.random.default_rng(0), 4000
    assert Calibration(rng.normal(size=(n, 40)), np.ones(40))._worth(200.0) == n / 2
    for phi in (0.5, 0.8):
        z = scipy.signal.lfilter([1.0], [1.0, -phi], rng.normal(size=n))
        alike = Calibration(np.repeat((20 + z)[:, None], 40, 1), np.ones(40))
        assert alike._worth(1.0) == pytest.approx(n * (1 - phi) / (1 + phi), rel=0.25)


def test_a_network_is_let_in_only_where_it_helps_on_steps_by_which_nothing_of_it_was_chosen():
    missed = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    missed[3, 1] = torch.nan
    knows, guesses = (missed, 0.8 * missed.nan_to_num()), (missed, -0.8 * missed.flip(0).nan_to_num())
    assert choose_gate(knows, knows) == 1.0
    assert choose_gate(knows, guesses) == choose_gate(guesses, knows) == 0.0
    assert choose_gate(knows, (missed, 2 * missed.nan_to_num())) == 0.5


def test_trend_and_season_are_gone_on_with():
    t = np.arange(132)
    y = 50 + 0.5 * t + 8 * np.sin(2 * np.pi * t / 12)
    model = RecurrentForecaster(horizon=12, training=Training(epochs=2), random_state=0).fit(y[:120])
    np.testing.assert_allclose(model.predict(), y[120:], atol=0.8)
    assert [choice.name for choice in model.record_.choices[:4]] == ["season", "window", "gate", "mixture"]
    assert model.record_.choices[0].value == 12
    beyond = model.predict(24)
    np.testing.assert_allclose(beyond[12:] - beyond[:12], 6.0, atol=1.5)


def test_what_was_not_seen_does_not_move_forecasts(process):
    model = RecurrentForecaster(horizon=4, season=1, training=Training(epochs=2), random_state=0).fit(
        process[:300]
    )
    changed = process[:400].copy()
    changed[350:] += 100
    ours, other = model.forecasts_of(process[:400]), model.forecasts_of(changed)
    np.testing.assert_array_equal(ours[:350], other[:350])
    assert np.abs(ours[350:] - other[350:]).max() > 1


def test_covariates_that_are_known_ahead_are_used():
    rng = np.random.default_rng(0)
    sale = (rng.random(420) < 0.3).astype(float)
    y = 5 + 4 * sale + 0.2 * rng.normal(size=420)
    with_sale = RecurrentForecaster(horizon=3, season=1, training=Training(epochs=20), random_state=0)
    with_sale.fit(y[:400], sale[:400])
    missed = [
        np.abs(with_sale.predict(y=y[:n], X=sale[: n + 3]) - y[n : n + 3]).mean() for n in range(400, 417)
    ]
    blind = clone(with_sale).fit(y[:400])
    without = [np.abs(blind.predict(y=y[:n]) - y[n : n + 3]).mean() for n in range(400, 417)]
    assert np.mean(missed) < 0.5 * np.mean(without)
    with pytest.raises(InputError, match="known for the 3 steps ahead"):
        with_sale.predict(X=sale[400:402])
    with pytest.raises(InputError, match="as in fit"):
        with_sale.predict(y=y)


@pytest.mark.parametrize("n", [60, 120])
def test_few_steps_are_enough_to_learn_what_covariates_do(n):
    """Planted: three times the covariate, and noise that leaves a mean error of 0.24 to whoever knows it."""
    rng = np.random.default_rng(0)
    price = rng.normal(size=n + 60)
    y = 20 + 3 * price + 0.3 * rng.normal(size=n + 60)
    model = RecurrentForecaster(horizon=3, training=Training(epochs=2), random_state=0)
    model.fit(y[:n], price[:n])
    origins = np.arange(n - 1, n + 56)
    truth = y[origins[:, None] + np.arange(1, 4)]
    assert np.abs(model.forecasts_of(y, price)[origins] - truth).mean() < 0.36
    lower, upper = model.bands_of(0.8, y, price)
    assert ((lower[origins] <= truth) & (truth <= upper[origins])).mean() > 0.7
    assert (upper - lower)[origins].mean() < 2.0  # 0.77 for whoever knows all, 7.7 without the covariate
    later = price.copy()
    later[n] += 1
    more = model.forecasts_of(y, later)[n - 1] - model.forecasts_of(y, price)[n - 1]
    np.testing.assert_allclose(more, [3, 0, 0], atol=0.4)


def test_many_series_and_several_targets_keep_their_form():
    t = np.arange(80)
    lines = [k + np.sin(2 * np.pi * t / 6) for k in (0, 5, 50)]
    model = RecurrentForecaster(horizon=6, training=Training(epochs=2), random_state=0)
    many = model.fit([lines[0], lines[1][:60], lines[2]]).predict()
    assert [len(one) for one in many] == [6, 6, 6]
    np.testing.assert_allclose(many[2], 50 + np.sin(2 * np.pi * np.arange(80, 86) / 6), atol=0.3)
    wide = model.fit(np.stack(lines, 1))
    assert wide.predict().shape == (6, 3)
    assert wide.forecasts_of().shape == (80, 3, 6)
    lower, upper = wide.predict_interval(0.9)
    assert lower.shape == upper.shape == (6, 3)


def test_missing_values_are_passed_over_and_tables_are_taken():
    t = np.arange(90)
    y = 10 + np.sin(2 * np.pi * t / 7)
    y[30:42] = np.nan
    days = pd.date_range("2024-01-01", periods=90)
    table = read_series(pd.DataFrame({"day": days, "y": y}), "day", "y")
    model = RecurrentForecaster(horizon=7, training=Training(epochs=2), random_state=0).fit(table)
    (found,) = model.predict()
    np.testing.assert_allclose(found[:, 0], 10 + np.sin(2 * np.pi * np.arange(90, 97) / 7), atol=0.3)
    dated = pd.Series(np.nan_to_num(y, nan=10), index=days)
    assert model.fit(dated).predict().shape == (7,)


def test_a_constant_stays_itself():
    model = RecurrentForecaster(horizon=3, training=Training(epochs=1), random_state=0).fit(np.full(40, 7.0))
    np.testing.assert_allclose(model.predict(), 7.0, atol=1e-6)
    lower, upper = model.predict_interval(0.95)
    np.testing.assert_allclose(upper - lower, 0.0, atol=1e-3)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0], "two known values"),
        (np.arange(30.0), "must have 32 steps for a horizon of 12.*at most 11"),
        (np.r_[np.arange(40.0), np.inf], "infinity in step 41"),
        (np.full(60, np.nan), "two known values"),
        ([["a"]], "y must be numbers"),
    ],
)
def test_series_that_cannot_be_used_are_refused(y, message):
    with pytest.raises(InputError, match=message):
        RecurrentForecaster(horizon=12).fit(y)


def test_it_is_an_estimator_whose_seed_repeats_and_which_is_saved(tmp_path):
    y = np.random.default_rng(0).normal(size=80).cumsum()
    model = RecurrentForecaster(
        horizon=3, cell=GRUCell, hidden=8, training=Training(epochs=2), random_state=3
    )
    with pytest.raises(NotFittedError):
        model.predict()
    before = torch.random.get_rng_state()
    model.fit(y)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(clone(model).fit(y).predict(), model.predict())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(), model.predict())
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(5), model.predict(5))
    np.testing.assert_array_equal(loaded.predict_interval(0.9), model.predict_interval(0.9))


def test_its_network_keeps_the_layer_contract():
    net = ForecastNet(LSTMCell, features=3, window=5, horizon=2, hidden=4, members=2)
    check_layer(net, torch.randn(4, 7, 3), shape=(4, 2, 2))
    assert net(torch.randn(4, 7, 3)).abs().max() == 0  # it adds nothing before it has learned something
