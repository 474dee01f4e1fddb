"""Whole runs of the loop on two processes: as one process would have them, and on from each other's files."""

import os
import signal

import numpy as np
import pytest
import torch
from torch import nn

import processes
from netwright.core.state import read_state
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    Engine,
    EpochMetric,
    Supervised,
    TensorSamples,
    TimeLimit,
    Training,
)

ROWS, BATCH, EPOCHS = 1001, 96, 4


def network(seed=0):
    """Batch normalisation behind a layer without bias: Adam would make steps of the noise of its gradient."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 24, bias=False), nn.BatchNorm1d(24), nn.Tanh(), nn.Linear(24, 1))


def rows():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(ROWS, 6, generator=generator)
    return TensorSamples(x, x[:, :1].sin() + 0.1 * torch.randn(ROWS, 1, generator=generator))


def r2(truth, prediction):
    return 1 - float(np.mean((truth - prediction) ** 2) / np.var(truth))


def recipe(*callbacks, sharding="auto", fast_path=True, epochs=EPOCHS):
    return Training(
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=1e-2,
        callbacks=[EpochMetric("r2", r2), EarlyStopping(patience=None), *callbacks],
        engine=Engine(sharding=sharding, fast_path=fast_path),
    )


def run(training, seed=0):
    model = network(seed)
    record = training.run(model, Supervised(nn.MSELoss()), rows(), seed=3)
    return told(record, model)


def told(record, model):
    """What a run leaves, without its times."""
    epochs = [dict(values) for values in record.epochs]
    return {"epochs": epochs, "best": record.best_epoch, "state": model.state_dict(), "why": record.stopped}


def estimated(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 4)).astype(np.float32)
    y = X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=ROWS)
    model = kind(
        hidden=(16,), dropout=0.0, norm=nn.BatchNorm1d, random_state=0,
        training=Training(epochs=3, batch_size=BATCH, optimizer=torch.optim.SGD, learning_rate=0.05),
    )  # fmt: skip
    model.fit(X, y > 0 if kind is MLPClassifier else y)
    return told(model.record_, model.network_) | {"answers": torch.as_tensor(model.predict(X[:50])).float()}


class Cut(Callback):
    """Ends the run from outside, in the middle of an epoch, as one process of several sees it."""

    def on_step_end(self, run):
        if run.n_steps == 10 and run.world.rank == run.world.size - 1:
            run.stop("cut", resumable=True)


class Plug(Callback):
    """The second process is killed after the first checkpoint is written."""

    def on_step_end(self, run):
        if run.world.rank == 1 and run.n_steps == 24:
            os.kill(os.getpid(), signal.SIGKILL)


def together(folder, world):
    """Runs on two processes, each from new and on from what one process left."""
    del world
    cut = {
        kind: run(recipe(Cut(), Checkpoint(folder / kind), sharding=kind)) for kind in ("replicated", "full")
    }
    return {
        "replicated": run(recipe()),
        "full": run(recipe(sharding="full"), seed=int(os.environ["RANK"])),
        "classifier": estimated(MLPClassifier),
        "regressor": estimated(MLPRegressor),
        "cut": cut,
        "went on": run(recipe(Checkpoint(folder / "alone", resume=True)), seed=7),
        "went on full": run(recipe(Checkpoint(folder / "alone", resume=True), sharding="full"), seed=7),
        "limited": run(recipe(TimeLimit(0.0), Checkpoint(folder / "limited"), epochs=100)),
        "seeds": unseeded(),
    }


def unseeded():
    """An estimator without a seed of its own, in processes that draw differently."""
    X = np.arange(64.0).reshape(32, 2)
    model = MLPRegressor(hidden=(4,), training=Training(epochs=1)).fit(X, X[:, 0])
    return told(model.record_, model.network_)


def lose(folder, world):
    del world
    run(recipe(Checkpoint(folder / "lost", steps=8), Plug(), sharding="full"))


@pytest.fixture(scope="module")
def alone():
    return run(recipe())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("together")
    run(recipe(Cut(), Checkpoint(place / "alone")))
    return place


@pytest.fixture(scope="module")
def answers(folder):
    return processes.run(__file__, "together", folder)


def equal(one, other, atol=1e-4):
    """Losses, metrics, best epoch and weights of two runs."""
    assert (one["best"], len(one["epochs"])) == (other["best"], len(other["epochs"]))
    for ours, theirs in zip(one["epochs"], other["epochs"], strict=True):
        assert ours == pytest.approx(theirs, abs=atol)
    torch.testing.assert_close(dict(one["state"]), dict(other["state"]), atol=atol, rtol=0)


@pytest.mark.parametrize("kind", ["replicated", "full"])
def test_losses_metrics_and_weights_of_two_processes_are_those_of_one(kind, answers, alone):
    assert "r2" in alone["epochs"][0]
    for answer in answers:
        equal(answer[kind], alone)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_an_estimator_learns_on_two_processes_what_it_learns_on_one(kind, answers):
    expected = estimated(kind)
    for answer in answers:
        ours = answer["classifier" if kind is MLPClassifier else "regressor"]
        equal(ours, expected)
        torch.testing.assert_close(ours["answers"], expected["answers"], atol=1e-4, rtol=0)


def test_an_estimator_without_a_seed_is_the_same_in_all_processes(answers):
    first, second = (answer["seeds"] for answer in answers)
    equal(first, second, atol=0)


@pytest.mark.parametrize("kind", ["replicated", "full"])
def test_one_process_goes_on_where_two_were_cut(kind, answers, folder, alone):
    for answer in answers:
        assert answer["cut"][kind]["why"] == "cut"
    state = read_state(folder / kind / "last.safetensors")
    assert state["position"][2] == 16
    assert not state["position"][3]
    again = run(recipe(Checkpoint(folder / kind, resume=True), sharding=kind), seed=9)
    equal(again, alone)


@pytest.mark.parametrize("name", ["went on", "went on full"])
def test_two_processes_go_on_where_one_was_cut(name, answers, alone):
    for answer in answers:
        equal(answer[name], alone)


def test_a_time_limit_ends_all_processes_at_the_same_step(answers, folder):
    first, second = (answer["limited"] for answer in answers)
    equal(first, second, atol=0)
    assert first["why"].startswith("the time limit")
    assert len(first["epochs"]) < 100
    assert (folder / "limited" / "last.safetensors").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_one_process_goes_on_when_one_of_two_that_divided_the_network_was_killed(tmp_path, alone):
    job = processes.start(__file__, "lose", tmp_path)
    _, errors = job.communicate(timeout=60)
    assert job.returncode != 0
    last = tmp_path / "lost" / "last.safetensors"
    assert f"the last checkpoint is {last}: start again with it, on any number of processes" in errors
    best = read_state(tmp_path / "lost" / "best.safetensors")
    assert {name: value.shape for name, value in best.items()} == {
        name: value.shape for name, value in network().state_dict().items()
    }
    equal(run(recipe(Checkpoint(last.parent, resume=True)), seed=9), alone)


processes.main(globals())
