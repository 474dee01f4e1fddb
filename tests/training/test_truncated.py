import weakref

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.training import (
    Batch,
    GradientAccumulation,
    Supervised,
    TensorSamples,
    Training,
    TruncatedBackpropagation,
    unroll,
)

CELLS = [nn.RNNCell, nn.GRUCell, nn.LSTMCell]
LAYERS = [nn.RNN, nn.GRU, nn.LSTM]


def sequences(n_rows=4, n_steps=11, width=3):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n_rows, n_steps, width, generator=generator)
    return TensorSamples(X, torch.randn(n_rows, n_steps, 5, generator=generator))


def seeded(make, *settings, **options):
    torch.manual_seed(1)
    return make(*settings, **options)


def gradients(module, loss):
    module.zero_grad()
    loss.backward()
    return [p.grad.clone() for p in module.parameters()]


def detached(state):
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


@pytest.mark.parametrize(("make", "layer"), list(zip(CELLS, LAYERS, strict=True)))
def test_the_full_way_back_is_that_of_torchs_own_recurrent_layer(make, layer):
    """The reference: the layer with the same weights, which torch differentiates as one operation."""
    cell, whole = seeded(make, 3, 5), layer(3, 5, batch_first=True)
    with torch.no_grad():
        for mine, theirs in zip(cell.parameters(), whole.parameters(), strict=True):
            theirs.copy_(mine)
    batch = sequences()
    outputs, state = unroll(cell, batch.inputs)
    expected, _ = whole(batch.inputs)
    torch.testing.assert_close(outputs, expected, atol=1e-6, rtol=0)
    assert torch.equal(outputs[:, -1], state[0] if isinstance(state, tuple) else state)
    mine = gradients(cell, ((outputs - batch.target) ** 2).mean())
    theirs = gradients(whole, ((expected - batch.target) ** 2).mean())
    for one, other in zip(mine, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


@pytest.mark.parametrize("make", CELLS)
@pytest.mark.parametrize("steps", [1, 3, 11, 20])
def test_a_truncated_cell_is_one_whose_state_is_detached_every_few_steps(make, steps):
    cell, batch = seeded(make, 3, 5), sequences()
    outputs, _ = unroll(cell, batch.inputs, truncate=steps)
    mine = gradients(cell, ((outputs - batch.target) ** 2).mean())
    state, by_hand = None, []
    for t in range(11):
        if t in range(steps, 11, steps):
            state = detached(state)
        state = cell(batch.inputs[:, t], state)
        by_hand.append(state[0] if isinstance(state, tuple) else state)
    expected = gradients(cell, ((torch.stack(by_hand, 1) - batch.target) ** 2).mean())
    for one, other in zip(mine, expected, strict=True):
        assert torch.equal(one, other)
    if steps < 11:
        full = gradients(cell, ((unroll(cell, batch.inputs)[0] - batch.target) ** 2).mean())
        assert not torch.allclose(mine[1], full[1], atol=1e-5)


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("steps", [1, 4, 11])
def test_the_objectives_gradient_is_that_of_a_loop_that_detaches_between_windows(make, steps):
    network, samples = seeded(make, 3, 5, batch_first=True), sequences()
    batch = Batch(samples.inputs, samples.target, torch.tensor([0.5, 2.0, 0.5, 1.0]))
    loss = TruncatedBackpropagation(nn.MSELoss(), steps).loss(network, batch)
    mine = gradients(network, loss * 3)
    state, total = None, 0.0
    for start in range(0, 11, steps):
        outputs, state = network(batch.inputs[:, start : start + steps], state)
        state = detached(state)
        squares = (outputs - batch.target[:, start : start + steps]) ** 2
        total = total + (squares.mean(2).sum(1) * batch.weight).mean() / 11
    expected = gradients(network, total * 3)
    torch.testing.assert_close(loss, total)
    for one, other in zip(mine, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


class Outputs(nn.Module):
    """A recurrent layer that gives its outputs alone."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


def test_one_window_trains_as_supervised_does_also_in_parts_of_a_batch():
    weights = []
    for objective, wrap, told in (
        (Supervised(nn.MSELoss()), Outputs, []),
        (TruncatedBackpropagation(nn.MSELoss(), 50), nn.Sequential, []),
        (TruncatedBackpropagation(nn.MSELoss(), 50), nn.Sequential, [GradientAccumulation(rows_at_once=3)]),
    ):
        layer = seeded(nn.GRU, 3, 5, batch_first=True)
        network = layer if wrap is nn.Sequential else wrap(layer)
        record = Training(
            epochs=3, batch_size=8, learning_rate=0.1, optimizer=torch.optim.SGD, callbacks=told
        ).run(network, objective, sequences(16), sequences(8))
        weights.append((record.epochs[-1]["validation_loss"], layer.weight_hh_l0.detach()))
    for loss, weight in weights[1:]:
        assert loss == pytest.approx(weights[0][0], abs=1e-6)
        torch.testing.assert_close(weight, weights[0][1], atol=1e-6, rtol=0)


def peak_of_kept_tensors(n_steps, steps):
    """The most numbers that were kept at one time for the way back."""
    cell, alive, peak = seeded(nn.GRUCell, 3, 5), weakref.WeakSet(), 0

    class Kept:
        def __init__(self, tensor):
            self.tensor = tensor

    def pack(tensor):
        nonlocal peak
        kept = Kept(tensor)
        alive.add(kept)
        peak = max(peak, sum(k.tensor.numel() for k in alive))
        return kept

    samples = sequences(4, n_steps)
    objective = TruncatedBackpropagation(nn.MSELoss(), steps)

    class Unrolled(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def forward(self, x, state=None):
            return unroll(self.cell, x, state)

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
        objective.loss(Unrolled(), samples[torch.arange(4)]).backward()
    return peak


def test_memory_grows_with_the_window_and_not_with_the_sequence():
    short, long, whole = (peak_of_kept_tensors(*shape) for shape in ((20, 5), (200, 5), (200, 200)))
    assert long == short
    assert whole > 20 * long


def test_predictions_go_through_the_windows_as_one_pass_does():
    network, samples = seeded(nn.LSTM, 3, 5, batch_first=True), sequences()
    objective = TruncatedBackpropagation(nn.MSELoss(), 4, predict=lambda outputs: outputs[:, -1])
    with torch.inference_mode():
        answer = objective.predict(network, samples[torch.arange(4)])
        torch.testing.assert_close(answer, network(samples.inputs)[0][:, -1], atol=1e-6, rtol=0)


def test_what_cannot_be_unrolled_is_named():
    with pytest.raises(InputError, match="steps must be at least 1, got 0"):
        TruncatedBackpropagation(nn.MSELoss(), 0)
    with pytest.raises(InputError, match="truncate must be at least 1"):
        unroll(nn.GRUCell(3, 5), torch.zeros(2, 4, 3), truncate=0)
    with pytest.raises(InputError, match=r"at least one step, got \(2, 0, 3\)"):
        unroll(nn.GRUCell(3, 5), torch.zeros(2, 0, 3))
    objective, network = TruncatedBackpropagation(nn.MSELoss(), 2), nn.GRU(3, 5, batch_first=True)
    for target in (torch.zeros(2), torch.zeros(2, 3, 5)):
        with pytest.raises(InputError, match="a target for each step"):
            objective.loss(network, Batch(torch.zeros(2, 4, 3), target))


def test_parameters_that_no_window_uses_have_no_gradient():
    network = seeded(nn.GRU, 3, 5, batch_first=True)
    network.idle = nn.Parameter(torch.ones(1))
    TruncatedBackpropagation(nn.MSELoss(), 4).loss(network, sequences()[torch.arange(4)]).backward()
    assert network.idle.grad is None
    assert network.weight_hh_l0.grad.norm() > 0
