"""netwright's own loop: a doctor beside it, or among its callbacks, sees it as it sees any other."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from netwright import doctor
from netwright.contracts import check_callback
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher
from netwright.tabular import MLPClassifier
from netwright.training import EarlyStopping, Supervised, TensorSamples, Training
from netwright.training.stack import Stack

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(600, 6, generator=GENERATOR)
Y = (X @ torch.randn(6, 3, generator=GENERATOR)).argmax(1)
STEPS = 75
"""Of five epochs of 480 rows."""


def net(*after):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3), *after)


def train(network, *callbacks):
    training = Training(epochs=5, batch_size=32, learning_rate=0.01, callbacks=callbacks)
    training.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(X, Y))
    return network


def judged(network):
    beside = doctor.Doctor()
    train(network, beside)
    return beside.diagnosis


def watched(network):
    with doctor.watch() as seen:
        train(network)
    return seen.diagnosis


@pytest.mark.parametrize("door", [judged, watched], ids=["callback", "watch"])
def test_a_run_that_is_ill_is_named_and_one_that_is_well_is_left_in_peace(door):
    ill, well = door(net(nn.Softmax(1))), door(net())
    assert [one.kind for one in ill.alarms] == ["softmax_before_ce"]
    assert ill.alarms[0].where.line.file == __file__
    assert well.healthy
    for one in (ill, well):
        assert one.runtime["steps"] == STEPS
        assert one.runtime["held_out"]
        assert one.runtime["watch_error"] == ""


def normed():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))


@pytest.mark.parametrize("door", ["callback", "watch"])
def test_the_same_bits_come_out_beside_a_doctor(door):
    torch.manual_seed(5)
    alone = train(normed())
    after = torch.rand(1)
    torch.manual_seed(5)
    with doctor.watch() if door == "watch" else nullcontext():
        beside = train(normed(), *[doctor.Doctor()][: door == "callback"])
    assert torch.equal(after, torch.rand(1))
    assert Stack.of(normed()) is not None
    own, other = alone.state_dict(), beside.state_dict()
    assert all(torch.equal(own[name], other[name]) for name in own)


def test_the_losses_of_hand_written_steps_are_heard():
    with watching(Watcher()) as watcher:
        train(normed())
    (trainee,) = watcher.facts.trainees
    assert len(trainee.tapes) > 60
    assert len(trainee.history.loss) == STEPS
    assert trainee.history.loss[0] > 0.9 > 0.5 > trainee.history.loss[-1]
    assert type(trainee.optimizer.optimizer).__name__ == "AdamW"
    moved = {id(one) for group in trainee.optimizer.optimizer.param_groups for one in group["params"]}
    assert moved == {id(one) for one in trainee.tapes[0].modules[0].parameters()}


def test_an_estimator_is_watched_as_well():
    with doctor.watch() as seen:
        MLPClassifier(training=Training(epochs=5), random_state=0).fit(X.numpy(), Y.numpy())
    assert seen.diagnosis.healthy
    assert seen.diagnosis.runtime["steps"] > 0


def test_the_weights_of_the_best_epoch_are_judged():
    class Spoil(EarlyStopping):
        def on_start(self, run):
            super().on_start(run)
            self.network = run.network

        def on_epoch_end(self, run):
            super().on_epoch_end(run)
            if run.epoch == run.epochs:
                with torch.no_grad():
                    run.network[2].weight.zero_()

    beside = doctor.Doctor()
    train(net(), beside, Spoil(patience=None))
    assert beside.diagnosis.runtime["scores"]["network"] > 0.8


def test_a_run_that_fails_is_judged_as_far_as_it_came():
    class Fail(EarlyStopping):
        def on_epoch_end(self, run):
            raise KeyError("mine")

    beside = doctor.Doctor()
    with pytest.raises(KeyError):
        train(net(), beside, Fail())
    assert beside.diagnosis.runtime["script_error"] == "KeyError: 'mine'"
    assert beside.diagnosis.runtime["steps"] == STEPS // 5


def test_beside_another_doctor_it_keeps_silent():
    beside = doctor.Doctor()
    with doctor.watch() as seen:
        train(net(nn.Softmax(1)), beside)
    assert beside.diagnosis is None
    assert [one.kind for one in seen.diagnosis.alarms] == ["softmax_before_ce"]


def test_a_doctor_keeps_the_contract_of_callbacks():
    check_callback(doctor.Doctor(budget=0.0))
