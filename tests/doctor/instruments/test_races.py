"""Races of optimizers and of settings: equal budgets, seeds, and the best by held-out rows."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import grid_around, race_optimizers, search_grid

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)
BATCHES = list(zip(X[:640].split(64), Y[:640].split(64), strict=True))


def net(width=32):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


def loss(network, batch):
    return F.cross_entropy(network(batch[0]), batch[1])


def test_optimizers_are_ranked_by_their_loss_after_as_many_steps_with_every_seed():
    steps = []

    def counted(rate):
        def make(parameters):
            optimizer = torch.optim.SGD(parameters, lr=rate)
            optimizer.register_step_post_hook(lambda *_: steps.append(rate))
            return optimizer

        return make

    entries = {f"rate {rate:g}": counted(rate) for rate in (1e-4, 0.5, 1e-2)}
    told = race_optimizers(net(), loss, BATCHES, entries, steps=40, seeds=(0, 1))
    assert [entry.name for entry in told] == ["rate 0.5", "rate 0.01", "rate 0.0001"]
    assert all(len(entry.losses) == 2 and entry.losses[0] != entry.losses[1] for entry in told)
    assert {steps.count(rate) for rate in (1e-4, 0.5, 1e-2)} == {2 * 40}


def test_the_usual_ones_race_by_themselves_and_one_that_breaks_comes_last():
    network = net()
    before = [one.clone() for one in network.parameters()], torch.random.get_rng_state()
    told = race_optimizers(network, loss, BATCHES, steps=20, seeds=(0,))
    assert {entry.name for entry in told} == {"SGD with momentum", "RMSprop", "Adam", "AdamW"}
    assert all(torch.equal(one, other) for one, other in zip(network.parameters(), before[0], strict=True))
    assert torch.equal(torch.random.get_rng_state(), before[1])
    entries = {
        "broken": lambda parameters: torch.optim.SGD(parameters, lr=1e30),
        "slow": lambda parameters: torch.optim.SGD(parameters, lr=1e-9),
    }
    told = race_optimizers(network, loss, BATCHES, entries, steps=5, seeds=(0,))
    assert [entry.name for entry in told] == ["slow", "broken"]
    assert told[1].mean == float("inf")


def test_a_race_needs_somebody_to_run():
    with pytest.raises(InputError, match="batches, seeds and optimizers"):
        race_optimizers(net(), loss, BATCHES, {})


def test_a_grid_has_each_setting_lower_as_it_is_and_higher():
    grid = grid_around({"learning_rate": 0.1, "width": 2, "decay": 0.0}, 10.0)
    assert len(grid) == 3 * 3 * 1
    assert grid[0] == {"learning_rate": 0.1, "width": 2, "decay": 0.0}
    assert {one["learning_rate"] for one in grid} == {0.1, 0.01, 1.0}
    assert {one["width"] for one in grid} == {2, 1, 20}
    with pytest.raises(InputError, match="above 1"):
        grid_around({"learning_rate": 0.1}, 1.0)


def accuracy(settings):
    """Of digits that were not learned from, after a short training."""
    network = net(settings["width"])
    optimizer = torch.optim.SGD(network.parameters(), lr=settings["learning_rate"])
    for _ in range(4):
        for batch in BATCHES:
            optimizer.zero_grad()
            loss(network, batch).backward()
            optimizer.step()
    with torch.no_grad():
        return float((network(X[640:1280]).argmax(1) == Y[640:1280]).float().mean())


def test_the_best_settings_of_a_grid_are_reported_by_held_out_rows():
    now = {"learning_rate": 0.03, "width": 16}
    told = search_grid(accuracy, now, 10.0)
    assert len(told.tried) == 9
    assert told.score == max(score for _, score in told.tried)
    assert told.score > accuracy(now) + 0.1
    assert told.settings["learning_rate"] == 0.3


def test_settings_that_break_are_never_the_best():
    told = search_grid(lambda one: float("nan") if one["rate"] > 1 else one["rate"], {"rate": 1.0})
    assert told.settings == {"rate": 1.0}
