"""Evaluations that measure something else than they seem, and their twins."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.task import check_measures


def _train(measure):
    def run():
        x = torch.randn(96, 4)
        y = (x[:, 0] > 0).float()
        network = nn.Linear(4, 1)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(network(x[:64]).squeeze(1), y[:64]).backward()
            optimizer.step()
        with torch.no_grad():
            measure(network(x[64:]), y[64:])

    return run


ILL = {
    "argmax": lambda scores, y: (scores.argmax(1) == y).float().mean(),
    "stretched": lambda scores, y: ((scores > 0).float() == y).float().mean(),
    "halved": lambda scores, y: ((scores.squeeze(1) > 0.5) == y.bool()).float().mean(),
    "rounded": lambda scores, y: (scores.squeeze(1).round() == y).float().mean(),
}
WELL = {
    "at zero": lambda scores, y: ((scores.squeeze(1) > 0) == y.bool()).float().mean(),
    "probabilities": lambda scores, y: ((scores.squeeze(1).sigmoid() > 0.5) == y.bool()).float().mean(),
    "columns": lambda scores, y: ((scores > 0).float() == y[:, None]).float().mean(),
    "best of two": lambda scores, y: (torch.cat([-scores, scores], 1).argmax(1) == y).float().mean(),
}


@pytest.mark.parametrize("name", ILL)
def test_a_measure_of_something_else_is_found(watched, name):
    found = list(check_measures(watched(_train(ILL[name]))))
    assert [(one.kind, one.severity) for one in found] == [("wrong_metric", "warning")]


@pytest.mark.parametrize("name", WELL)
def test_a_right_measure_is_left_in_peace(watched, name):
    assert not list(check_measures(watched(_train(WELL[name]))))


def _tags(measure, *, one_each=False):
    def run():
        x = torch.randn(96, 4)
        y = F.one_hot(x.argmax(1), 4).float() if one_each else (x > 0).float()
        network = nn.Linear(4, 4)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(network(x[:64]), y[:64]).backward()
            optimizer.step()
        with torch.no_grad():
            measure(network(x[64:]), y[64:])

    return run


def test_softmax_over_tags_is_found_and_over_classes_it_is_not(watched):
    def shared(scores, y):
        return (scores.softmax(dim=1).round() == y).float().mean()

    (found,) = check_measures(watched(_tags(shared)))
    assert (found.kind, found.severity, "softmax over 4 tags" in found.message) == (
        "wrong_metric",
        "warning",
        True,
    )
    assert not list(check_measures(watched(_tags(shared, one_each=True))))
    assert not list(
        check_measures(watched(_tags(lambda scores, y: ((scores > 0) == y.bool()).float().mean())))
    )
