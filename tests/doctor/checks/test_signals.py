"""First weights: signals that get lost or grow, layers on another scale; the usual rules are left alone."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.checks.signals import check_first_weights, check_signal_propagation
from netwright.doctor.checks.structure import check_units_differ

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)


def training(network, steps=3):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)

    def train():
        for step in range(steps):
            rows = slice(64 * step, 64 * step + 64)
            optimizer.zero_grad()
            F.cross_entropy(network(X[rows]), Y[rows]).backward()
            optimizer.step()

    return train


def stack(fill, depth=20, act=nn.Tanh):
    torch.manual_seed(0)
    sizes = [64, *[100] * depth]
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
    network = nn.Sequential(*(one for layer in layers for one in (layer, act())), nn.Linear(100, 10))
    for layer in network:
        if isinstance(layer, nn.Linear):
            fill(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def normal(deviation):
    return lambda weight: nn.init.normal_(weight, std=deviation)


@pytest.mark.parametrize(
    ("fill", "word"),
    [(normal(0.01), "vanishing"), (normal(1.0), "saturated"), (nn.init.xavier_uniform_, None)],
    ids=["0.01", "1", "Glorot"],
)
def test_a_deep_tanh_network_is_flagged_at_001_and_at_1_and_passes_with_glorots_weights(watched, fill, word):
    found = list(check_signal_propagation(watched(training(stack(fill)))))
    assert [(one.kind, one.severity, word in one.message) for one in found] == (
        [("bad_init", "info", True)] if word else []
    )


def test_a_head_that_begins_at_zero_is_left_alone(watched):
    network = stack(nn.init.xavier_uniform_, depth=3)
    nn.init.zeros_(network[-1].weight)
    assert list(check_signal_propagation(watched(training(network)))) == []


def test_a_relu_network_that_grows_is_flagged_and_a_shallow_one_is_left_alone(watched):
    (found,) = check_signal_propagation(watched(training(stack(normal(0.5), act=nn.ReLU), steps=1)))
    assert "exploding" in found.message
    assert found.evidence["last deviation"] > 1e3 * found.evidence["first deviation"]
    assert list(check_signal_propagation(watched(training(stack(normal(0.01), depth=1))))) == []


RULES = {
    "Glorot's uniform": nn.init.xavier_uniform_,
    "Glorot's normal": nn.init.xavier_normal_,
    "He's uniform": lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"),
    "He's normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "PyTorch's own": lambda weight: nn.init.kaiming_uniform_(weight, a=5**0.5),
    "orthogonal": nn.init.orthogonal_,
}


@pytest.mark.parametrize("rule", RULES)
def test_the_usual_rules_are_left_alone(watched, rule):
    case = watched(training(stack(RULES[rule], depth=2, act=nn.ReLU)))
    assert list(check_first_weights(case)) == []
    assert list(check_units_differ(case)) == []


@pytest.mark.parametrize(
    ("fill", "kind"),
    [
        (nn.init.zeros_, "zero_init"),
        (lambda weight: nn.init.constant_(weight, 0.1), "zero_init"),
        (normal(1e-4), "bad_init"),
        (normal(3.0), "bad_init"),
    ],
    ids=["all zero", "all equal", "far too small", "far too large"],
)
def test_first_weights_that_are_zero_equal_or_badly_scaled_are_found(watched, fill, kind):
    case = watched(training(stack(fill, depth=2, act=nn.ReLU)))
    found = [finding.kind for check in (check_first_weights, check_units_differ) for finding in check(case)]
    assert found == [kind]


def test_recurrent_and_convolution_layers_have_rules_too(watched):
    class Rows(nn.Module):
        def __init__(self, times):
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.cell = nn.Conv1d(8, 6, 3, padding=1), nn.GRU(8, 16, batch_first=True)
            self.out = nn.Linear(22, 10)
            with torch.no_grad():
                self.cell.weight_hh_l0 *= times

        def forward(self, x):
            x = x.reshape(-1, 8, 8)
            return self.out(torch.cat([self.conv(x).mean(2), self.cell(x)[0][:, -1]], 1))

    assert list(check_first_weights(watched(training(Rows(1.0))))) == []
    (found,) = check_first_weights(watched(training(Rows(30.0))))
    assert found.where.module.endswith("cell")


@pytest.mark.parametrize(
    ("deviation", "scale", "severity"),
    [(40.0, 1.0, "warning"), (40.0, 1e-4, "info"), (1.2, 1.0, "info")],
    ids=["both far off", "first loss as usual", "seven times too wide"],
)
def test_a_beginning_that_is_far_off_by_two_measurements_is_a_warning(watched, deviation, scale, severity):
    network = nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))
    torch.manual_seed(0)
    nn.init.normal_(network[0].weight, std=deviation)
    network[2].weight.data *= scale
    (found,) = check_first_weights(watched(training(network)))
    assert (found.kind, found.severity) == ("bad_init", severity)
    assert ("knowing nothing" in found.message) == (severity == "warning")
