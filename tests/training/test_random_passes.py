"""Passes with dropout on: the same distribution as the naive loop, the prefix once, nothing touched."""

import pickle

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.layers import GRUCell, LSTMCell, MultiHeadAttention, Recurrent
from netwright.training import DropoutPasses, dropout_passes
from netwright.training.random_bytes import ByteDropout, Stream


class Residual(nn.Module):
    """Changes what its parts gave in place, and goes around them; dropout comes late."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.drop, self.calls = nn.Dropout(0.3), 0

    def forward(self, x):
        self.calls += 1
        x *= 2
        y = self.first(x)
        y += x
        y = self.second(torch.relu_(y)) + y
        return self.last(self.drop(y).relu_())


class LastState(nn.Module):
    """The last outputs of a recurrent layer."""

    def __init__(self, layer, width):
        super().__init__()
        self.before, self.layer, self.last = nn.Linear(3, 3), layer, nn.Linear(width, 1)

    def forward(self, x):
        return self.last(self.layer(self.before(x))[0][:, -1])


class Heads(nn.Module):
    """Attention with dropout of its own, among linear layers."""

    def __init__(self):
        super().__init__()
        self.before, self.last = nn.Linear(3, 8), nn.Linear(8, 1)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.4, batch_first=True)

    def forward(self, x):
        y = self.before(x)
        return self.last(self.attention(y, y, y)[0][:, 0])


def convolutional():
    trunk = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten()]
    return nn.Sequential(*trunk, nn.Linear(4 * 36, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))


NETWORKS = {
    "convolutional": (convolutional, (1, 8, 8)),
    "residual, in place": (Residual, (4,)),
    "nested": (lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2)), nn.Tanh()), (4,)),
    "alpha": (lambda: nn.Sequential(nn.Linear(4, 8), nn.SELU(), nn.AlphaDropout(0.2)), (4,)),
    "inside torch's LSTM": (lambda: LastState(nn.LSTM(3, 4, 2, dropout=0.5, batch_first=True), 4), (5, 3)),
    "variational": (
        lambda: LastState(Recurrent(LSTMCell(3, 4), input_dropout=0.3, recurrent_dropout=0.3), 4),
        (5, 3),
    ),
    "between layers": (lambda: LastState(Recurrent([GRUCell(3, 4), GRUCell(4, 4)], dropout=0.4), 4), (5, 3)),
    "attention": (Heads, (5, 3)),
    "transformer": (
        lambda: nn.Sequential(nn.TransformerEncoderLayer(4, 2, 8, dropout=0.3, batch_first=True)),
        (5, 4),
    ),
}


def naive(network, x, n_passes):
    """The loop that everybody writes: training mode, but for batch normalisation."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    with torch.no_grad():
        found = torch.stack([network(x.clone()) for _ in range(n_passes)])
    network.eval()
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_mean_and_variance_are_those_of_the_naive_loop_within_monte_carlo_error(name):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    network, x = make().eval(), torch.randn(3, *shape)
    kept, n = x.clone(), 300
    ours, loop = dropout_passes(network, x, n_passes=n).double(), naive(network, x, n).double()
    assert torch.equal(x, kept)
    error = ((ours.var(0) + loop.var(0)) / n).sqrt() + 1e-7
    assert ((ours.mean(0) - loop.mean(0)).abs() / error).max() < 4.5
    squares, others = (ours - ours.mean(0)).square(), (loop - loop.mean(0)).square()
    error = ((squares.var(0) + others.var(0)) / n).sqrt() + 1e-9
    assert ((squares.mean(0) - others.mean(0)).abs() / error).max() < 4.5
    assert ours.var(0).max() > 1e-6


def test_what_stands_before_the_first_dropout_is_computed_once_and_the_rest_each_time():
    network, calls = convolutional().eval(), []
    for number, module in enumerate(network):
        module.register_forward_hook(lambda *_, number=number: calls.append(number))
    dropout_passes(network, torch.randn(3, 1, 8, 8), n_passes=10)
    assert [calls.count(number) for number in range(len(network))] == [1] * 6 + [10] * 2


