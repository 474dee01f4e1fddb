"""The contract of callbacks passes healthy ones and names what is wrong with each sick one."""

import random
import signal
import threading
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from netwright.contracts import check_callback
from netwright.metrics import roc_auc
from netwright.training import (
    Callback,
    EarlyStopping,
    EpochMetric,
    GradientClipping,
    StopOnInterrupt,
    TimeLimit,
)


class DrawsFromAllStreams(Callback):
    """A run has streams of its own, which a checkpoint keeps."""

    def on_gradients(self, run, player):
        for parameter in player.parameters:
            parameter.grad += 0.1 * (random.random() + np.random.rand() + torch.rand(()).item())  # noqa: NPY002


class CountsAndKeeps(Callback):
    def on_start(self, run):
        self.seen = 0

    def on_step_end(self, run):
        self.seen += 1

    def on_measure(self, run):
        run.values["seen"] = self.seen

    def state(self):
        return {"seen": self.seen, "half": torch.tensor(self.seen / 2), "none": float("nan")}

    def restore(self, run, state):
        self.seen = state["seen"]


@pytest.mark.parametrize(
    "healthy",
    [
        EarlyStopping(patience=1),
        EpochMetric("validation_auc", roc_auc),
        GradientClipping(max_norm=0.1),
        StopOnInterrupt(),
        TimeLimit(seconds=1000),
        Callback(),
        DrawsFromAllStreams(),
        CountsAndKeeps(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_healthy_callbacks_pass(healthy):
    check_callback(healthy)


class KeepsTheSignal(Callback):
    def on_start(self, run):
        signal.signal(signal.SIGINT, self.stop)

    def stop(self, number, frame):
        """Would stop."""


@dataclass(eq=False)
class SpendsItsSetting(Callback):
    patience: int = 5

    def on_epoch_end(self, run):
        self.patience -= 1


class RecordsText(Callback):
    def on_measure(self, run):
        run.values["mood"] = "good"


class RecordsNaN(Callback):
    def on_measure(self, run):
        run.values["score"] = float("nan")


class NeverResets(Callback):
    best = 0

    def on_measure(self, run):
        self.best += 1
        run.values["best"] = self.best


class FreezesLater(Callback):
    steps = 0

    def on_gradients(self, run, player):
        self.steps += 1
        if self.steps > 12:
            for parameter in run.network.parameters():
                parameter.grad.zero_()


class ResetsOnlyAtTheEnd(Callback):
    seen = 0

    def on_measure(self, run):
        self.seen += 1
        run.values["seen"] = self.seen

    def on_epoch_end(self, run):
        if run.epoch == run.epochs:
            self.seen = 0


class MovesWeightsAtTheEnd(Callback):
    runs = 0

    def on_end(self, run):
        self.runs += 1
        for parameter in run.network.parameters():
            parameter.data += 0.1 * self.runs


class KeepsALock(Callback):
    def on_start(self, run):
        self.lock = threading.Lock()


class ForgetsItsCount(Callback):
    """Counts from anew when a run goes on."""

    def on_start(self, run):
        self.seen = 0

    def on_step_end(self, run):
        self.seen += 1

    def on_measure(self, run):
        run.values["seen"] = self.seen


class ForgetsBetweenEpochs(CountsAndKeeps):
    """Gives its count while an epoch runs, and not after it."""

    def on_start(self, run):
        self.seen, self.between = 0, False

    def on_epoch_start(self, run):
        self.between = False

    def on_epoch_end(self, run):
        self.between = True

    def state(self):
        return {} if self.between else {"seen": self.seen}


class ForgetsItsAverage(Callback):
    """Holds the weights back by a mean that a resumed run does not have."""

    def on_start(self, run):
        self.mean = torch.zeros(())

    def on_gradients(self, run, player):
        gradient = player.parameters[0].grad
        self.mean = 0.5 * self.mean + 0.5 * gradient.mean()
        gradient += self.mean


class KeepsAnObject(Callback):
    def state(self):
        return {"random": random.Random(0)}


class KeepsARow(Callback):
    """A number that looks like a plain one, and is none after the file."""

    def state(self):
        return {"row": np.float64(0.5)}


@pytest.mark.parametrize(
    ("sick", "sentence"),
    [
        (KeepsTheSignal, "leaves its signal handler behind"),
        (SpendsItsSetting, "changes its own setting patience"),
        (RecordsText, "records what is no finite number: mood"),
        (RecordsNaN, "records what is no finite number: score"),
        (NeverResets, "gives another record in a run after another one"),
        (FreezesLater, "gives another record in a run after another one"),
        (ResetsOnlyAtTheEnd, "gives another record in a run after one that failed"),
        (MovesWeightsAtTheEnd, "gives other weights in a run after another one"),
        (KeepsALock, "cannot be copied and pickled after a run"),
        (ForgetsItsCount, "gives another record after breaking off in an epoch"),
        (ForgetsBetweenEpochs, "gives another record after breaking off between epochs"),
        (ForgetsItsAverage, "gives another record after breaking off in an epoch"),
        (KeepsAnObject, "has a state that no checkpoint carries"),
        (KeepsARow, "has a state that a file changes"),
    ],
)
def test_a_sick_callback_is_named_with_what_broke(sick, sentence):
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(AssertionError, match=sentence) as caught:
            check_callback(sick())
    finally:
        signal.signal(signal.SIGINT, handler)
    assert str(caught.value).startswith(sick.__name__)
