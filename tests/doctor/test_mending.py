"""A remedy from outside is made where it can be, changes nothing else, and is compared honestly."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from netwright.doctor import KINDS
from netwright.doctor.mending import CHANGES, compared, first_change, unmended
from netwright.doctor.remedy_run import _DOORS, mended

X = torch.arange(24.0).reshape(12, 2)


def finding(kind, severity="warning", **evidence):
    where = {"module": None, "file": None, "line": None}
    return {"kind": kind, "severity": severity, "evidence": evidence, "where": where}


def change(do, **more):
    return {"do": do, "said": do, "where": {}, **more}


def step_of(optimizer_of, weight=1.0, gradient=1.0):
    """How far one step goes."""
    parameter = nn.Parameter(torch.tensor([weight]))
    optimizer = optimizer_of([parameter])
    parameter.grad = torch.tensor([gradient])
    optimizer.step()
    return weight - parameter.item(), optimizer, parameter


def sgd(parameters, **settings):
    return torch.optim.SGD(parameters, **{"lr": 1.0, **settings})


def test_every_change_is_of_a_kind_and_has_a_door():
    assert set(CHANGES) <= set(KINDS)
    told = {
        "learning rate": 1.0,
        "tried": 0.1,
        "rows of a batch": 64,
        "usual norm": 2.0,
        "mean": [0.0],
        "deviation": [1.0],
    }
    assert {make(told)["do"] for make in CHANGES.values()} == set(_DOORS)


def test_the_first_alarm_that_can_be_mended_from_outside_is_mended():
    told = {
        "findings": [
            finding("label_noise"),
            finding("unscaled_input"),  # no mean in its evidence
            finding("lr_too_low", **{"learning rate": 0.1, "tried": 1.0}),
            finding("missing_zero_grad", "error"),
        ]
    }
    assert first_change(told)["kind"] == "lr_too_low"
    assert first_change(told)["factor"] == pytest.approx(10.0)
    assert first_change({"findings": [finding("missing_zero_grad", "info")]}) is None


def test_where_nothing_can_be_mended_from_outside_it_is_said():
    told = unmended({"findings": [finding("label_noise"), finding("outliers", "info")]})
    assert (
        told["sentence"]
        == "No remedy can be applied from outside: label_noise has to be mended in the script."
    )


def test_a_rate_is_scaled_for_the_length_of_a_step_and_schedules_see_their_own():
    with mended(change("rate", factor=0.5)) as applied:
        length, optimizer, parameter = step_of(sgd)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1)
        assert optimizer.param_groups[0]["lr"] == 1.0
        optimizer.step()
        schedule.step()
    assert length == 0.5
    assert parameter.item() == 0.0
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    assert applied.times == 2
    assert step_of(sgd)[0] == 1.0  # the doors are shut again


def test_only_the_optimizer_of_the_line_that_is_named_is_changed():
    there = {"file": __file__, "line": 10**6}
    with mended({**change("rate", factor=0.5), "where": there}) as applied:
        assert step_of(sgd)[0] == 1.0
    assert applied.times == 0


def test_steps_are_cleared_cut_and_taken_without_decay():
    with mended(change("clear")):
        assert step_of(sgd)[2].grad is None
    with mended(change("clip", norm=0.25)):
        assert step_of(sgd)[0] == pytest.approx(0.25, rel=1e-3)
    with mended(change("decay")):
        assert step_of(lambda p: sgd(p, weight_decay=0.5))[0] == 1.0
    with mended(change("unclip")) as applied:
        parameter = nn.Parameter(torch.ones(1))
        parameter.grad = torch.tensor([5.0])
        torch.nn.utils.clip_grad_norm_([parameter], 0.1)
    assert (parameter.grad.item(), applied.times) == (5.0, 1)


def test_loaders_are_shuffled_and_cut_into_smaller_batches():
    plain = DataLoader(TensorDataset(X), batch_size=6)
    with mended(change("shuffle")) as applied:
        torch.manual_seed(0)
        rows = torch.cat([batch for (batch,) in plain])
    assert applied.times == 1
    assert not torch.equal(rows, X)
    assert torch.equal(rows.sort(0).values, X)
    with mended(change("batch", rows=6, to=3)):
        assert [len(batch) for (batch,) in plain] == [3] * 4
    assert [len(batch) for (batch,) in plain] == [6, 6]


def test_inputs_are_standardised_before_the_outermost_network_alone():
    inner = nn.Sequential(nn.Linear(2, 2), nn.Identity())
    seen = []
    inner.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    net = nn.Sequential(inner)
    with mended(change("standardise", mean=[11.0, 12.0], deviation=[2.0, 4.0])) as applied:
        net(X)
        F.mse_loss(X, X)
    assert torch.allclose(seen[0], (X - torch.tensor([11.0, 12.0])) / torch.tensor([2.0, 4.0]))
    assert applied.times == 1


@pytest.mark.parametrize("learning", [True, False])
def test_modes_are_set_for_the_length_of_the_calls_they_are_wrong_in(learning):
    seen = []
    net = nn.Sequential(nn.Linear(2, 2))
    net.register_forward_hook(lambda module, *_: seen.append(module.training))
    net.train(not learning)
    with mended(change("mode", learning=learning)), torch.set_grad_enabled(learning):
        net(X)
        with torch.set_grad_enabled(not learning):
            net(X)
    assert seen == [learning, not learning]
    assert net.training != learning


def test_dropout_becomes_smaller_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.8))
    with mended(change("dropout", factor=0.25)):
        net(X), net(X)
    assert net[1].p == pytest.approx(0.2)


def test_losses_are_given_what_they_take():
    scores, labels = torch.randn(6, 3), torch.arange(6) % 3
    shares = scores.softmax(1)
    with mended(change("scores")) as applied:
        assert torch.allclose(nn.CrossEntropyLoss()(shares, labels), F.cross_entropy(scores, labels))
        assert F.cross_entropy(scores, labels) == nn.CrossEntropyLoss()(scores, labels)
    assert applied.times == 1
    wanted = (scores[:, 0] > 0).float()
    with mended(change("logits")):
        given = nn.BCEWithLogitsLoss()(scores[:, 0].sigmoid(), wanted)
    assert torch.allclose(given, F.binary_cross_entropy_with_logits(scores[:, 0], wanted))
    with mended(change("shape")):
        assert F.mse_loss(scores[:, :1], wanted) == (scores[:, 0] - wanted).square().mean()


def diagnosis(score, losses=(2.0, 1.0), alarms=(), **runtime):
    told = {"losses": list(losses), "task": "classes", "held_out": True, **runtime}
    told |= {} if score is None else {"scores": {"network": score}}
    return {"findings": [finding(kind) for kind in alarms], "runtime": told}


@pytest.mark.parametrize(
    ("before", "after", "helped", "said"),
    [
        (diagnosis(0.1), diagnosis(0.9), True, "It helped: the score on held-out rows went from 0.1 to 0.9."),
        (diagnosis(0.6), diagnosis(0.61), False, "It did not help: the score on held-out rows went from"),
        (
            diagnosis(0.6),
            diagnosis(0.5, alarms=["overfit"]),
            False,
            "What the doctor finds with it: overfit.",
        ),
        (diagnosis(None), diagnosis(None, [2.0, 0.1]), True, "the loss ended at 0.1, and at 1 without"),
        (diagnosis(None), diagnosis(None, [2.0, 0.9]), False, "It did not help"),
        (diagnosis(None), diagnosis(None, [2.0, "nan"]), False, "the loss is no number"),
        (diagnosis(None, [2.0, "nan"]), diagnosis(None, [2.0, 0.9]), True, "It helped"),
    ],
)
def test_it_is_said_whether_it_helped(before, after, helped, said):
    told = compared(before, {"said": "less", "applied": 3}, after)
    assert told["helped"] is helped
    assert said in told["sentence"]


def test_a_change_that_met_nothing_or_ended_the_script_is_no_help():
    well = diagnosis(0.9)
    assert "could not be tried" in compared(well, {"said": "less", "applied": 0}, well)["sentence"]
    crashed = diagnosis(0.9, script_error="ValueError: no")
    told = compared(well, {"said": "less", "applied": 3}, crashed)
    assert told["sentence"] == "With the remedy the script did not come to its end: ValueError: no."
    assert (told["helped"], told["runs"]) == (None, {})
