"""The loop: clearing, stepping, modes, and runs that end before a step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.checks.crash import check_failed_loss, check_loss_has_graph
from netwright.doctor.checks.loop import (
    check_evaluation_mode,
    check_gradients_cleared,
    check_parameters_move,
    check_steps_move,
    check_steps_taken,
    check_training_mode,
)
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher

X = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()
HELD_OUT = torch.randn(48, 4, generator=torch.Generator().manual_seed(1))


def net(*between):
    return nn.Sequential(nn.Linear(4, 8), *between, nn.ReLU(), nn.Linear(8, 2))


def loop(order, model=None, every=1, steps=8):
    """A training whose step runs the words of `order`: zero, forward, backward, step."""
    model = model or net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train():
        loss = None
        for step in range(steps):
            for word in order.split():
                if word == "zero" and step % every == 0:
                    optimizer.zero_grad()
                elif word == "forward":
                    rows = slice(12 * step, 12 * step + 12)
                    loss = F.cross_entropy(model(X[rows]), Y[rows])
                elif word == "backward":
                    loss.backward()
                elif word == "step" and (step + 1) % every == 0:
                    optimizer.step()

    return train


def kinds(findings):
    return [finding.kind for finding in findings]


def test_gradients_that_are_never_cleared_are_found(watched):
    (found,) = check_gradients_cleared(watched(loop("forward backward step")))
    assert (found.kind, found.evidence["uncleared"]) == (
        "missing_zero_grad",
        found.evidence["steps looked at"],
    )


@pytest.mark.parametrize("order", ["zero forward backward step", "forward backward step zero"])
@pytest.mark.parametrize("every", [1, 2])
def test_gradients_that_are_cleared_before_or_after_and_accumulated_are_well(watched, order, every):
    assert kinds(check_gradients_cleared(watched(loop(order, every=every)))) == []


def test_two_players_whose_gradients_meet_are_well(watched):
    """The generator's loss adds to the discriminator's gradients, which are cleared before they are used."""
    generator, critic = nn.Linear(3, 4), nn.Linear(4, 1)
    one, other = (torch.optim.SGD(p.parameters(), lr=0.01) for p in (critic, generator))

    def train():
        for _ in range(8):
            fake = generator(torch.randn(12, 3))
            one.zero_grad()
            (critic(fake.detach()).mean() - critic(X[:12]).mean()).backward()
            one.step()
            other.zero_grad()
            (-critic(fake).mean()).backward()
            other.step()

    assert kinds(check_gradients_cleared(watched(train))) == []


@pytest.mark.parametrize("order", ["forward backward zero step", "zero forward step backward"])
def test_steps_without_gradients_are_found(watched, order):
    assert kinds(check_steps_move(watched(loop(order)))) == ["step_order"]
    assert kinds(check_steps_move(watched(loop("zero forward backward step")))) == []


def test_an_optimizer_that_never_steps_is_found_and_weights_moved_by_hand_are_not():
    with watching(Watcher()) as watcher:
        loop("zero forward backward")()
    assert kinds(check_steps_taken(watcher.facts)) == ["step_order"]
    model = net()
    with watching(Watcher()) as watcher:
        for step in range(8):
            model.zero_grad()
            F.cross_entropy(model(X[12 * step : 12 * step + 12]), Y[12 * step : 12 * step + 12]).backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter -= 0.1 * parameter.grad
    assert kinds(check_steps_taken(watcher.facts)) == []
    assert len(watcher.facts.trainees[0].history) >= 7


def with_modes(model, back=True, evaluated=False, epochs=4, passes=1):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

    def train():
        for epoch in range(epochs):
            if back or epoch == 0:
                model.train()
            for rows in (slice(0, 48), slice(48, 96)):
                optimizer.zero_grad()
                F.cross_entropy(model(X[rows]), Y[rows]).backward()
                optimizer.step()
            if not evaluated:
                model.eval()
            with torch.no_grad():
                for _ in range(passes):
                    (model(HELD_OUT).argmax(1) == (HELD_OUT[:, 0] > 0)).float().mean()

    return train


def test_a_mode_that_is_never_set_back_is_found(watched):
    (found,) = check_training_mode(watched(with_modes(net(nn.BatchNorm1d(8)), back=False)))
    assert (found.kind, found.severity) == ("eval_mode_training", "warning")
    assert (found.evidence["steps"], found.evidence["in evaluation mode"]) == (8, 6)
    assert kinds(check_training_mode(watched(with_modes(net(nn.BatchNorm1d(8)))))) == []
    assert kinds(check_training_mode(watched(with_modes(net(), back=False)))) == []  # no layer minds


def test_an_evaluation_in_training_mode_is_found_and_meant_randomness_is_not(watched):
    (found,) = check_evaluation_mode(watched(with_modes(net(nn.Dropout(0.5)), evaluated=True)))
    assert found.kind == "train_mode_eval"
    assert kinds(check_evaluation_mode(watched(with_modes(net(nn.Dropout(0.5)))))) == []
    several = with_modes(net(nn.Dropout(0.5)), evaluated=True, passes=20)
    assert kinds(check_evaluation_mode(watched(several))) == []
    assert kinds(check_evaluation_mode(watched(with_modes(net(), evaluated=True)))) == []


def test_layers_frozen_at_random_are_found_and_trained_ones_are_not(watched):
    fresh = net()
    fresh[0].requires_grad_(requires_grad=False)
    assert kinds(check_parameters_move(watched(loop("zero forward backward step", fresh)))) == [
        "frozen_params"
    ]
    learned = net()
    with torch.no_grad():
        learned[0].weight += 0.3 * torch.randn(8, 4, generator=torch.Generator().manual_seed(3))
    learned[0].requires_grad_(requires_grad=False)
    assert kinds(check_parameters_move(watched(loop("zero forward backward step", learned)))) == []


@pytest.mark.parametrize(
    ("loss", "target", "kind"),
    [
        (F.cross_entropy, Y[:12].float(), "wrong_target_dtype"),
        (F.cross_entropy, Y[:12] + 1, "bad_label_values"),
        (F.binary_cross_entropy_with_logits, Y[:12, None].repeat(1, 2), "wrong_target_dtype"),
    ],
    ids=["labels as floats", "labels from one", "answers as integers"],
)
def test_a_loss_that_refuses_its_target_is_named(loss, target, kind):
    model = net()
    watcher = Watcher()
    with watching(watcher), pytest.raises((RuntimeError, IndexError)) as raised:
        loss(model(X[:12]), target).backward()
    watcher.facts.crash = f"{type(raised.value).__name__}: {raised.value}"
    (found,) = check_failed_loss(watcher.facts)
    assert (found.kind, found.severity, found.where.line.file) == (kind, "error", __file__)


def test_a_loss_made_anew_from_a_number_is_found():
    model = net()
    with watching(Watcher()) as watcher:
        for _ in range(3):
            loss = F.cross_entropy(model(X), Y)
            torch.tensor(loss.item(), requires_grad=True).backward()
    assert kinds(check_loss_has_graph(watcher.facts)) == ["detached_graph"]
    with watching(Watcher()) as watcher:
        loop("zero forward backward step")()
    assert kinds(check_loss_has_graph(watcher.facts)) == []
