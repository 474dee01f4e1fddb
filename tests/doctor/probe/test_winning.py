"""When a remedy that was tried on copies counts: what only delays has to come further."""

from types import SimpleNamespace

import pytest
import torch

from netwright.doctor.case.task import Task
from netwright.doctor.observe.facts import History
from netwright.doctor.probe.remedies import Remedy
from netwright.doctor.probe.training import Change
from netwright.doctor.probe.trying import Tried, tail, wins


def case(losses, backwards=1):
    history = History(loss=losses, backwards=[backwards] * len(losses))
    return SimpleNamespace(
        trainee=SimpleNamespace(history=history), tape=SimpleNamespace(operations=[], loss=0, value=0.0),
        train=None, task=Task("numbers"), loss=None,
    )  # fmt: skip


def tried(kind, after, **evidence):
    return Tried(Remedy(kind, Change(), "", "", evidence), (2.3,) * 3, (after,) * 3)


@pytest.fixture(autouse=True)
def no_penalties(monkeypatch):
    monkeypatch.setattr("netwright.doctor.probe.trying.penalties", lambda tape: [])
    monkeypatch.setattr("netwright.doctor.probe.trying.chance_loss", lambda case: 2.3)


@pytest.mark.parametrize(
    ("kind", "width", "end", "wanted"),
    [
        ("bad_init", 0.13, 0.281, False),  # narrow weights, and the program came as far by itself
        ("bad_init", 0.13, 0.9, True),
        ("bad_init", 140.0, 0.281, True),  # wide ones harm, whatever the program came to
        ("lr_too_low", None, 0.281, False),
        ("lr_too_low", None, 0.9, True),
    ],
)
def test_what_only_delays_has_to_come_further_than_the_program(kind, width, end, wanted):
    evidence = {} if width is None else {"deviation over PyTorch's": width}
    one, own = tried(kind, 0.16, **evidence), tried("", 0.884)
    assert wins(case([end] * 20), one, own, [one]) is wanted


def test_the_programs_end_is_told_for_one_backward_pass():
    assert tail(case([4.0] * 10, backwards=4)) == 1.0
    assert tail(case([1.0, torch.nan])) == float("inf")
