"""Trials on copies: they compute what the program computed, leave it alone, and name what was planted."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.probe.training import Change, train
from netwright.doctor.probe.tree import trials

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(256, 8, generator=GENERATOR)
Y = (X @ torch.randn(8, 3, generator=GENERATOR)).argmax(1)


BENT = (X[:, 0] * X[:, 1] > 0).long() + (X[:, 2] * X[:, 3] > 0).long()


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))


def training(model, make, loss=F.cross_entropy, x=X, y=Y, epochs=12, clip=None):
    optimizer = make(model.parameters())

    def run():
        for epoch in range(epochs):
            order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
            for rows in order.split(32):
                optimizer.zero_grad()
                loss(model(x[rows]), y[rows]).backward()
                if clip:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
                optimizer.step()

    return run


def adam(**settings):
    return lambda parameters: torch.optim.Adam(parameters, **settings)


def sgd(**settings):
    return lambda parameters: torch.optim.SGD(parameters, **settings)


def test_a_trial_without_a_change_takes_the_programs_own_steps(watched):
    model = net()
    first = copy.deepcopy(model)
    case = watched(training(model, sgd(lr=0.05, momentum=0.9), epochs=1))
    trial = train(case, Change(), 8)
    assert trial.losses == pytest.approx(case.trainee.history.loss, rel=1e-5)
    for parameter, other in zip(
        trial.copies.modules[id(model)].parameters(), model.parameters(), strict=True
    ):
        torch.testing.assert_close(parameter, other)
    for parameter, other in zip(
        case.start().modules[id(model)].parameters(), first.parameters(), strict=True
    ):
        assert torch.equal(parameter, other)


def test_a_trial_changes_neither_weights_nor_rows_nor_the_random_stream(watched):
    model = net()
    case = watched(training(model, adam(lr=1e-3)), outcome=True)
    before = copy.deepcopy(model.state_dict()), X.clone(), torch.random.get_rng_state()
    train(case, Change(rate=100.0, inputs=lambda x: 2 * x, prepare=lambda copies: None), 10)
    assert all(torch.equal(one, model.state_dict()[name]) for name, one in before[0].items())
    assert torch.equal(X, before[1])
    assert torch.equal(torch.random.get_rng_state(), before[2])


PLANTED = {
    "lr_too_high": lambda: training(net(), adam(lr=30.0), y=BENT),
    "lr_too_low": lambda: training(net(), adam(lr=1e-6), epochs=40),
    "clip_too_small": lambda: training(net(), sgd(lr=0.1), clip=1e-4),
    "weight_decay_too_high": lambda: training(net(), sgd(lr=0.1, weight_decay=5.0)),
    "unscaled_input": lambda: training(net(), sgd(lr=0.05), x=X * 300 + 2000),
    "bad_optimizer_setting": lambda: training(net(), adam(lr=1e-2, eps=1e4)),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_planted_is_named_by_trials(watched, kind):
    case = watched(PLANTED[kind](), outcome=True)
    assert case.outcome.poor
    (found,) = trials(case, [])
    assert (found.kind, found.severity) == (kind, "warning")
    assert "3 of 3 repeats" in found.message


def test_large_first_weights_are_named(watched):
    model = net()
    for layer in (model[0], model[2]):
        nn.init.normal_(layer.weight, std=30.0)
    (found,) = trials(watched(training(model, sgd(lr=0.05), epochs=4), outcome=True), [])
    assert found.kind == "bad_init"


@pytest.mark.parametrize(("epochs", "kinds"), [(3, ["bad_init"]), (80, [])])
def test_first_weights_far_off_are_tried_otherwise_where_nobody_knows_how_it_ended(watched, epochs, kinds):
    model = net()
    for layer in (model[0], model[2]):
        nn.init.normal_(layer.weight, std=4.0)
    case = watched(training(model, adam(lr=0.03), epochs=epochs))
    assert case.outcome is None
    assert [one.kind for one in trials(case, [])] == kinds


def test_a_training_that_is_well_is_not_tried_on(watched):
    case = watched(training(net(), adam(lr=1e-2), epochs=20), outcome=True)
    assert not case.outcome.poor
    assert trials(case, []) == []


def test_a_loss_that_is_made_larger_is_named(watched):
    case = watched(training(net(), sgd(lr=0.01, maximize=True), epochs=3), outcome=True)
    (found,) = trials(case, [])
    assert (found.kind, found.severity) == ("loss_sign", "error")


def test_a_net_of_one_unit_cannot_learn_rows_by_heart(watched):
    narrow = nn.Sequential(nn.Linear(8, 1), nn.ReLU(), nn.Linear(1, 3))
    (found,) = trials(watched(training(narrow, adam(lr=1e-2), epochs=40), outcome=True), [])
    assert found.kind in ("capacity_too_small", "bottleneck")
