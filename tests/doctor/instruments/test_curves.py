"""Curves of planted shapes get the right verdict; slopes and scores are told apart from noise."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import read_curves, read_score, read_trend

EPOCHS = np.arange(40)


def noisy(values, seed, scale=0.01):
    return (values + scale * np.random.default_rng(seed).standard_normal(len(values))).tolist()


SETTLED = 0.2 + 2.0 * np.exp(-EPOCHS / 4)
SHAPES = {
    "overfit": (
        2.2 * np.exp(-EPOCHS / 8),
        0.6 + 1.6 * np.exp(-EPOCHS / 4) + 0.03 * np.maximum(EPOCHS - 10, 0),
    ),
    "underfit": (2.2 - 0.03 * EPOCHS, 2.25 - 0.03 * EPOCHS),
    "good": (SETTLED, SETTLED + 0.05),
    "diverged": (1.0 + 0.2 * EPOCHS, 1.1 + 0.2 * EPOCHS),
    "unrepresentative": (SETTLED, SETTLED + 4.0),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_five_planted_shapes_get_the_right_verdict_with_any_noise(shape):
    train, held_out = SHAPES[shape]
    for seed in range(10):
        told = read_curves(noisy(train, seed), noisy(held_out, 100 + seed))
        assert told.verdict == shape, (seed, told)


def test_held_out_losses_that_jump_about_are_of_too_few_rows():
    jumping = noisy(SETTLED + 0.5, 0, scale=2.0)
    assert read_curves(noisy(SETTLED, 1), jumping).verdict == "unrepresentative"


def test_flat_losses_are_underfit_and_losses_without_numbers_diverged():
    assert read_curves(noisy(np.full(20, 2.3), 0), noisy(np.full(20, 2.3), 1)).verdict == "underfit"
    assert read_curves([1.0] * 9 + [np.nan], [1.0] * 10).verdict == "diverged"


def digits(width, rate, epochs, n_rows):
    """Losses of a network on digits after each epoch."""
    rows, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    x, y = (torch.tensor(rows, dtype=torch.float32) / 16)[order], torch.tensor(labels)[order]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    curves = [], []
    for _ in range(epochs):
        for batch in torch.randperm(n_rows).split(64):
            optimizer.zero_grad()
            F.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            for curve, part in zip(curves, (slice(n_rows), slice(1400, None)), strict=True):
                curve.append(float(F.cross_entropy(model(x[part]), y[part])))
    return curves


def test_trainings_on_digits_are_read_rightly():
    assert read_curves(*digits(64, 0.05, 25, 1400)).verdict == "good"
    assert read_curves(*digits(64, 1e-4, 12, 1400)).verdict == "underfit"


def test_a_falling_loss_says_continue_and_a_flat_one_stop():
    for seed in range(10):
        assert read_trend(noisy(2.0 - 0.04 * EPOCHS, seed)).advice == "continue"
        assert read_trend(noisy(1.0 / (1 + 0.2 * EPOCHS), seed, scale=0.002)).advice == "continue"
        assert read_trend(noisy(np.full(40, 0.3), seed)).advice == "stop"
        assert read_trend(noisy(SETTLED, seed)).advice == "stop"
        assert read_trend(noisy(0.5 + 0.02 * EPOCHS, seed)).advice == "stop"


def test_a_fall_of_next_to_nothing_is_no_reason_to_continue():
    assert read_trend((SETTLED - 1e-6 * EPOCHS).tolist()).advice == "stop"


def test_a_loss_that_falls_for_five_epochs_without_a_better_score_is_told():
    losses = np.linspace(1.0, 0.2, 12)
    told = read_score(losses, [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, *[0.9] * 6])
    assert (told.decoupled, told.since) == (True, 5)
    assert "stayed at 0.9" in told.message
    assert not read_score(losses, np.linspace(0.5, 0.9, 12)).decoupled
    assert not read_score(losses, [*np.linspace(0.5, 0.9, 8), *[0.9] * 4]).decoupled  # four are not five
    assert not read_score(np.full(12, 0.4), np.full(12, 0.9)).decoupled  # the loss stands still as well


def test_margins_that_grow_without_another_answer_are_told():
    """Scores times a growing factor: no answer changes and cross-entropy falls."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(3, (300,), generator=generator)
    scores = F.one_hot(y, 3) + 0.4 * torch.randn(300, 3, generator=generator)
    factors = torch.linspace(0.2, 2.0, 10)
    losses = [float(F.cross_entropy(factor * scores, y)) for factor in factors]
    accuracies = [float(((factor * scores).argmax(1) == y).float().mean()) for factor in factors]
    assert len(set(accuracies)) == 1
    assert accuracies[0] < 1
    assert read_score(losses, accuracies).decoupled


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: read_trend([1.0, 0.5]), "at least 8"),
        (lambda: read_curves([1.0] * 8, [1.0] * 9), "8 and 9"),
        (lambda: read_score([1.0, 0.5], [0.5]), "one score for each loss"),
    ],
    ids=["too few", "not as many", "not as many scores"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
