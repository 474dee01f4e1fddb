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
    Freezing,
    L1Penalty,
    MaxNorm,
    Supervised,
    TensorSamples,
    Training,
    WeightAverage,
)


def samples(n_rows=64):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0)) + 1
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    """With statistics that are not those of the rows."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(3, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Linear(8, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Linear(8, 1),
    )
    network[1].running_mean.fill_(0.5)
    return network


def heavy_sgd(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.9, weight_decay=0.1)


def heavy_adam(parameters, lr):
    return torch.optim.AdamW(parameters, lr=lr, weight_decay=0.5)


def heavy_rms(parameters, lr):
    return torch.optim.RMSprop(parameters, lr=lr, momentum=0.9, weight_decay=0.1)


def run(network, callbacks, optimizer=heavy_sgd, epochs=3, validation=0.25):
    recipe = Training(
        epochs=epochs,
        batch_size=16,
        learning_rate=0.05,
        optimizer=optimizer,
        validation=validation,
        callbacks=callbacks,
    )
    return recipe.run(network, Supervised(nn.MSELoss()), samples())


def copied(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def assert_moved(network, before, moved):
    """Those whose names begin so have moved, and all others have the same bits."""
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]) != name.startswith(moved), name


def test_freezing_keeps_the_callback_contract():
    check_callback(Freezing(["0.bias"]))


@pytest.mark.parametrize("optimizer", [heavy_sgd, heavy_adam, heavy_rms])
def test_frozen_parameters_and_statistics_are_bitwise_unchanged(optimizer):
    network = fresh()
    before = copied(network)
    run(network, [Freezing(["0", "1"])], optimizer)
    assert_moved(network, before, ("3", "4", "6"))
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_no_other_callback_moves_what_is_frozen():
    network = fresh()
    before = copied(network)
    run(network, [Freezing(["0", "1"]), MaxNorm(0.01), L1Penalty(5.0), WeightAverage(0.5)])
    assert_moved(network, before, ("3", "4", "6"))


def test_a_function_of_names_may_choose():
    network = fresh()
    before = copied(network)
    run(network, [Freezing(lambda name: not name.startswith("6"))])
    assert_moved(network, before, ("6",))


def test_batch_normalisation_without_parameters_is_frozen_by_its_name():
    network = nn.Sequential(nn.BatchNorm1d(3, affine=False), nn.Linear(3, 1))
    before = copied(network)
    run(network, [Freezing(["0"])])
    assert_moved(network, before, ("1",))


def test_frozen_batch_normalisation_computes_as_in_evaluation():
    """By hand: the output in training is that of the kept statistics."""
    network, seen = fresh(), []

    class Look(Callback):
        def on_step_end(self, run):
            inputs = run.batch.inputs
            before = network[0](inputs)
            scale = network[1].weight / (network[1].running_var + network[1].eps).sqrt()
            by_hand = scale * (before - network[1].running_mean) + network[1].bias
            seen.append((network[1](before) - by_hand).abs().max().item())
            assert network[4].training

    run(network, [Freezing(["0", "1"]), Look()])
    assert max(seen) < 1e-5


def test_what_was_frozen_before_stays_frozen():
    network = fresh()
    network[3].weight.requires_grad_(False)
    before = copied(network)
    run(network, [Freezing(["0", "1"])])
    for name in ("3.weight", "0.weight", "0.bias", "1.running_mean"):
        assert torch.equal(network.state_dict()[name], before[name])
    assert [name for name, p in network.named_parameters() if not p.requires_grad] == ["3.weight"]


class Crash(Callback):
    def on_step_end(self, run):
        if run.n_steps == 5:
            raise ZeroDivisionError


def test_a_run_that_broke_off_sets_free_and_goes_on_with_the_same_bits(tmp_path):
    """In the middle of an epoch, where batch normalisation has to be frozen anew."""
    whole, broken, resumed = fresh(), fresh(), fresh()
    run(whole, [Freezing(["0", "1"])])
    with pytest.raises(ZeroDivisionError):
        run(broken, [Freezing(["0", "1"]), Crash(), Checkpoint(tmp_path, steps=1)])
    assert all(parameter.requires_grad for parameter in broken.parameters())
    run(resumed, [Freezing(["0", "1"]), Checkpoint(tmp_path, steps=1, resume=True)])
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        (["7"], r"modules must name parts of the network \(0.weight.*got '7'"),
        ([""], "Freezing must leave network something to move, got nothing"),
    ],
)
def test_what_cannot_be_frozen_is_named(modules, message):
    with pytest.raises(InputError, match=message):
        run(fresh(), [Freezing(modules)])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    start = {}

    class Look(Callback):
        def on_start(self, run):
            start.update(copied(run.network))

    first = "layers.0"
    training = Training(epochs=5, callbacks=[Freezing(lambda name: first in name), Look()])
    model = MLPClassifier(hidden=(8,), training=training, random_state=0).fit(X, y)
    kept = {n for n, v in model.network_.state_dict().items() if torch.equal(v, start[n])}
    assert {name for name in start if first in name} <= kept
    assert len(kept) < len(start)
