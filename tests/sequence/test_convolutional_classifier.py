from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.data import LabelFlipping, SequenceSamples
from netwright.nets import SequenceFCN, SequenceResNet
from netwright.sequence import ConvSequenceClassifier
from netwright.sequence.recipe import roughness
from netwright.training import Augmentation, Training

SMALL = partial(SequenceFCN, widths=(12, 16, 12), kernel_sizes=(5, 5, 3))


def bumps(n_rows, seed=0):
    """Noise of different lengths with a rise or a fall somewhere, which is the label."""
    rng = np.random.default_rng(seed)
    X, y = [], np.arange(n_rows) % 2
    for label in y:
        series = rng.normal(size=rng.integers(20, 50))
        place = rng.integers(0, len(series) - 8)
        series[place : place + 8] += np.linspace(-3, 3, 8) * (1 if label else -1)
        X.append(series)
    return X, y


def test_a_shape_is_found_wherever_it_lies():
    """The planted truth."""
    X, y = bumps(160)
    recipe = Training(epochs=40, learning_rate=0.01)
    model = ConvSequenceClassifier(SMALL, training=recipe, random_state=0).fit(X, y)
    X_new, y_new = bumps(100, seed=1)
    assert model.score(X_new, y_new) > 0.93


def test_digits_read_row_by_row_are_recognised():
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8)
    backbone = partial(SequenceResNet, widths=(16, 16), kernel_sizes=(3, 3))
    model = ConvSequenceClassifier(backbone, training=Training(epochs=20), random_state=0).fit(
        X[:1200], y[:1200]
    )
    assert model.score(X[1200:], y[1200:]) > 0.85


def test_the_recipe_is_one_cycle_without_validation_for_few_series_and_the_users_own_stays():
    X, y = bumps(40)
    model = ConvSequenceClassifier(SMALL, training=Training(epochs=2), random_state=0).fit(X, y)
    chosen = {choice.name: choice.value for choice in model.record_.choices}
    assert chosen["validation"] == 0
    assert {"schedule", "learning_rate"} <= set(chosen)
    own = Training(epochs=2, learning_rate=0.5)
    other = ConvSequenceClassifier(SMALL, training=own, random_state=0).fit(X, y)
    assert "schedule" not in [choice.name for choice in other.record_.choices]
    assert other.record_.epochs[0]["learning_rate"] == 0.5


def test_few_series_of_some_length_are_stretched_in_time_unless_the_user_augments():
    y = np.arange(12) % 2
    for n_steps, smooth, callbacks, expected in (
        (60, 10, (), True),
        (60, 1, (), False),
        (49, 10, (), False),
        (60, 10, (Augmentation(LabelFlipping(0.0)),), False),
    ):
        noise = np.random.default_rng(0).normal(size=(12, n_steps + smooth - 1))
        X = np.lib.stride_tricks.sliding_window_view(noise, smooth, axis=1).mean(-1)
        recipe = Training(epochs=1, callbacks=callbacks)
        record = ConvSequenceClassifier(SMALL, training=recipe, random_state=0).fit(X, y).record_
        assert ("augmentation" in [choice.name for choice in record.choices]) is expected
        assert record.batch_size == 12


def test_roughness_is_what_neighbours_do_not_tell_over_what_the_mean_does_not():
    t = torch.arange(400.0)[:, None]
    waves = torch.cat([torch.sin(t), 5 + torch.cos(t)], 1)
    waves[7, 0] = torch.nan
    samples = SequenceSamples(waves, torch.tensor([150, 250]))
    assert roughness(samples) == pytest.approx((1 - np.cos(1.0)) ** 2, rel=0.02)
    other = samples.with_values(torch.cat([waves[:, :1], 1e6 + 0 * t], 1))
    assert roughness(other) == pytest.approx((1 - np.cos(1.0)) ** 2, rel=0.02)
    assert roughness(SequenceSamples(t[:4], torch.tensor([2, 2]))) == 0


def test_long_series_are_thinned_out_by_the_first_convolution():
    X, y = np.random.default_rng(0).normal(size=(16, 650)), np.arange(16) % 2
    model = ConvSequenceClassifier(training=Training(epochs=1), random_state=0).fit(X, y)
    assert model.n_steps_ == 650
    assert [stage.convolution.stride for stage in model.network_.network.stages] == [(2,), (1,), (1,)]


def test_it_repeats_bit_by_bit_and_survives_being_put_away():
    X, y = bumps(30)
    check_repeats(ConvSequenceClassifier(SMALL, training=Training(epochs=2)), X, y)


def test_bad_input_is_told():
    X, y = bumps(20)
    with pytest.raises(InputError, match="backbone must give a network"):
        ConvSequenceClassifier(lambda n_features, n_outputs: None).fit(X, y)
    with pytest.raises(InputError, match="row 1, step 0"):
        ConvSequenceClassifier(SMALL).fit([X[0], [np.inf]], y[:2])
