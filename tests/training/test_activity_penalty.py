import copy
import pickle

import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import (
    ActivityPenalty,
    Callback,
    GradientAccumulation,
    Supervised,
    TensorSamples,
    Training,
)


def samples(n_rows=40):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0))
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def run(network, callbacks, epochs=3, validation=0):
    recipe = Training(
        epochs=epochs,
        batch_size=10,
        learning_rate=0.1,
        optimizer=torch.optim.SGD,
        validation=validation,
        callbacks=callbacks,
    )
    return recipe.run(network, Supervised(nn.MSELoss()), samples(), seed=1)


def test_activity_penalty_keeps_the_callback_contract():
    check_callback(ActivityPenalty(0.3, modules=["0"]))


@pytest.mark.parametrize("power", [1, 2])
def test_the_run_is_that_of_a_loop_with_the_penalty_written_into_its_loss(power):
    network, twin = fresh(), fresh()
    record = run(network, [ActivityPenalty(0.7, ["1", "2"], power=power)])
    order, data = torch.Generator().manual_seed(1), samples()
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    for epoch in range(3):
        losses = []
        for rows in torch.randperm(40, generator=order).split(10):
            hidden = twin[:2](data.inputs[rows])
            outputs = twin[2](hidden)
            loss = ((outputs - data.target[rows]) ** 2).mean()
            losses.append(loss.item())
            optimizer.zero_grad()
            (loss + 0.7 * (hidden.abs() ** power).mean() + 0.7 * (outputs.abs() ** power).mean()).backward()
            optimizer.step()
        assert record.epochs[epoch]["loss"] == pytest.approx(sum(losses) / 4, abs=1e-6)
    for mine, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=0)


def test_parts_of_a_batch_are_penalised_as_the_whole_batch_is():
    whole, parted = fresh(), fresh()
    run(whole, [ActivityPenalty(0.7, ["1"])])
    run(parted, [ActivityPenalty(0.7, ["1"]), GradientAccumulation(4)])
    for mine, theirs in zip(parted.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=0)


def test_hidden_units_fall_silent():
    def silent(callbacks):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))
        run(network, callbacks, epochs=60)
        return (network[:2](samples().inputs) == 0).float().mean().item()

    assert silent([ActivityPenalty(0.5, ["1"])]) > silent([]) + 0.2


def test_validation_is_judged_without_it_and_no_hook_stays():
    network, heard = fresh(), []
    callback = ActivityPenalty(5.0, ["1"])

    class Look(Callback):
        def on_measure(self, run):
            heard.extend(callback.sizes)

    record = run(network, [callback, Look()], epochs=1, validation=0.25)
    assert not heard
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    held = samples()[order[:10]]
    with torch.no_grad():
        loss = ((network(held.inputs) - held.target) ** 2).mean().item()
    assert record.epochs[0]["validation_loss"] == pytest.approx(loss, abs=1e-6)
    assert not any(module._forward_hooks for module in network.modules())
    copy.deepcopy(callback)
    pickle.loads(pickle.dumps(callback))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(3, 1)
        self.both = Both()

    def forward(self, x):
        return self.both(self.line(x))[0]


class Both(nn.Module):
    def forward(self, x):
        return x, x


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (ActivityPenalty(1.0, ["lin"]), r"modules must be names of modules \(line, both\), got 'lin'"),
        (ActivityPenalty(1.0, ["both"]), "must give one tensor, got tuple"),
        (ActivityPenalty(1.0, ["line"], power=3), "power must be 1 or 2"),
        (ActivityPenalty(-1.0, ["line"]), "strength must be a number above 0"),
    ],
)
def test_what_cannot_be_penalised_is_named_and_no_hook_stays(callback, message):
    network = Pair()
    with pytest.raises(InputError, match=message):
        run(network, [callback])
    assert not any(module._forward_hooks for module in network.modules())


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    training = Training(epochs=5, callbacks=[ActivityPenalty(0.01, ["body"])])
    with pytest.raises(InputError, match="modules must be names of modules") as told:
        MLPClassifier(hidden=(8,), training=training, random_state=0).fit(X, y)
    name = str(told.value).split("(")[1].split(",")[0]
    training = Training(epochs=5, callbacks=[ActivityPenalty(0.01, [name])])
    MLPClassifier(hidden=(8,), training=training, random_state=0).fit(X, y)
