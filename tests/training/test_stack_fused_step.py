import copy
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

from netwright.training.stack import FusedStep


def gradients(parameters, seed):
    draw = torch.Generator().manual_seed(seed)
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape, generator=draw)


def pair(make):
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 2))
    theirs = copy.deepcopy(ours)
    return (ours, make(ours)), (theirs, make(theirs))


def same(ours, theirs):
    return all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))


def assert_same(one, two):
    (ours, mine), (theirs, other) = one, two
    assert same(ours.parameters(), theirs.parameters())
    states = [optimizer.state_dict()["state"] for optimizer in (mine, other)]
    assert states[0].keys() == states[1].keys()
    for number, state in states[0].items():
        assert state.keys() == states[1][number].keys()
        assert same(state.values(), states[1][number].values())


MAKERS = {
    "AdamW": lambda n: torch.optim.AdamW(n.parameters(), lr=0.01, weight_decay=0.1, fused=True),
    "Adam": lambda n: torch.optim.Adam(
        n.parameters(), lr=0.01, betas=(0.8, 0.9), weight_decay=0.1, fused=True
    ),
    "maximising": lambda n: torch.optim.AdamW(n.parameters(), lr=0.01, maximize=True, fused=True),
    "groups": lambda n: torch.optim.AdamW(
        [{"params": n[0].parameters(), "lr": 0.1}, {"params": n[1].parameters(), "eps": 1e-3}], fused=True
    ),
    "amsgrad": lambda n: torch.optim.AdamW(n.parameters(), amsgrad=True, fused=True),
    "not fused": lambda n: torch.optim.AdamW(n.parameters(), fused=False),
    "SGD": lambda n: torch.optim.SGD(n.parameters(), lr=0.1, momentum=0.9),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_parameters_and_state_are_bit_for_bit_those_of_the_optimizers_own_step(kind):
    one, two = pair(MAKERS[kind])
    step = FusedStep(one[1])
    for number in range(5):
        gradients(one[0].parameters(), number)
        gradients(two[0].parameters(), number)
        step()
        two[1].step()
    assert_same(one, two)


def test_a_schedule_changes_the_rate_of_each_step_without_a_warning(recwarn):
    one, two = pair(MAKERS["AdamW"])
    schedules = [StepLR(optimizer, 1, gamma=0.5) for _, optimizer in (one, two)]
    step = FusedStep(one[1])
    for number in range(4):
        gradients(one[0].parameters(), number)
        gradients(two[0].parameters(), number)
        step()
        two[1].step()
        for schedule in schedules:
            schedule.step()
    assert_same(one, two)
    assert not recwarn.list


def test_it_goes_on_from_a_loaded_state():
    one, two = pair(MAKERS["AdamW"])
    step = FusedStep(one[1])
    for number in range(6):
        gradients(one[0].parameters(), number)
        gradients(two[0].parameters(), number)
        step()
        two[1].step()
        one[1].load_state_dict(copy.deepcopy(one[1].state_dict()))
    assert_same(one, two)


def test_parameters_without_a_gradient_stay_and_begin_when_they_get_one():
    """As a layer does that is unfrozen: its count of steps begins then."""
    one, two = pair(MAKERS["AdamW"])
    step = FusedStep(one[1])
    for number in range(6):
        for network in (one[0], two[0]):
            gradients((network if number > 2 else network[1]).parameters(), number)
        step()
        two[1].step()
    assert_same(one, two)
    assert one[1].state[one[0][0].weight]["step"] == 3


def test_hooks_are_called():
    network, optimizer = pair(MAKERS["AdamW"])[0]
    step, heard = FusedStep(optimizer), []
    for number in range(4):
        gradients(network.parameters(), number)
        if number == 2:
            optimizer.register_step_post_hook(lambda *_: heard.append(1))
        step()
    assert len(heard) == 2


def test_neither_making_an_optimizer_nor_its_steps_import_the_compiler():
    script = """
import sys, torch
from netwright.training.stack import FusedStep, without_compiler
weight = torch.nn.Parameter(torch.zeros(2))
with without_compiler():
    step = FusedStep(torch.optim.AdamW([weight], fused=True))
weight.grad = torch.ones(2)
step()
assert weight.any() and "torch._dynamo" not in sys.modules
assert not hasattr(torch.optim.Optimizer.add_param_group.__wrapped__, "__dynamo_disable")  # as it was
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
