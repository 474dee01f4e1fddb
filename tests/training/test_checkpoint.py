import random

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
from netwright.training.callbacks.checkpoint import LAST


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
            parameter.grad += 0.01 * (random.random() + np.random.rand() + torch.rand(()).item())


def samples(n_rows=90, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n_rows, 3, generator=generator)
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def run(folder=None, *, crash=None, resume=False, optimizer=None, schedule=None, **settings):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
    callbacks = [Jitter(), EarlyStopping(patience=4)]
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
        **settings,
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
    """In the first step, in the midst of an epoch, at its last step, at the first of the next, at the last."""
    whole = run(optimizer=optimizer, schedule=schedule)
    assert whole[1].steps_per_epoch == 6
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, crash=crash, optimizer=optimizer, schedule=schedule)
    resumed = run(tmp_path, resume=True, optimizer=optimizer, schedule=schedule)
    assert_same(whole, resumed)
