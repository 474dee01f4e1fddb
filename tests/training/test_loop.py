import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from netwright.core.errors import InputError
from netwright.training import (
    Batch,
    Callback,
    EarlyStopping,
    EpochMetric,
    GradientClipping,
    Objective,
    Player,
    Supervised,
    TensorSamples,
    Training,
)


def line(n_rows=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n_rows, 3, generator=generator)
    return TensorSamples(X, X @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3)


def fresh(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 1)


def test_the_history_equals_an_independent_loop():
    """The recorded losses are those that a plain loop over the same batches computes."""
    samples, judge = line(50), line(20, seed=1)
    recipe = Training(epochs=3, batch_size=16, learning_rate=0.05, optimizer=torch.optim.SGD)
    record = recipe.run(fresh(), Supervised(nn.MSELoss()), samples, judge, seed=5)
    network, order = fresh(), torch.Generator().manual_seed(5)
    for epoch in range(3):
        rows, total = torch.randperm(50, generator=order), 0.0
        for batch in rows.split(16):
            loss = ((network(samples.inputs[batch]) - samples.target[batch]) ** 2).mean()
            network.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter -= 0.05 * parameter.grad
            total += loss.item() * len(batch) / 50
        held = ((network(judge.inputs) - judge.target) ** 2).mean().item()
        assert record.epochs[epoch]["loss"] == pytest.approx(total, abs=1e-6)
        assert record.epochs[epoch]["validation_loss"] == pytest.approx(held, abs=1e-6)
    assert len(record.epochs) == 3


def test_the_same_call_gives_the_same_bits_and_leaves_the_users_stream_alone():
    weights = []
    for _ in range(2):
        torch.manual_seed(1)
        network = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        before = torch.random.get_rng_state()
        Training(epochs=3).run(network, Supervised(nn.MSELoss()), line(), seed=2)
        assert torch.equal(before, torch.random.get_rng_state())
        weights.append(network[0].weight.detach())
    assert torch.equal(*weights)


class Scripted(Objective):
    """Moves the weight by one in each epoch, and answers validation with a series that was written down."""

    def __init__(self, series):
        self.series = series

    def loss(self, network, batch):
        if network.training:
            return -network.weight.sum()
        return torch.tensor(self.series[int(network.weight.item()) - 1])


def run_scripted(series, **settings):
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    one = TensorSamples(torch.zeros(1, 1), torch.zeros(1, 1))
    recipe = Training(
        epochs=len(series),
        learning_rate=1.0,
        optimizer=torch.optim.SGD,
        callbacks=[EarlyStopping(**settings)],
    )
    return recipe.run(network, Scripted(series), one, one), network.weight.item()


def keras_early_stopping(series, patience, min_delta):
    """Keras' rule, from its documentation: stop after `patience` epochs without an improvement."""
    best, wait, best_epoch = np.inf, 0, 0
    for epoch, value in enumerate(series, start=1):
        if value < best - min_delta:
            best, wait, best_epoch = value, 0, epoch
        else:
            wait += 1
            if wait >= patience:
                return epoch, best_epoch
    return len(series), best_epoch


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
@pytest.mark.parametrize("min_delta", [0.0, 0.05])
def test_early_stopping_stops_where_keras_does_and_restores_the_best_weights(patience, min_delta):
    rng = np.random.default_rng(4)
    for _ in range(5):
        series = (1 / np.arange(1, 21) + 0.1 * rng.random(20)).round(3).tolist()
        record, weight = run_scripted(series, patience=patience, min_delta=min_delta)
        assert (len(record.epochs), record.best_epoch) == keras_early_stopping(series, patience, min_delta)
        assert weight == record.best_epoch  # the weight counts epochs, so this is the best epoch's, bitwise


def test_early_stopping_follows_a_metric_that_should_grow():
    record, weight = run_scripted([0.1, 0.5, 0.3, 0.2], patience=2, greater_is_better=True)
    assert (len(record.epochs), weight) == (4, 2)


def test_early_stopping_names_what_it_could_watch():
    with pytest.raises(InputError, match=r"epoch, loss.*got 'auc'"):
        run_scripted([0.1, 0.2], monitor="auc")


def test_clipping_does_what_torch_does_and_keeps_short_gradients():
    seen = []

    class Look(Callback):
        def on_gradients(self, run, player):
            seen.append([p.grad.clone() for p in player.parameters])

    callbacks = [Look(), GradientClipping(max_norm=0.5), Look()]
    Training(epochs=4, batch_size=8, learning_rate=0.1, validation=0, callbacks=callbacks).run(
        fresh(), Supervised(nn.MSELoss()), line(16)
    )
    norms = []
    for before, after in zip(seen[::2], seen[1::2], strict=True):
        copies = [nn.Parameter(torch.zeros_like(g)) for g in before]
        for parameter, gradient in zip(copies, before, strict=True):
            parameter.grad = gradient.clone()
        norms.append(float(torch.nn.utils.clip_grad_norm_(copies, 0.5)))
        for mine, theirs in zip(after, copies, strict=True):
            torch.testing.assert_close(mine, theirs.grad, atol=1e-7, rtol=0)
    assert max(norms) > 0.5


