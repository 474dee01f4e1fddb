import importlib.util
import time

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    Checkpoint,
    EpochMetric,
    Supervised,
    TensorBoard,
    TensorSamples,
    Training,
)
from netwright.training.distribute import World


def samples(n_rows=40):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0))
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))


def step_down(optimizer, steps):
    return torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.5)


def run(callbacks, network=None, epochs=4):
    recipe = Training(
        epochs=epochs,
        batch_size=10,
        learning_rate=0.1,
        schedule=step_down,
        validation=0.25,
        callbacks=callbacks,
    )
    return recipe.run(network or fresh(), Supervised(nn.MSELoss()), samples())


def read(folder):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    return accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0}).Reload()


def scalars(folder):
    board = read(folder)
    return {
        tag: [(event.step, event.value) for event in board.Scalars(tag)] for tag in board.Tags()["scalars"]
    }


def told(record):
    names = [name for name in record.epochs[0] if name != "epoch"]
    return {
        name: [(epoch["epoch"], float(np.float32(epoch[name]))) for epoch in record.epochs] for name in names
    }


def test_tensorboard_keeps_the_callback_contract(tmp_path):
    pytest.importorskip("tensorboard")
    check_callback(TensorBoard(tmp_path, histograms=2))


def test_event_files_read_back_with_the_values_of_the_record(tmp_path):
    """Event files hold 32 bits of each value."""
    worst = EpochMetric("worst", lambda truth, prediction: abs(truth - prediction).max())
    record = run([worst, TensorBoard(tmp_path)])
    assert scalars(tmp_path) == told(record)
    assert {"loss", "validation_loss", "worst", "learning_rate"} == set(scalars(tmp_path))
    assert len({value for _, value in scalars(tmp_path)["learning_rate"]}) == 4


def test_weights_and_gradients_are_drawn_every_so_many_epochs(tmp_path):
    network, seen = fresh(), {}

    class Look(Callback):
        def on_epoch_end(self, run):
            weight = run.network[0].weight
            seen[run.epoch] = (weight.detach().clone(), weight.grad.clone())

    run([TensorBoard(tmp_path, histograms=2), Look()], network)
    board = read(tmp_path)
    assert set(board.Tags()["histograms"]) == {
        f"{kind}/{name}" for kind in ("weights", "gradients") for name, _ in network.named_parameters()
    }
    for place, kind in enumerate(("weights", "gradients")):
        events = board.Histograms(f"{kind}/0.weight")
        assert [event.step for event in events] == [2, 4]
        for event in events:
            values = seen[event.step][place]
            assert event.histogram_value.num == 12
            assert event.histogram_value.sum == pytest.approx(values.sum().item(), abs=1e-6)
            assert event.histogram_value.min == pytest.approx(values.min().item())
            assert event.histogram_value.max == pytest.approx(values.max().item())


class Crash(Callback):
    """Behind what is written at the end of an epoch, and before the next step is kept."""

    def on_step_end(self, run):
        if run.n_steps == 7:
            raise ZeroDivisionError


def test_a_resumed_run_goes_on_without_saying_anything_twice(tmp_path):
    """The checkpoint is older than the last epoch that was logged: that epoch is measured again."""
    logs, kept = tmp_path / "logs", tmp_path / "kept"
    with pytest.raises(ZeroDivisionError):
        run([TensorBoard(logs), Crash(), Checkpoint(kept, steps=3)])
    assert [step for step, _ in scalars(logs)["loss"]] == [1, 2]
    time.sleep(1.01 - time.time() % 1)  # files of one second are not told apart by their names
    record = run([TensorBoard(logs), Checkpoint(kept, steps=3, resume=True)])
    assert [step for step, _ in scalars(logs)["loss"]] == [1, 2, 3, 4]
    assert scalars(logs) == told(record)


def test_a_run_that_begins_anew_hides_the_one_before(tmp_path):
    run([TensorBoard(tmp_path)])
    time.sleep(1.01 - time.time() % 1)
    record = run([TensorBoard(tmp_path)], epochs=2)
    assert scalars(tmp_path) == told(record)


def test_only_the_first_process_writes(tmp_path):
    pytest.importorskip("tensorboard")

    class Stands(Callback):
        """The process is another one for whoever comes behind this in the list."""

        def __init__(self, rank):
            self.rank = rank

        def on_epoch_end(self, run):
            run.world = World(self.rank)

    run([Stands(1), TensorBoard(tmp_path / "second"), Stands(0), TensorBoard(tmp_path / "first")])
    assert not (tmp_path / "second").exists()
    assert scalars(tmp_path / "first")


def test_a_missing_package_is_named_before_the_first_epoch(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tensorboard" else find(name)
    )
    with pytest.raises(InputError, match=r"pip install netwright\[board\]"):
        run([TensorBoard(tmp_path)])


def test_an_estimator_takes_it(tmp_path):
    X, y = load_iris(return_X_y=True)
    training = Training(epochs=3, callbacks=[TensorBoard(tmp_path)])
    model = MLPClassifier(hidden=(8,), training=training, random_state=0).fit(X, y)
    assert scalars(tmp_path) == told(model.record_)