def test_in_place_changes_of_what_the_tape_keeps_spoil_no_pass():
    torch.manual_seed(0)
    network, x = Residual().eval(), torch.randn(3, 4)
    network.drop.p = 1e-9  # nearly all units stay: each pass is the deterministic one
    passes = DropoutPasses(network, 6)(x)
    expected = network(x.clone())
    for one in passes:
        torch.testing.assert_close(one, expected)


def test_the_network_and_the_streams_of_the_user_are_left_as_they_were():
    network = convolutional().train()
    before, state = pickle.dumps(network.state_dict()), torch.get_rng_state()
    passes = dropout_passes(network, torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert passes.shape == (100, 3, 2)
    assert network.training
    assert network[6].training
    assert "forward" not in vars(network[6])
    assert pickle.dumps(network.state_dict()) == before
    assert torch.equal(state, torch.get_rng_state())


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    network, x = LastState(nn.LSTM(3, 4, 2, dropout=0.5, batch_first=True), 4), torch.randn(4, 5, 3)
    network.last = nn.Sequential(nn.Dropout(0.3), network.last)
    one, again, other = (dropout_passes(network, x, n_passes=5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])


def test_blocks_of_rows_differ_in_their_masks_and_join_in_order():
    network = nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.5), nn.Linear(16, 1)).eval()
    x = torch.ones(6, 2)
    passes = dropout_passes(network, x, n_passes=8, batch_size=2)
    assert passes.shape == (8, 6, 1)
    assert len(passes[0].unique()) > 2
    means = dropout_passes(network, x, n_passes=8, batch_size=2, reduce=lambda one: one.mean(0, keepdim=True))
    torch.testing.assert_close(means[0], passes.mean(0))


def test_dropout_that_is_held_is_the_same_in_all_passes_of_a_call():
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.5), nn.Linear(16, 4))
    network = nn.Sequential(encoder, nn.ReLU(), nn.Dropout(0.2), nn.Linear(4, 1)).eval()
    seen = []
    encoder[2].register_forward_hook(lambda *given: seen.append(given[2].clone()))
    passes = DropoutPasses(network, 4, held="0")
    passes(torch.ones(3, 2)), passes(torch.ones(3, 2))
    assert len(seen) == 2
    assert not torch.equal(*seen)
    with pytest.raises(InputError, match="outside of what is held"):
        DropoutPasses(nn.Sequential(encoder), held="0")


@pytest.mark.parametrize("p", [0.5, 0.25, 0.1, 0.9])
def test_random_bytes_drop_that_share_and_keep_the_mean(p):
    y = ByteDropout(p, Stream(0))(torch.ones(1000, 201))
    share, n = float((y == 0).float().mean()), y.numel()
    assert abs(share - p) < 4 * (p * (1 - p) / n) ** 0.5
    assert y.max() == pytest.approx(1 / (1 - p), rel=1e-4)
    columns = (y == 0).double()
    together = (columns[:, :-1] * columns[:, 1:]).mean()  # neighbours know nothing of each other
    assert abs(together - p * p) < 6 * (p * p / n) ** 0.5


def test_all_units_may_be_dropped():
    assert not ByteDropout(1.0, Stream(0))(torch.ones(3)).any()


def test_what_cannot_be_asked_is_refused_with_a_remedy():
    with pytest.raises(InputError, match="dropout above 0, got none; build it with dropout"):
        dropout_passes(nn.Linear(2, 2), torch.ones(2, 2))
    with pytest.raises(InputError, match="n_passes"):
        DropoutPasses(nn.Sequential(nn.Dropout(0.5)), 0)
    with pytest.raises(InputError, match="rows"):
        dropout_passes(nn.Sequential(nn.Dropout(0.5)), torch.ones(0, 2))
    with pytest.raises(InputError, match="layer must be a name"):
        DropoutPasses(nn.Sequential(nn.Dropout(0.5)), held="nothing")


def test_inputs_of_inference_mode_are_taken_too():
    with torch.inference_mode():
        x = torch.randn(3, 4)
        assert dropout_passes(Residual(), x, n_passes=3).shape == (3, 3, 2)


def test_own_attention_drops_too():
    layer = MultiHeadAttention(8, 2, dropout=0.4)
    passes = dropout_passes(nn.Sequential(nn.Linear(3, 8), layer), torch.randn(2, 5, 3), n_passes=4)
    assert passes.var(0).max() > 0
