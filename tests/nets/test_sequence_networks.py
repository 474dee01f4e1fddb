from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import ElmanCell, GRUCell, LSTMCell
from netwright.nets import SequenceFCN, SequenceNetwork, SequenceResNet
from netwright.nets.sequence_network import POOLINGS

MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def seeded(make, *settings, **options):
    torch.manual_seed(0)
    return make(*settings, **options)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_recurrent_network_keeps_the_layer_contract(pooling):
    network = SequenceNetwork(3, 2, width=4, depth=2, bidirectional=True, pooling=pooling)
    shape = (2, 5, 2) if pooling == "each" else (2, 2)
    check_layer(network, normal(2, 5, 3), MASK, shape=shape)


@pytest.mark.parametrize("make", [SequenceFCN, partial(SequenceResNet, kernel_sizes=(3, 2))])
def test_the_convolutional_networks_keep_the_layer_contract(make):
    network = make(3, 2, widths=(4, 6, 4))
    check_layer(network, normal(2, 9, 3), shape=(2, 2))


@pytest.mark.parametrize(("cell", "layer"), [(ElmanCell, nn.RNN), (GRUCell, nn.GRU), (LSTMCell, nn.LSTM)])
def test_the_states_are_those_of_torchs_layers_with_the_same_weights(cell, layer):
    """The reference: two layers of torch's, whose weights are copied; outputs equal to 1e-6."""
    network, whole = (
        seeded(SequenceNetwork, 3, 2, cell, width=5, depth=2, pooling="each"),
        layer(3, 5, 2, batch_first=True),
    )
    with torch.no_grad():
        for number, one in enumerate(network.layers.cells):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(whole, f"{name}_l{number}").copy_(getattr(one, name))
    x = normal(4, 7, 3)
    torch.testing.assert_close(network(x), network.out(whole(x)[0]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_each_pooling_is_its_formula(bidirectional):
    x = normal(2, 5, 3)
    make = partial(seeded, SequenceNetwork, 3, 2, width=4, bidirectional=bidirectional)
    states, ends = seeded(SequenceNetwork, 3, 2, width=4, bidirectional=bidirectional, pooling="each").layers(
        x, mask=MASK
    )
    rows = [states[0], states[1, :3]]
    expected = {
        "last": torch.cat([end for (end,) in ends], 1),
        "mean": torch.stack([row.mean(0) for row in rows]),
        "max": torch.stack([row.amax(0) for row in rows]),
    }
    for pooling, pooled in expected.items():
        network = make(pooling=pooling)
        torch.testing.assert_close(network(x, MASK), network.out(pooled), atol=1e-6, rtol=0)
    network = make(pooling="attention")
    score = [network.pool.hops(network.pool.hidden(row).tanh())[:, 0].softmax(0) for row in rows]
    pooled = torch.stack([weight @ row for weight, row in zip(score, rows, strict=True)])
    torch.testing.assert_close(network(x, MASK), network.out(pooled), atol=1e-6, rtol=0)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_steps_that_are_not_real_change_nothing(pooling):
    network = seeded(SequenceNetwork, 3, 2, width=4, depth=2, bidirectional=True, pooling=pooling).eval()
    x = normal(2, 5, 3)
    other = torch.where(MASK[:, :, None], x, float("nan"))
    answers = network(x, MASK)
    assert torch.equal(answers, network(other, MASK))
    alone = network(x[1:, :3])
    torch.testing.assert_close(
        answers[1:, :3] if pooling == "each" else answers[1:], alone, atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("make", [SequenceFCN, SequenceResNet, partial(SequenceFCN, stride=2)])
def test_convolutions_see_no_padding_and_their_statistics_neither(make):
    network, x = seeded(make, 3, 2, widths=(4, 6, 4)), normal(2, 5, 3)
    other = torch.where(MASK[:, :, None], x, 7.0)
    answers = network(x, MASK)
    statistics = [b.clone() for b in network.buffers()]
    torch.testing.assert_close(network(other, MASK), answers)
    longer = F.pad(x, (0, 0, 0, 4)), F.pad(MASK, (0, 4))
    fresh = seeded(make, 3, 2, widths=(4, 6, 4))
    torch.testing.assert_close(fresh(*longer), answers, atol=1e-5, rtol=1e-5)
    for one, two in zip(statistics, fresh.buffers(), strict=True):
        torch.testing.assert_close(one, two)
    network.eval()
    torch.testing.assert_close(network(x, MASK)[1:], network(x[1:, :3]), atol=1e-6, rtol=1e-5)


def test_the_fully_convolutional_network_is_its_formula():
    network = seeded(SequenceFCN, 2, 3, widths=(4, 5), kernel_sizes=(4, 3))
    x = normal(3, 10, 2)
    h = x.mT
    for stage, ends in zip(network.stages, [(1, 2), (1, 1)], strict=True):
        h = F.conv1d(F.pad(h, ends), stage.convolution.weight)
        mean, variance = h.mean((0, 2), keepdim=True), h.var((0, 2), correction=0, keepdim=True)
        h = torch.relu((h - mean) / (variance + stage.norm.eps).sqrt())
    torch.testing.assert_close(network(x), network.out(h.mean(2)), atol=1e-5, rtol=1e-5)


def test_the_residual_network_goes_past_its_stages():
    """The limit: with stages that give zero only the way past them is left."""
    network, x = seeded(SequenceResNet, 3, 2, widths=(3, 3)), normal(2, 6, 3).abs()
    for block in network.blocks:
        nn.init.zeros_(block.stages[-1].norm.weight)
    torch.testing.assert_close(network(x), network.out(x.mean(1)))


def test_pieces_with_the_state_carried_are_the_whole():
    network, x = seeded(SequenceNetwork, 3, 2, LSTMCell, width=4, depth=2, pooling="each"), normal(2, 11, 3)
    state, parts = None, []
    for piece in x.split(4, 1):
        answers, state = network.proceed(piece, state)
        parts.append(answers)
    torch.testing.assert_close(torch.cat(parts, 1), network(x), atol=1e-6, rtol=0)


def test_bad_settings_are_told():
    with pytest.raises(InputError, match="pooling must be one of"):
        SequenceNetwork(1, 1, pooling="sum")
    with pytest.raises(InputError, match="as many"):
        SequenceFCN(1, 1, (4,), (3, 3))
