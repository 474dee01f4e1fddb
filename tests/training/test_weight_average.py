import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.core.state import write_state
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    StochasticWeightAverage,
    Supervised,
    TensorSamples,
    Training,
    WeightAverage,
)
from netwright.training.callbacks.checkpoint import LAST

EPOCHS, STEPS = 4, 3


def samples(n_rows, seed):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(seed))
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


def run(callbacks, network=None, epochs=EPOCHS):
    network = fresh() if network is None else network
    recipe = Training(epochs=epochs, batch_size=16, learning_rate=0.05, callbacks=callbacks)
    record = recipe.run(network, Supervised(nn.MSELoss()), samples(48, 0), samples(20, 1), seed=3)
    return network, record


class Twin(Callback):
    """torch's averaged model of a network that is trained without ours."""

    def __init__(self, network, **settings):
        self.averaged, self.losses = AveragedModel(network, use_buffers=True, **settings), []
        self.averaged.update_parameters(network)  # the first call copies

    def on_step_end(self, run):
        self.averaged.update_parameters(run.network)

    def on_measure(self, run):
        judge = samples(20, 1)
        with torch.no_grad():
            output = self.averaged.module.eval()(judge.inputs)
        self.averaged.module.train()
        self.losses.append(((output - judge.target) ** 2).mean().item())


def warming(average, weight, n_averaged):
    decay = min(0.4, (1 + n_averaged) / (10 + n_averaged))
    return decay * average + (1 - decay) * weight


KEEP_ALL = EarlyStopping(patience=None, restore_best=False)


def test_weight_average_keeps_the_callback_contract():
    check_callback(WeightAverage(0.7))
    check_callback(WeightAverage(0.7, warm_up=False))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (WeightAverage(0.8, warm_up=False), {"multi_avg_fn": get_ema_multi_avg_fn(0.8)}),
        (WeightAverage(0.4), {"avg_fn": warming}),
    ],
    ids=["constant", "warming up"],
)
def test_the_average_equals_torchs_averaged_model(ours, theirs):
    network = fresh()
    twin = Twin(network, **theirs)
    run([twin, KEEP_ALL], network)
    averaged, record = run([ours, KEEP_ALL])
    wanted = twin.averaged.module.state_dict()
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, wanted[name], atol=1e-6, rtol=0)
        else:
            assert value == EPOCHS * STEPS
    assert record.values("validation_loss") == pytest.approx(twin.losses, abs=1e-6)


def test_a_young_average_leaves_the_first_weights_behind():
    """By hand: after the first step the decay is 2/11."""
    first = fresh()
    raw, _ = run([KEEP_ALL], epochs=1)
    old, _ = run([WeightAverage(0.9999, warm_up=False), KEEP_ALL], epochs=1)
    young, _ = run([WeightAverage(0.9999), KEEP_ALL], epochs=1)

    def distance(one):
        return (one[0].weight - raw[0].weight).norm().item()

    assert distance(old) > 0.99 * distance(first)
    assert distance(young) < 0.5 * distance(first)


def test_the_weights_learn_as_if_nobody_averaged():
    _, alone = run([KEEP_ALL])
    _, averaged = run([WeightAverage(0.9), KEEP_ALL])
    assert averaged.values("loss") == alone.values("loss")
    assert averaged.values("validation_loss") != alone.values("validation_loss")


def test_decay_zero_is_the_raw_run_to_the_bit():
    raw, alone = run([KEEP_ALL])
    averaged, record = run([WeightAverage(0.0, warm_up=False), KEEP_ALL])
    assert record == alone
    for name, value in raw.state_dict().items():
        assert torch.equal(value, averaged.state_dict()[name])


@pytest.mark.parametrize("first", [False, True], ids=["before", "behind"])
def test_early_stopping_gives_the_averages_of_the_best_epoch_back(first):
    """Wherever it stands in the list, the network judged at the end is the one that was judged best."""
    stopping = EarlyStopping(patience=None)
    callbacks = [stopping, WeightAverage(0.5)] if first else [WeightAverage(0.5), stopping]
    network, record = run(callbacks, epochs=12)
    assert 0 < record.best_epoch <= 12
    judge = samples(20, 1)
    with torch.no_grad():
        loss = ((network(judge.inputs) - judge.target) ** 2).mean().item()
    assert loss == pytest.approx(min(record.values("validation_loss")), abs=1e-6)


class PullThePlug(Callback):
    """Keeps the state of the run and ends it, at the end of a step or of an epoch."""

    def __init__(self, folder, step=0, epoch=0):
        self.folder, self.step, self.epoch = folder, step, epoch

    def on_step_end(self, run):
        if run.n_steps == self.step:
            self.pull(run)

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            self.pull(run)

    def pull(self, run):
        write_state(self.folder / LAST, run.state())
        raise ZeroDivisionError


@pytest.mark.parametrize("averaging", [WeightAverage, lambda: StochasticWeightAverage(0.2)])
@pytest.mark.parametrize("moment", [{"step": 2}, {"step": 7}, {"step": 9}, {"epoch": 1}, {"epoch": 3}])
def test_a_run_goes_on_with_the_same_bits_in_either_phase(tmp_path, averaging, moment):
    whole, record = run([averaging(), EarlyStopping(patience=9)])
    with pytest.raises(ZeroDivisionError):
        run([averaging(), EarlyStopping(patience=9), PullThePlug(tmp_path, **moment)])
    again = [averaging(), EarlyStopping(patience=9), Checkpoint(tmp_path, resume=True)]
    resumed, kept = run(again)
    assert kept == record
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


@pytest.mark.parametrize(
    "callbacks", [[WeightAverage(), WeightAverage()], [StochasticWeightAverage(), WeightAverage()]]
)
def test_a_run_averages_in_one_way(callbacks):
    with pytest.raises(InputError, match=r"must average its weights in one way, got .*WeightAverage and"):
        run(callbacks)


def test_decay_is_checked():
    with pytest.raises(InputError, match="decay must be from 0 to below 1, got 1"):
        run([WeightAverage(1.0)])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    training = Training(epochs=40, learning_rate=0.01, callbacks=[WeightAverage(0.9)])
    assert MLPClassifier(hidden=(16,), training=training, random_state=0).fit(X, y).score(X, y) > 0.9
