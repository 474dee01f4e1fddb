"""Two players whose equilibrium is known.

min over x, max over y of   f(x, y) = (x - p) . A (y - q) + a/2 |x - p|^2 - b/2 |y - q|^2

has its only saddle point at (p, q), wherever the players start.

>>> point, recipe = Point(), Training(epochs=200, batch_size=1, learning_rate=0.1, optimizer=SGD)
>>> record = recipe.run(point, Game(), ONE)
>>> [round(value, 2) for value in (*point.x.tolist(), *point.y.tolist())]
[1.0, -2.0, 0.5, 3.0]
>>> sorted(record.epochs[-1])
['epoch', 'high_loss', 'learning_rate', 'loss']
"""

import functools

import pytest
import torch
from torch import nn

from netwright.training import (
    Callback,
    Checkpoint,
    EarlyStopping,
    Objective,
    Player,
    TensorSamples,
    Training,
)

P, Q = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0])
A = torch.tensor([[1.0, -0.5], [0.3, 0.8]])
ONE = TensorSamples(torch.zeros(1, 1), torch.zeros(1))
SGD, MOMENTUM = torch.optim.SGD, functools.partial(torch.optim.SGD, momentum=0.5)


class Point(nn.Module):
    def __init__(self):
        super().__init__()
        self.x, self.y = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))


class Game(Objective):
    """The second player takes `steps` steps for each of the first, at `factor` times its rate."""

    def __init__(self, steps=1, factor=1.0):
        self.steps, self.factor = steps, factor

    def loss(self, network, batch):
        x, y = network.x - P, network.y - Q
        return x @ A @ y + x @ x / 2 - y @ y

    def players(self, network):
        def against(network, batch):
            return -self.loss(network, batch)

        low = Player("low", (network.x,), self.loss)
        return low, Player("high", (network.y,), against, steps=self.steps, learning_rate=self.factor)


def play(game, *callbacks, epochs=200, learning_rate=0.05, network=None, **settings):
    network = network or Point()
    recipe = Training(
        epochs=epochs,
        batch_size=1,
        learning_rate=learning_rate,
        validation=0,
        callbacks=list(callbacks),
        **settings,
    )
    return network, recipe.run(network, game, ONE)


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, SGD, MOMENTUM])
@pytest.mark.parametrize(("steps", "factor"), [(1, 1.0), (2, 1.0), (2, 0.5)])
def test_both_players_reach_the_known_saddle_point(optimizer, steps, factor):
    network, _ = play(Game(steps, factor), optimizer=optimizer, epochs=400)
    torch.testing.assert_close(network.x.detach(), P, atol=1e-3, rtol=0)
    torch.testing.assert_close(network.y.detach(), Q, atol=1e-3, rtol=0)


def test_players_take_turns_with_their_own_rates_as_a_hand_written_loop_does():
    """In turn: each sees what the one before it did; the second steps twice, at half the rate."""
    x, y, rate, losses = torch.zeros(2), torch.zeros(2), 0.1, []
    for _ in range(5):
        point = Point()
        with torch.no_grad():
            point.x.copy_(x)
            point.y.copy_(y)
        first = Game().loss(point, None).item()
        x = x - rate * (A @ (y - Q) + (x - P))
        second = []
        for _ in range(2):
            second.append(-((x - P) @ A @ (y - Q) + (x - P) @ (x - P) / 2 - (y - Q) @ (y - Q)).item())
            y = y + rate / 2 * (A.T @ (x - P) - 2 * (y - Q))
        losses.append((first, sum(second) / 2))
    network, record = play(Game(2, 0.5), optimizer=SGD, learning_rate=rate, epochs=5)
    torch.testing.assert_close(network.x.detach(), x)
    torch.testing.assert_close(network.y.detach(), y)
    assert record.values("loss") == pytest.approx([first for first, _ in losses], rel=1e-5)
    assert record.values("high_loss") == pytest.approx([second for _, second in losses], rel=1e-5)


class Watch(Callback):
    """Claims that a player's step moves its own parameters and no bit of the other's."""

    def on_start(self, run):
        self.turns, self.optimizers = [], {id(optimizer) for _, optimizer, _ in run.players}
        self.before = None

    def on_gradients(self, run, player):
        self.settle(run)
        self.before = player.name, run.network.x.detach().clone(), run.network.y.detach().clone()

    def on_step_end(self, run):
        self.settle(run)
        self.before = None

    def settle(self, run):
        if self.before is not None:
            name, x, y = self.before
            moved = not torch.equal(run.network.x, x), not torch.equal(run.network.y, y)
            assert moved == ((True, False) if name == "low" else (False, True))
            self.turns.append(name)


def test_each_player_moves_only_its_own_parameters_with_an_optimizer_of_its_own():
    watch = Watch()
    play(Game(steps=2), watch, epochs=3)
    assert watch.turns == ["low", "high", "high"] * 3
    assert len(watch.optimizers) == 2


def test_a_matrix_game_with_entropy_ends_in_the_mixed_strategies_of_its_equilibrium():
    """Matching pennies, one of them worth more: each strategy is the softmax of what it earns."""
    payoff = torch.tensor([[4.0, -1.0], [-1.0, 1.0]])

    class Pennies(Objective):
        def loss(self, network, batch):
            p, q = network.x.softmax(0), network.y.softmax(0)
            return p @ payoff @ q + (p @ p.log()) - (q @ q.log())

        def players(self, network):
            def against(network, batch):
                return -self.loss(network, batch)

            return Player("low", (network.x,), self.loss), Player("high", (network.y,), against, steps=2)

    network, _ = play(Pennies(), optimizer=torch.optim.Adam, epochs=400)
    p, q = network.x.detach().softmax(0), network.y.detach().softmax(0)
    torch.testing.assert_close(p, (-payoff @ q).softmax(0), atol=1e-3, rtol=0)
    torch.testing.assert_close(q, (payoff.T @ p).softmax(0), atol=1e-3, rtol=0)
    assert (p - 0.5).abs().max() > 0.05


class Crash(Callback):
    def on_step_end(self, run):
        if run.n_steps == 7:
            raise ZeroDivisionError


def test_an_interrupted_game_goes_on_with_the_same_bits(tmp_path):
    whole, record = play(Game(2, 0.5), epochs=12, optimizer=MOMENTUM)
    with pytest.raises(ZeroDivisionError):
        play(Game(2, 0.5), Crash(), Checkpoint(tmp_path, steps=1), epochs=12, optimizer=MOMENTUM)
    again, resumed = play(
        Game(2, 0.5), Checkpoint(tmp_path, steps=1, resume=True), epochs=12, optimizer=MOMENTUM
    )
    assert torch.equal(whole.x, again.x)
    assert torch.equal(whole.y, again.y)
    assert record == resumed
    assert len(resumed.values("high_loss")) == 12


def test_early_stopping_may_watch_the_second_player():
    stopping = EarlyStopping(patience=3, monitor="high_loss", greater_is_better=True, restore_best=False)
    _, record = play(Game(), stopping, epochs=2000, optimizer=SGD)
    assert record.stopped == "high_loss did not improve for 3 epochs"
