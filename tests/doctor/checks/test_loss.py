"""Each check of the loss fires on the sick twin and is silent on the healthy one."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.checks.loss import (
    check_double_sigmoid,
    check_log_probabilities,
    check_output_range,
    check_softmax_before_ce,
    check_softmax_dim,
    check_softmax_over_labels,
)
from netwright.doctor.checks.shapes import check_broadcast, check_output_units


def table(rows=128, features=4, seed=0):
    return torch.randn(rows, features, generator=torch.Generator().manual_seed(seed))


def fit(net, loss_of, target, x=None, steps=3, batch=32):
    """A training on slices of a table; loss_of gets the net's answer and the target."""
    x = table() if x is None else x
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def train():
        for step in range(steps):
            rows = slice(step * batch, (step + 1) * batch)
            optimizer.zero_grad()
            loss_of(net(x[rows]), target[rows]).backward()
            optimizer.step()

    return train


def labels(classes=3):
    return torch.arange(128) % classes


def net(outputs, *after):
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, outputs), *after)


TWINS = {
    "softmax before cross-entropy": (
        check_softmax_before_ce,
        "softmax_before_ce",
        lambda: fit(net(3, nn.Softmax(1)), F.cross_entropy, labels()),
        [
            lambda: fit(net(3), F.cross_entropy, labels()),
            lambda: fit(net(3, nn.LogSoftmax(1)), F.cross_entropy, labels()),
        ],
    ),
    "sigmoid before the loss with logits": (
        check_double_sigmoid,
        "double_sigmoid",
        lambda: fit(net(1, nn.Sigmoid()), F.binary_cross_entropy_with_logits, labels(2)[:, None].float()),
        [lambda: fit(net(1), F.binary_cross_entropy_with_logits, labels(2)[:, None].float())],
    ),
    "scores in place of log-probabilities": (
        check_log_probabilities,
        "missing_log_softmax",
        lambda: fit(net(3), F.nll_loss, labels()),
        [lambda: fit(net(3, nn.LogSoftmax(1)), F.nll_loss, labels())],
    ),
    "a column against a row": (
        check_broadcast,
        "target_shape_broadcast",
        lambda: fit(net(1), F.mse_loss, torch.randn(128)),
        [
            lambda: fit(net(1), F.mse_loss, torch.randn(128, 1)),
            lambda: fit(net(1, nn.Flatten(0)), F.mse_loss, torch.randn(128)),
        ],
    ),
    "a column against a row, written out": (
        check_broadcast,
        "target_shape_broadcast",
        lambda: fit(net(1), lambda out, y: ((out - y) ** 2).mean(), torch.randn(128)),
        [lambda: fit(net(1), lambda out, y: ((out - y) ** 2).mean(), torch.randn(128, 1))],
    ),
    "one output for two numbers": (
        check_broadcast,
        "wrong_output_units",
        lambda: fit(net(1), F.mse_loss, torch.randn(128, 2)),
        [lambda: fit(net(2), F.mse_loss, torch.randn(128, 2))],
    ),
    "one output for cross-entropy": (
        check_output_units,
        "wrong_output_units",
        lambda: fit(net(1), F.cross_entropy, torch.zeros(128, dtype=torch.long)),
        [lambda: fit(net(3), F.cross_entropy, labels())],
    ),
    "softmax over the rows": (
        check_softmax_dim,
        "softmax_wrong_dim",
        lambda: fit(net(3, nn.LogSoftmax(0)), F.nll_loss, labels()),
        [
            lambda: fit(net(3, nn.LogSoftmax(1)), F.nll_loss, labels()),
            lambda: fit(net(3), F.cross_entropy, labels()),
        ],
    ),
    "softmax over labels": (
        check_softmax_over_labels,
        "wrong_loss_for_task",
        lambda: fit(net(3, nn.Softmax(1)), F.binary_cross_entropy, (table(features=3) > 0).float()),
        [lambda: fit(net(3, nn.Sigmoid()), F.binary_cross_entropy, (table(features=3) > 0).float())],
    ),
    "negative targets behind ReLU": (
        check_output_range,
        "output_range",
        lambda: fit(net(1, nn.ReLU()), F.mse_loss, torch.randn(128, 1)),
        [
            lambda: fit(net(1), F.mse_loss, torch.randn(128, 1)),
            lambda: fit(net(1, nn.ReLU()), F.mse_loss, torch.rand(128, 1)),
            lambda: fit(net(1, nn.Sigmoid()), F.mse_loss, torch.rand(128, 1)),
        ],
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_the_sick_twin_is_named_and_the_healthy_ones_are_left_alone(watched, name):
    check, kind, sick, healthy = TWINS[name]
    found = list(check(watched(sick())))
    assert [finding.kind for finding in found] == [kind]
    assert found[0].severity == "error"
    assert found[0].where.line is None or found[0].where.line.file == __file__
    assert found[0].remedy
    for twin in healthy:
        assert list(check(watched(twin()))) == []


def test_labels_beyond_the_outputs_are_told_with_both_numbers(watched):
    case = watched(fit(net(3), F.cross_entropy, labels()))
    case.train.target = case.train.target + 1
    (found,) = check_output_units(case)
    assert (found.kind, found.evidence["outputs"], found.evidence["largest label"]) == (
        "bad_label_values",
        3,
        3,
    )
