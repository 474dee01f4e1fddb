import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.optim import WarmupCosine
from netwright.tabular import MLPClassifier
from netwright.training import (
    Callback,
    DiscriminativeRates,
    Engine,
    Freezing,
    L1Penalty,
    Supervised,
    TensorSamples,
    Training,
)


def samples(n_rows=32):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0)) + 1
    return TensorSamples(X, X[:, :1] * X[:, 1:2])


def fresh():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))


def run(network, callbacks, epochs=3, optimizer=torch.optim.SGD, **settings):
    recipe = Training(
        epochs=epochs,
        batch_size=16,
        learning_rate=0.1,
        optimizer=optimizer,
        validation=0,
        callbacks=callbacks,
        **settings,
    )
    return recipe.run(network, Supervised(nn.MSELoss()), samples(), seed=1)


class Rates(Callback):
    """The rate of each parameter at each step, by name."""

    def __init__(self):
        self.steps = []

    def on_gradients(self, run, player):
        names = {id(parameter): name for name, parameter in run.network.named_parameters()}
        groups = run.players[0][1].param_groups
        self.steps.append({names[id(p)]: group["lr"] for group in groups for p in group["params"]})


def test_discriminative_rates_keep_the_callback_contract():
    check_callback(DiscriminativeRates(["0.bias", "0.weight"]))


@pytest.mark.parametrize("factor", [2.6, 10])
def test_rates_fall_by_the_factor_from_block_to_block(factor):
    rates = Rates()
    record = run(fresh(), [DiscriminativeRates(["0", "2", "4"], factor=factor), rates])
    for name, rate in rates.steps[0].items():
        depth = {"0": 2, "2": 1, "4": 0}[name[0]]
        assert rate == pytest.approx(0.1 / factor**depth)
    assert len(rates.steps[0]) == 6
    assert record.values("learning_rate") == [0.1] * 3


def test_a_schedule_keeps_the_ratios():
    rates = Rates()
    run(fresh(), [DiscriminativeRates(["0", "2", "4"]), rates], schedule=WarmupCosine(warmup=2))
    assert len({step["4.bias"] for step in rates.steps}) > 4
    for step in rates.steps:
        assert (
            step["4.weight"]
            == pytest.approx(2.6 * step["2.weight"])
            == pytest.approx(6.76 * step["0.weight"])
        )


def test_what_no_block_names_has_the_rate_of_the_run_and_frozen_parts_none():
    rates = Rates()
    run(fresh(), [Freezing(["0"]), DiscriminativeRates([["0"], ["2.weight"], ["2.bias"]]), rates])
    assert rates.steps[0] == pytest.approx(
        {"4.weight": 0.1, "4.bias": 0.1, "2.bias": 0.1, "2.weight": 0.1 / 2.6}
    )


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
@pytest.mark.parametrize("fast_path", [True, False])
def test_weights_move_as_in_a_loop_with_these_groups(optimizer, fast_path):
    network, twin = fresh(), fresh()
    run(
        network,
        [DiscriminativeRates(["0", "2", "4"])],
        optimizer=optimizer,
        engine=Engine(fast_path=fast_path),
    )
    groups = [{"params": twin[2 * k].parameters(), "lr": 0.1 / 2.6 ** (2 - k)} for k in range(3)]
    mover, order, data = optimizer(groups), torch.Generator().manual_seed(1), samples()
    for _ in range(3):
        for rows in torch.randperm(32, generator=order).split(16):
            mover.zero_grad()
            ((twin(data.inputs[rows]) - data.target[rows]) ** 2).mean().backward()
            mover.step()
    for mine, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-5)


def test_factor_one_is_the_run_without_it():
    plain, same = fresh(), fresh()
    run(plain, [])
    run(same, [DiscriminativeRates(["0", "2", "4"], factor=1)])
    for mine, theirs in zip(same.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=0)


def test_a_penalty_acts_by_the_rate_of_its_block():
    """By hand: where nothing is learnt, each step takes rate times strength."""
    network = fresh()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    nothing = TensorSamples(torch.zeros(4, 3), torch.zeros(4, 1))
    recipe = Training(
        epochs=2,
        learning_rate=0.1,
        optimizer=torch.optim.SGD,
        loss=lambda prediction, target: prediction.squeeze(1) * 0,
        validation=0,
        callbacks=[DiscriminativeRates(["0", "2", "4"]), L1Penalty(0.5)],
    )
    recipe.run(network, Supervised(nn.MSELoss()), nothing)
    for place in (0, 2, 4):
        taken = 2 * 0.5 * 0.1 / 2.6 ** (2 - place // 2)
        torch.testing.assert_close(network[place].weight.detach().mean().item(), 1 - taken, atol=1e-6, rtol=0)


def test_blocks_and_factor_are_checked():
    with pytest.raises(InputError, match="blocks must name parts of the network"):
        run(fresh(), [DiscriminativeRates(["9"])])
    with pytest.raises(InputError, match="factor must be a number above 0"):
        run(fresh(), [DiscriminativeRates(["0"], factor=0)])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    blocks = [lambda name: "layers.0" in name, lambda name: "layers.0" not in name]
    training = Training(epochs=30, learning_rate=0.02, callbacks=[DiscriminativeRates(blocks)])
    assert MLPClassifier(hidden=(16,), training=training, random_state=0).fit(X, y).score(X, y) > 0.9