def test_a_callback_sees_the_events_in_order_and_can_stop():
    events = []

    class Spy(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                events.append(name)
            return super().__getattribute__(name)

        def on_gradients(self, run, player): ...
        def on_step_end(self, run): ...
        def on_epoch_end(self, run):
            if run.epoch == 2:
                run.stop("enough")

    record = Training(epochs=9, batch_size=8, validation=0, callbacks=[Spy()]).run(
        fresh(), Supervised(nn.MSELoss()), line(16)
    )
    epoch = ["on_epoch_start", *["on_gradients", "on_step_end"] * 2]
    epoch += ["on_validate", "on_measure", "on_epoch_end"]
    assert events == ["on_start", *epoch, *epoch, "on_end"]
    assert record.stopped == "enough"


def test_a_metric_has_one_value_per_epoch_over_all_validation_rows():
    X = torch.randn(90, 3, generator=torch.Generator().manual_seed(0))
    samples = TensorSamples(X, (X[:, 0] > 0).float())
    judge = TensorSamples(X[:33].clone(), samples.target[:33])
    objective = Supervised(
        lambda z, t: nn.functional.binary_cross_entropy_with_logits(z[:, 0], t, reduction="none")
    )
    network = fresh()
    record = Training(epochs=3, batch_size=4, callbacks=[EpochMetric("auc", roc_auc_score)]).run(
        network, objective, samples, judge
    )
    assert len(record.values("auc")) == 3
    with torch.no_grad():
        by_hand = roc_auc_score(judge.target, network(judge.inputs)[:, 0])
    assert record.epochs[record.best_epoch - 1]["auc"] == pytest.approx(by_hand, abs=1e-12)


def test_two_players_move_only_their_own_parameters_and_reach_the_saddle():
    """min over x, max over y of x * y + x^2/2 - y^2/2 has its only equilibrium at (0, 0)."""

    class Point(nn.Module):
        def __init__(self):
            super().__init__()
            self.x, self.y = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(-1.0))

    class Game(Objective):
        def loss(self, network, batch):
            return network.x * network.y + network.x**2 / 2 - network.y**2 / 2

        def players(self, network):
            def against(net, batch):
                return -self.loss(net, batch)

            return (Player("x", (network.x,), self.loss), Player("y", (network.y,), against, steps=2))

    network, samples = Point(), TensorSamples(torch.zeros(4, 1), torch.zeros(4))
    recipe = Training(epochs=60, batch_size=1, learning_rate=0.1, optimizer=torch.optim.SGD, validation=0)
    record = recipe.run(network, Game(), samples)
    assert abs(network.x.item()) < 1e-3
    assert abs(network.y.item()) < 1e-3
    assert "y_loss" in record.epochs[0]


def test_a_weight_of_two_is_the_row_standing_there_twice():
    samples = line(6)
    weight = torch.tensor([2.0, 1, 1, 2, 1, 1])
    twice = torch.tensor([0, 0, 1, 2, 3, 3, 4, 5])
    recipe = Training(epochs=5, batch_size=8, learning_rate=0.1, optimizer=torch.optim.SGD)
    networks = fresh(), fresh()
    weighted = TensorSamples(samples.inputs, samples.target, weight / weight.mean())
    recipe.run(networks[0], Supervised(nn.MSELoss()), weighted)
    recipe.run(networks[1], Supervised(nn.MSELoss()), TensorSamples(*samples[twice]))
    torch.testing.assert_close(networks[0].weight, networks[1].weight, atol=1e-6, rtol=0)


def test_weights_with_a_loss_of_one_number_are_refused_with_the_remedy():
    weighted = TensorSamples(torch.zeros(4, 3), torch.zeros(4, 1), torch.ones(4))
    with pytest.raises(InputError, match="loss for each row"):
        Training(epochs=1).run(fresh(), Supervised(lambda z, t: (z - t).mean()), weighted)


def test_a_loss_that_is_no_number_stops_with_the_remedy():
    samples = TensorSamples(torch.full((4, 3), torch.nan), torch.zeros(4, 1))
    with pytest.raises(
        InputError,
        match=r"finite, got nan in epoch 1, step 1 of 1: its inputs .* rows 1, 2, 3, 4 of the batch; lower",
    ):
        Training(epochs=3).run(fresh(), Supervised(nn.MSELoss()), samples)


def test_batch_normalisation_never_meets_a_single_row():
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))
    record = Training(epochs=1, batch_size=4, validation=0).run(network, Supervised(nn.MSELoss()), line(9))
    assert record.steps_per_epoch == 2


def test_automatic_choices_are_recorded_with_reasons_and_given_ones_are_not():
    record = Training(batch_size=8, epochs=1).run(fresh(), Supervised(nn.MSELoss()), line(200))
    assert {choice.name for choice in record.choices} == {"validation", "learning_rate"}
    assert all(choice.reason for choice in record.choices)
    assert (record.n_rows, record.n_validation_rows) == (160, 40)


def test_a_schedule_is_stepped_once_per_step():
    def decay(optimizer, steps):
        return torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)

    recipe = Training(epochs=4, batch_size=16, learning_rate=1e-3, validation=0, schedule=decay)
    record = recipe.run(fresh(), Supervised(nn.MSELoss()), line(64))
    assert record.values("learning_rate") == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])


@pytest.mark.parametrize(("field", "value"), [("epochs", 0), ("batch_size", 2.5), ("validation", 1.5)])
def test_a_senseless_field_is_named(field, value):
    with pytest.raises(InputError, match=field):
        Training(**{field: value}).run(fresh(), Supervised(nn.MSELoss()), line())


def test_a_batch_is_inputs_target_and_weight():
    batch = line()[torch.tensor([3, 1])]
    assert isinstance(batch, Batch)
    assert batch.weight is None


def test_early_stopping_may_wait_for_ever_or_leave_the_last_weights():
    record, weight = run_scripted([0.5, 0.2, 0.9, 0.8], patience=None)
    assert (len(record.epochs), record.best_epoch, weight) == (4, 2, 2)
    record, weight = run_scripted([0.5, 0.2, 0.9, 0.8], patience=1, restore_best=False)
    assert (len(record.epochs), record.best_epoch, weight) == (3, 2, 3)
