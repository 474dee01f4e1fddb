"""A rate that falls too early is found where the highest one would help further; others are left alone."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.checks.schedule import check_schedule

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)


def training(factor, steps=120, rate=0.2):
    """Steps of 64 digits; factor: (step) -> share of the rate."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)

    def train():
        for _ in range(steps):
            rows = torch.randint(len(X), (64,))
            optimizer.zero_grad()
            F.cross_entropy(model(X[rows]), Y[rows]).backward()
            optimizer.step()
            scheduler.step()

    return train


def test_a_rate_that_falls_while_there_is_much_to_learn_is_found(watched):
    (found,) = check_schedule(watched(training(lambda step: 0.5**step)))
    assert (found.kind, found.severity) == ("lr_schedule", "warning")
    assert found.evidence["step"] == 10  # the first whose rate is below a thousandth of the highest
    assert found.evidence["highest rate"] == 0.2


def test_a_rate_that_lasts_to_the_end_is_left_alone(watched):
    assert list(check_schedule(watched(training(lambda step: max(1 - step / 120, 0.0))))) == []
    assert list(check_schedule(watched(training(lambda step: 1.0)))) == []


def test_a_rate_that_falls_when_all_is_learned_is_left_alone(watched):
    assert list(check_schedule(watched(training(lambda step: 1.0 if step < 85 else 1e-5)))) == []


def test_a_rate_that_comes_back_is_a_restart(watched):
    case = watched(training(lambda step: 1e-4 if 20 <= step < 40 else 1.0))
    assert list(check_schedule(case)) == []
