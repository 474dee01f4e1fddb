"""Weights that a script moves by hand: their rate is measured, and trials can be made."""

import pytest
import torch
from torch import nn

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.making import make_cases
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


def _descend(move):
    torch.manual_seed(0)
    x = torch.randn(64, 3)
    y = (x @ torch.tensor([1.0, -2.0, 0.5]))[:, None]
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    with watching(Watcher()) as watcher:
        for _ in range(5):
            nn.functional.mse_loss(network(x), y).backward()
            with torch.no_grad():
                for parameter in network.parameters():
                    move(parameter)
                    parameter.grad = None
    return make_cases(watcher.facts, Budget(10.0))[0].trainee


def test_the_rate_of_descent_by_hand_is_measured():
    trainee = _descend(lambda one: one.sub_(0.05 * one.grad))
    group = trainee.optimizer.groups[0]
    assert group["lr"] == pytest.approx(0.05, rel=1e-3)
    assert not group["maximize"]


def test_steps_up_the_hill_are_known_as_such():
    group = _descend(lambda one: one.add_(0.05 * one.grad)).optimizer.groups[0]
    assert group["lr"] == pytest.approx(0.05, rel=1e-3)
    assert group["maximize"]


def test_steps_that_are_no_multiple_of_the_gradient_have_no_rate():
    assert _descend(lambda one: one.sub_(0.05 * one.grad.sign())).optimizer is None
