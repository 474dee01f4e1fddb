"""What units do: silent, at a bound, out of reach; told where the outcome is poor, and only there."""

import itertools

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.checks.units import (
    activations,
    check_batch_norm,
    check_gradient_reaches,
    check_gradient_size,
    check_saturated_units,
    check_silent_units,
)

ROWS, LABELS = load_digits(return_X_y=True)
ORDER = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(0))
X = (torch.tensor(ROWS, dtype=torch.float32) / 16)[ORDER]
Y = torch.tensor(LABELS)[ORDER]
CHECKS = (
    check_silent_units,
    check_saturated_units,
    check_gradient_reaches,
    check_gradient_size,
    check_batch_norm,
)


def net(act=nn.ReLU, depth=2, width=32, after=lambda width: []):
    torch.manual_seed(0)
    sizes = [64, *[width] * depth]
    layers = [
        one
        for first, second in itertools.pairwise(sizes)
        for one in (nn.Linear(first, second), *after(second), act())
    ]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def digits(model, rate=0.1, steps=90, batch=64):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)

    def train():
        for step in range(steps):
            rows = torch.arange(batch * step, batch * step + batch) % 1200
            optimizer.zero_grad()
            F.cross_entropy(model(X[rows]), Y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            (model(X[1200:1700]).argmax(1) == Y[1200:1700]).float().mean()

    return train


def told(case):
    return [finding.kind for check in CHECKS for finding in check(case)]


def test_a_network_that_learns_is_told_nothing_of_its_units(watched):
    case = watched(digits(net(), rate=0.5, steps=300), outcome=True)
    assert not case.outcome.poor
    assert told(case) == []


def test_activations_are_those_of_the_layers(watched):
    model = net()
    case = watched(digits(model, steps=5))
    first, second = activations(case, case.end())
    rows = case.train.part(512).inputs
    torch.testing.assert_close(first.values, model[:2](rows))
    torch.testing.assert_close(second.values, model[:4](rows))
    assert first.name == "relu"


def test_units_that_are_silent_for_every_row_are_found(watched):
    silent = net()
    with torch.no_grad():
        silent[0].bias.fill_(-50.0)
    case = watched(digits(silent), outcome=True)
    (found,) = check_silent_units(case)
    assert (found.kind, found.severity) == ("dead_relu", "warning")
    assert found.evidence["share of each layer"][0] == 1.0


def test_silent_units_of_a_good_network_are_no_alarm(watched):
    """Nine units of ten are silent for every row, and those that are left are enough."""
    wide = net(width=400, depth=1)
    with torch.no_grad():
        wide[0].bias[:360] = -50.0
    case = watched(digits(wide, rate=0.5, steps=300), outcome=True)
    assert float((activations(case, case.end())[0].values <= 0).all(0).float().mean()) > 0.85
    assert list(check_silent_units(case)) == []


def test_units_at_their_bounds_are_found(watched):
    stuck = net(nn.Tanh)
    with torch.no_grad():
        stuck[0].bias.fill_(30.0)
    case = watched(digits(stuck), outcome=True)
    (found,) = check_saturated_units(case)
    assert (found.kind, found.severity) == ("saturated", "warning")
    good = watched(digits(net(nn.Tanh), rate=0.5, steps=300), outcome=True)
    assert list(check_saturated_units(good)) == []


def test_a_gradient_that_does_not_reach_the_first_layer_is_found(watched):
    case = watched(digits(net(nn.Sigmoid, depth=8)), outcome=True)
    (found,) = check_gradient_reaches(case)
    assert (found.kind, found.severity) == ("vanishing_gradient", "warning")
    assert found.evidence["first over last, before training"] < 1e-3
    assert list(check_gradient_reaches(watched(digits(net(depth=8), rate=0.01), outcome=True))) == []


def test_gradients_that_burst_are_found_and_even_ones_are_not(watched):
    case = watched(digits(net(), rate=1e-6), outcome=True)
    assert case.outcome.poor
    assert list(check_gradient_size(case)) == []
    norms = case.trainee.history.gradient
    norms[::20] = [1e4 for _ in norms[::20]]
    (found,) = check_gradient_size(case)
    assert (found.kind, found.severity) == ("exploding_gradient", "warning")
    assert found.evidence["share of spikes"] >= 0.03


def test_statistics_that_never_moved_are_found_and_moving_ones_are_not(watched):
    still = net(after=lambda width: [nn.BatchNorm1d(width, momentum=0.0)])
    with torch.no_grad():
        for part in still:
            if isinstance(part, nn.Linear):
                part.weight *= 10
    (found,) = check_batch_norm(watched(digits(still, steps=150), outcome=True))
    assert (found.kind, found.severity) == ("batchnorm_misuse", "warning")
    assert "never moved" in found.message
    moving = net(after=lambda width: [nn.BatchNorm1d(width)])
    assert list(check_batch_norm(watched(digits(moving, steps=150), outcome=True))) == []
