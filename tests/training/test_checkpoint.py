import errno
import os
import random
import re
import resource
import shutil
import subprocess
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.errors import CheckpointWarning, ModelError
from netwright.core.state import read_state, write_state
from netwright.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    Supervised,
    TensorSamples,
    Training,
)
from netwright.training.callbacks.checkpoint import BEST, LAST


class Crash(Callback):
    """Ends the run like a power cut, after so many steps."""

    def __init__(self, n_steps):
        self.n_steps = n_steps

    def on_step_end(self, run):
        if run.n_steps == self.n_steps:
            raise ZeroDivisionError


class Jitter(Callback):
    """Draws from all three random streams, as augmentations do."""

    def on_gradients(self, run, player):
        for parameter in player.parameters:
            parameter.grad += 0.01 * (random.random() + np.random.random_sample() + torch.rand(()).item())  # noqa: NPY002


def samples(n_rows=90, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n_rows, 3, generator=generator)
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def run(folder=None, *, crash=None, resume=False, optimizer=None, schedule=None, callbacks=()):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
    callbacks = [*callbacks, Jitter(), EarlyStopping(patience=4)]
    callbacks += [] if crash is None else [Crash(crash)]
    if folder is not None:
        callbacks.append(Checkpoint(folder, steps=1, resume=resume))
    training = Training(
        epochs=6,
        batch_size=16,
        learning_rate=0.02,
        optimizer=optimizer,
        schedule=schedule,
        callbacks=callbacks,
    )
    record = training.run(network, Supervised(nn.MSELoss()), samples(), samples(30, 1), seed=3)
    return network.state_dict(), record


def step_down(optimizer, steps):
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, [steps // 3, steps // 2], 0.3)


def one_cycle(optimizer, steps):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, steps)


def assert_same(first, second):
    assert first[0].keys() == second[0].keys()
    for name in first[0]:
        assert torch.equal(first[0][name], second[0][name]), name
    assert first[1] == second[1]


@pytest.mark.parametrize("crash", [1, 5, 6, 7, 12, 17, 36])
@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [(None, step_down), (torch.optim.SGD, one_cycle), (torch.optim.RMSprop, None)],
)
def test_a_run_that_crashed_at_any_step_goes_on_with_the_same_bits(tmp_path, crash, optimizer, schedule):
    """In the first step, amid an epoch, at its last step, at the first of the next, at the last of all."""
    whole = run(optimizer=optimizer, schedule=schedule)
    assert whole[1].steps_per_epoch == 6
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, crash=crash, optimizer=optimizer, schedule=schedule)
    resumed = run(tmp_path, resume=True, optimizer=optimizer, schedule=schedule)
    assert_same(whole, resumed)


class Grows(Callback):
    """Has a small state until step 5 of the run, and a large one from there on."""

    def on_start(self, run):
        self.n_steps = 0

    def on_step_end(self, run):
        self.n_steps = run.n_steps

    def state(self):
        return {"filler": torch.zeros(100 if self.n_steps < 5 else 100_000)}


def may_mount():
    """Whether this process has the right to mount file systems (CAP_SYS_ADMIN)."""
    status = Path("/proc/self/status")
    rights = re.search(r"CapEff:\s*([0-9a-f]+)", status.read_text()) if status.exists() else None
    return bool(rights and int(rights[1], 16) >> 21 & 1 and shutil.which("mount"))


@contextmanager
def small_disk(folder):
    """A real file system of 200 kB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], check=True)
    try:
        yield "No space left on device"
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def small_files(folder):
    """A system that takes no file of more than 100 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        yield "File too large"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [small_files, *([small_disk] if may_mount() else [])])
def test_a_full_disk_keeps_the_checkpoint_before_and_says_so_once(room, tmp_path):
    whole = run(callbacks=[Grows()])
    with room(tmp_path) as reason, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = run(tmp_path, callbacks=[Grows()])
        assert_same(whole, found)  # the run went on to its end
        told = [str(warning.message) for warning in caught if warning.category is CheckpointWarning]
        assert len(told) == 1
        assert f"the checkpoint in {tmp_path} could not be written ({reason}); the one before it" in told[0]
        assert read_state(tmp_path / LAST)["position"][2] == 4
        assert list(tmp_path.glob(".*")) == []


def test_a_disk_that_has_room_again_is_written_to_and_spoken_of_anew(tmp_path, monkeypatch):
    writes = []

    def sometimes_full(path, state):
        writes.append(path)
        if len(writes) in (2, 3, 5):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_state(path, state)

    monkeypatch.setattr("netwright.training.callbacks.checkpoint.write_state", sometimes_full)
    with pytest.warns(CheckpointWarning, match="No space left on device") as caught:
        run(tmp_path)
    assert len([w for w in caught if w.category is CheckpointWarning]) == 2
    assert read_state(tmp_path / LAST)["finished"]


class Unwritable(Callback):
    """Has a state that cannot be written."""

    def state(self):
        return {"array": np.zeros(2)}


def test_a_state_that_cannot_be_written_ends_the_run_with_what_it_holds(tmp_path):
    with pytest.raises(TypeError, match="a state holds plain values and tensors, not ndarray"):
        run(tmp_path, callbacks=[Unwritable()])


def test_what_a_kill_left_half_written_is_no_checkpoint_and_is_cleared(tmp_path):
    half = tmp_path / f".{LAST}.ab12cd34.part"
    half.mkdir()
    (half / ".tmpAbCdEf").write_bytes(b"half")
    (tmp_path / "mine.part").write_text("mine")
    whole, found = run(), run(tmp_path, resume=True)
    assert_same(whole, found)
    assert sorted(path.name for path in tmp_path.iterdir()) == [BEST, LAST, "mine.part"]


@pytest.mark.parametrize("spoil", [lambda data: data[:-3], lambda data: data[:-1] + b"x", lambda data: b""])
def test_a_damaged_checkpoint_is_refused(spoil, tmp_path):
    run(tmp_path)
    (tmp_path / LAST).write_bytes(spoil((tmp_path / LAST).read_bytes()))
    with pytest.raises(ModelError, match="the checkpoint must be as it was written"):
        run(tmp_path, resume=True)
