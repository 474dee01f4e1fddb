import math
import os
import signal

import pytest
import torch
from torch import nn

from netwright.training import (
    Callback,
    Checkpoint,
    StopOnInterrupt,
    Supervised,
    TensorSamples,
    TimeLimit,
    Training,
)

EPOCHS, STEPS = 5, 6


def samples(n_rows, seed):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(seed))
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def run(*callbacks):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
    training = Training(epochs=EPOCHS, batch_size=16, learning_rate=0.02, callbacks=callbacks)
    record = training.run(network, Supervised(nn.MSELoss()), samples(90, 0), samples(30, 1), seed=3)
    return network.state_dict(), record


def assert_same(first, second):
    assert first[1] == second[1]
    assert first[1].stopped == f"all {EPOCHS} epochs were run"
    for name, tensor in first[0].items():
        assert torch.equal(tensor, second[0][name]), name


class Press(Callback):
    """Presses Ctrl-C after so many steps, before the signal is looked for."""

    def __init__(self, n_steps):
        self.n_steps = n_steps

    def on_gradients(self, run, player):
        if run.n_steps + 1 == self.n_steps:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by one second with each step."""

    class Clock(Callback):
        now = 0.0

        def on_gradients(self, run, player):
            self.now += 1.0

    clock = Clock()
    monkeypatch.setattr("netwright.training.callbacks.limits.time.monotonic", lambda: clock.now)
    return clock


@pytest.mark.parametrize("n_steps", [1, 3, STEPS, STEPS + 1, 3 * STEPS - 1, EPOCHS * STEPS - 1])
def test_after_ctrl_c_the_run_goes_on_to_the_bits_of_one_without_it(tmp_path, n_steps):
    whole = run()
    _, broken = run(Press(n_steps), StopOnInterrupt(), Checkpoint(tmp_path))
    assert broken.stopped == "interrupted by the user"
    assert len(broken.epochs) == -(-n_steps // STEPS)
    assert_same(whole, run(StopOnInterrupt(), Checkpoint(tmp_path, resume=True)))


@pytest.mark.parametrize("seconds", [0.5, 4.5, STEPS - 0.5, STEPS + 0.5])
def test_after_a_time_limit_the_run_goes_on_to_the_bits_of_one_without_it(tmp_path, clock, seconds):
    """Each part has the whole time again, so that several of them come to the end."""
    whole, parts = run(), 0
    while True:
        clock.now, parts = 0.0, parts + 1
        part = run(clock, TimeLimit(seconds), Checkpoint(tmp_path, resume=True))
        if "time limit" not in part[1].stopped:
            break
    assert parts == EPOCHS * STEPS // math.ceil(seconds) + 1
    assert_same(whole, part)


def test_an_interrupted_run_has_its_best_weights_though_it_goes_on_from_its_last(tmp_path):
    kept = {}

    class Keep(Callback):
        def on_epoch_end(self, run):
            kept[run.epoch] = run.network[0].weight.detach().clone()

    weights, broken = run(Keep(), Press(3 * STEPS + 2), StopOnInterrupt(), Checkpoint(tmp_path))
    best = min(broken.epochs, key=lambda epoch: epoch["validation_loss"])["epoch"]
    assert broken.best_epoch == best
    assert torch.equal(weights["0.weight"], kept[best])
    assert_same(run(), run(Checkpoint(tmp_path, resume=True)))


def test_a_finished_run_is_not_run_again(tmp_path):
    first = run(Checkpoint(tmp_path))
    count = []

    class Count(Callback):
        def on_step_end(self, run):
            count.append(run.n_steps)

    assert_same(first, run(Count(), Checkpoint(tmp_path, resume=True)))
    assert count == []
