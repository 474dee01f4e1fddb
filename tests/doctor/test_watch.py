"""The Python doors: around one's own loop, and for objects; nothing that was given changes."""

import copy
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from netwright import doctor
from netwright.core.errors import InputError

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(256, 6, generator=GENERATOR)
Y = (X @ torch.randn(6, 3, generator=GENERATOR)).argmax(1)


def net(*after):
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3), *after)


def fit(model, optimizer, epochs=10):
    for _ in range(epochs):
        for rows in torch.randperm(256).split(32):
            optimizer.zero_grad()
            F.cross_entropy(model(X[rows]), Y[rows]).backward()
            optimizer.step()


def test_a_loop_of_ones_own_is_judged_when_it_has_ended():
    model = net(nn.Softmax(1))
    with doctor.watch() as seen:
        assert seen.diagnosis is None
        fit(model, torch.optim.Adam(model.parameters(), lr=1e-2))
    assert [one.kind for one in seen.diagnosis.alarms] == ["softmax_before_ce"]
    assert seen.diagnosis.alarms[0].where.line.file == __file__


def test_the_same_bits_come_out_under_watch():
    weights = []
    for watched in (False, True):
        torch.manual_seed(1)
        model = net()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        if watched:
            with doctor.watch() as seen:
                fit(model, optimizer)
            assert seen.diagnosis.healthy
        else:
            fit(model, optimizer)
        weights.append([*model.parameters(), torch.random.get_rng_state()])
    assert all(torch.equal(one, other) for one, other in zip(*weights, strict=True))


def test_an_error_goes_on_and_what_came_before_it_is_judged():
    model = net()
    with pytest.raises(KeyError), doctor.watch() as seen:
        fit(model, torch.optim.Adam(model.parameters(), lr=1e-2), epochs=1)
        raise KeyError("mine")
    assert seen.diagnosis.runtime["steps"] == 8
    assert seen.diagnosis.runtime["script_error"] == "KeyError: 'mine'"


def test_two_doctors_at_once_are_refused():
    with doctor.watch(), pytest.raises(RuntimeError, match="watching already"), doctor.watch():
        pass


def loaders():
    return (
        DataLoader(TensorDataset(X[:192], Y[:192]), batch_size=32, shuffle=True),
        DataLoader(TensorDataset(X[192:], Y[192:]), batch_size=32),
    )


@pytest.mark.parametrize("stage", ["before", "full"])
def test_objects_are_examined_on_copies(stage):
    torch.manual_seed(2)
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    fit(model, optimizer, epochs=1)
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    streams = torch.random.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    told = doctor.examine(model, nn.CrossEntropyLoss(), optimizer, *loaders(), epochs=6, stage=stage)
    assert told.healthy
    assert told.runtime["steps"] == (3 if stage == "before" else 36)
    for name, value in before[0].items():
        assert torch.equal(value, model.state_dict()[name])
    states = optimizer.state_dict()["state"]
    for number, values in before[1]["state"].items():
        assert all(torch.equal(one, states[number][name]) for name, one in values.items())
    assert torch.equal(streams[0], torch.random.get_rng_state())
    assert streams[1] == random.getstate()
    assert (streams[2] == np.random.get_state()[1]).all()  # noqa: NPY002


def test_a_fault_in_objects_is_named_also_through_a_step_of_ones_own():
    model = net(nn.Softmax(1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

    def step(network, batch):
        return F.cross_entropy(network(batch[0]), batch[1])

    told = doctor.examine(model, None, optimizer, loaders()[0], step=step, stage="before")
    assert [one.kind for one in told.alarms] == ["softmax_before_ce"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"loss": None}, "one of loss and step must be given, got neither"),
        ({"step": lambda network, batch: None}, "got both"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"stage": "after"}, "stage must be 'before' or 'full', got 'after'"),
    ],
    ids=["neither", "both", "epochs", "stage"],
)
def test_what_does_not_fit_is_refused(given, sentence):
    model = net()
    call = {"loss": nn.CrossEntropyLoss(), **given}
    with pytest.raises(InputError, match=sentence):
        doctor.examine(model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1), train_loader=[], **call)


def test_telling_a_diagnosis_does_not_open_torch():
    code = "import netwright.doctor, sys; netwright.doctor.tell; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
