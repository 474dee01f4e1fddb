"""Losses of one's own: each planted fault is named, and torch's own losses are well."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.instruments.loss_functions import examine_loss

SCORES, LABELS = torch.randn(32, 5, generator=torch.Generator().manual_seed(0)), torch.arange(32) % 5
NUMBERS = torch.randn(32, 1, generator=torch.Generator().manual_seed(1))
WANTED = torch.randn(32, 1, generator=torch.Generator().manual_seed(2))
YES = (WANTED > 0).float()


def log_of_softmax(scores, labels):
    return -scores.softmax(1).gather(1, labels[:, None]).log().mean()


ILL = {
    "a turned sign, of numbers": ("loss_sign", "error", lambda p, y: -(p - y).abs().mean(), NUMBERS, WANTED),
    "a turned sign, of classes": (
        "loss_sign",
        "error",
        lambda p, y: p.log_softmax(1).gather(1, y[:, None]).mean(),
        SCORES,
        LABELS,
    ),
    "a turned sign, of yes and no": (
        "loss_sign",
        "error",
        lambda p, y: (y * F.logsigmoid(p) + (1 - y) * F.logsigmoid(-p)).mean(),
        NUMBERS,
        YES,
    ),
    "a sum": ("loss_reduction", "info", lambda p, y: ((p - y) ** 2).sum(), NUMBERS, WANTED),
    "no reduction": ("loss_reduction", "error", lambda p, y: (p - y) ** 2, NUMBERS, WANTED),
    "a logarithm of 0": ("nan_loss", "error", log_of_softmax, SCORES, LABELS),
    "a root at 0": ("nan_loss", "error", lambda p, y: ((p - p.detach()) ** 2).sum().sqrt(), NUMBERS, WANTED),
    "no gradient": (
        "detached_graph",
        "error",
        lambda p, y: torch.tensor(float(((p - y) ** 2).mean().detach())),
        NUMBERS,
        WANTED,
    ),
    "accuracy": (
        "detached_graph",
        "error",
        lambda p, y: ((p.argmax(1) != y).float() + 0 * p.sum()).mean(),
        SCORES,
        LABELS,
    ),
}


@pytest.mark.parametrize("name", ILL)
def test_a_planted_fault_is_named(name):
    kind, severity, loss, prediction, target = ILL[name]
    found = examine_loss(loss, prediction, target)
    assert (kind, severity) in [(one.kind, one.severity) for one in found]


@pytest.mark.parametrize(
    ("loss", "prediction", "target"),
    [
        (nn.CrossEntropyLoss(), SCORES, LABELS),
        (nn.CrossEntropyLoss(label_smoothing=0.1), SCORES, LABELS),
        (nn.MSELoss(), NUMBERS, WANTED),
        (nn.HuberLoss(), NUMBERS, WANTED),
        (nn.BCEWithLogitsLoss(), NUMBERS, YES),
        (nn.MultiMarginLoss(), SCORES, LABELS),
        (lambda p, y: (1 + (p - y) ** 2).log().mean(), NUMBERS, WANTED),
    ],
)
def test_sound_losses_are_well(loss, prediction, target):
    assert examine_loss(loss, prediction, target) == []


def test_the_prediction_and_the_random_stream_stay_as_they_are():
    before, state = NUMBERS.clone(), torch.get_rng_state()
    examine_loss(nn.MSELoss(), NUMBERS, WANTED)
    assert torch.equal(before, NUMBERS)
    assert torch.equal(state, torch.get_rng_state())
