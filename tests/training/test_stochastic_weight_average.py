import copy

import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    EarlyStopping,
    Freezing,
    StochasticWeightAverage,
    Supervised,
    TensorSamples,
    Training,
)

KEEP_ALL = EarlyStopping(patience=None, restore_best=False)


def samples(n_rows, seed):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(seed)) * 2 + 1
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8, momentum=0.3), nn.ReLU(), nn.Linear(8, 1))


def run(callbacks, network=None, epochs=8, n_rows=96):
    network = fresh() if network is None else network
    recipe = Training(
        epochs=epochs, batch_size=16, learning_rate=0.02, optimizer=torch.optim.SGD, callbacks=callbacks
    )
    record = recipe.run(network, Supervised(nn.MSELoss()), samples(n_rows, 0), samples(20, 1), seed=3)
    return network, record


class Twin(Callback):
    """torch's averaged model over the epochs from the given one on."""

    def __init__(self, first):
        self.first, self.averaged, self.losses = first, None, []

    def on_validate(self, run):
        if run.epoch < self.first:
            return
        if self.averaged is None:
            self.averaged = AveragedModel(copy.deepcopy(run.network))
        self.averaged.update_parameters(run.network)
        averaged, judge = copy.deepcopy(self.averaged), samples(20, 1)
        update_bn([samples(96, 0).inputs], averaged)
        with torch.no_grad():
            output = averaged.eval()(judge.inputs)
        self.losses.append(((output - judge.target) ** 2).mean().item())
        self.judged = averaged.module


def test_stochastic_weight_average_keeps_the_callback_contract():
    check_callback(StochasticWeightAverage(0.3))


@pytest.mark.parametrize(("start", "first"), [(0.75, 7), (0.5, 5), (0.0, 1), (0.99, 8)])
def test_weights_and_statistics_equal_torchs_averaged_model_and_update_bn(start, first):
    twin = Twin(first)
    _, alone = run([twin, KEEP_ALL])
    averaged, record = run([StochasticWeightAverage(start), KEEP_ALL])
    wanted = twin.judged.state_dict()
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, wanted[name], atol=2e-6, rtol=1e-5)
    assert averaged[1].momentum == 0.3
    assert record.values("validation_loss")[first - 1 :] == pytest.approx(twin.losses, rel=1e-5)
    before = record.values("validation_loss")[: first - 1]
    assert before == alone.values("validation_loss")[: first - 1]


def test_the_weights_learn_as_if_nobody_averaged():
    _, alone = run([KEEP_ALL])
    _, averaged = run([StochasticWeightAverage(0.2), KEEP_ALL])
    assert averaged.values("loss") == alone.values("loss")


def test_no_single_row_meets_batch_normalisation():
    """1,025 rows would leave one over behind the first 1,024."""
    run([StochasticWeightAverage(0.0)], epochs=1, n_rows=1025)


def test_the_mean_beats_the_epochs_it_is_made_of_where_steps_are_noisy():
    """A line learnt at a rate that makes every epoch jump around the solution."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(200, 5, generator=generator)
    y = X.sum(1, keepdim=True) + torch.randn(200, 1, generator=generator)
    seen = []

    class Distance(Callback):
        def on_step_end(self, run):
            if run.step == run.steps.per_epoch and run.epoch > 10:
                seen.append((run.network.weight.detach() - best).norm().item())

    best = torch.linalg.lstsq(X, y).solution.T
    network = nn.Linear(5, 1, bias=False)
    recipe = Training(
        epochs=40,
        batch_size=10,
        learning_rate=0.1,
        optimizer=torch.optim.SGD,
        validation=0,
        callbacks=[StochasticWeightAverage(0.25), Distance()],
    )
    recipe.run(network, Supervised(nn.MSELoss()), TensorSamples(X, y))
    assert (network.weight.detach() - best).norm().item() < 0.4 * sum(seen) / len(seen)


def test_frozen_statistics_stay():
    network = fresh()
    kept = {name: value.clone() for name, value in network[1].state_dict().items()}
    run([Freezing(["1"]), StochasticWeightAverage(0.0)], network, epochs=2)
    for name, value in network[1].state_dict().items():
        assert torch.equal(value, kept[name]), name


def test_the_start_is_checked():
    with pytest.raises(InputError, match="start must be a share from 0 to below 1, got 1"):
        run([StochasticWeightAverage(1.0)])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    training = Training(epochs=40, learning_rate=0.01, callbacks=[StochasticWeightAverage(0.5)])
    model = MLPClassifier(hidden=(16,), norm=nn.BatchNorm1d, training=training, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9
