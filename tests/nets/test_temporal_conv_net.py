import pytest
import torch
import torch.nn.functional as F
from torch import nn
from toy_sequences import digits, each_step, fit, held_out, normal, one_hot, quick, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import ManyToMany, ManyToOne, TemporalConvNet

MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()


def small(**options):
    return seeded(lambda: TemporalConvNet(3, 2, hidden=4, depth=2, kernel_size=3, **options))


@pytest.mark.parametrize(
    ("topology", "mask"), [(ManyToOne(), MASK), (ManyToMany(), MASK), (ManyToOne(), None)]
)
def test_a_temporal_convolutional_network_keeps_the_layer_contract(topology, mask):
    shape = (2, 2) if isinstance(topology, ManyToOne) else (2, 5, 2)
    tools = quick(topology == ManyToMany())
    check_layer(small(topology=topology, dropout=0.1), normal(2, 5, 3), mask, shape=shape, **tools)


def test_it_is_the_papers_blocks_built_of_torchs_layers_with_its_weight_normalisation():
    network, x = small(topology=ManyToMany()), normal(2, 12, 3)

    def theirs(ours, dilation):
        made = nn.Conv1d(*ours.weight_v.shape[1::-1], 3, padding=2 * dilation, dilation=dilation)
        made = nn.utils.parametrizations.weight_norm(made)
        weight = made.parametrizations.weight
        weight.original0.data, weight.original1.data = 1.5 * ours.weight_g.data, ours.weight_v.data
        made.bias.data = ours.bias.data
        ours.weight_g.data = 1.5 * ours.weight_g.data
        return lambda x: F.relu(made(x)[..., : x.shape[2]])  # both ends are padded: the later one is cut off

    y = x.mT
    for number, block in enumerate(network.network):
        first, second = theirs(block.conv1, 2**number), theirs(block.conv2, 2**number)
        around = y if block.downsample is None else block.downsample(y)
        y = F.relu(second(first(y)) + around)
    torch.testing.assert_close(network(x), network.linear(y.mT))
    assert [block.downsample is None for block in network.network] == [False, True]


def test_an_answer_sees_the_past_alone_and_as_far_as_the_receptive_field_says():
    network = small(topology=ManyToMany()).double()
    for parameter in network.parameters():  # no rectifier closes
        parameter.data = parameter.data.abs() + 0.1
    x = normal(1, 30, 3).abs().double().requires_grad_()
    network(x)[0, 20].sum().backward()
    seen = x.grad[0].abs().sum(1).nonzero().flatten()
    assert network.receptive_field == 13
    assert seen.tolist() == list(range(20 - 13 + 1, 21))


@pytest.mark.parametrize("topology", [ManyToOne(), ManyToMany()], ids=str)
def test_steps_that_are_not_real_change_no_bit(topology):
    network, answers = small(topology=topology), []
    for noise in (0.0, 1e30, float("nan")):
        x = torch.where(MASK[..., None], normal(2, 5, 3), noise).requires_grad_()
        network.zero_grad()
        y = network(x, MASK)
        y.sin().sum().backward()
        answers.append([y, x.grad, *[p.grad.clone() for p in network.parameters()]])
        assert not x.grad[~MASK].any()
    for other in answers[1:]:
        assert all(torch.equal(one, two) for one, two in zip(answers[0], other, strict=True))
    alone = network(normal(2, 5, 3)[1:, :3])[0]
    torch.testing.assert_close(y[1, :3] if y.ndim == 3 else y[1], alone)
    behind = network(F.pad(normal(2, 5, 3)[1:, :3], (0, 0, 4, 0)), F.pad(MASK[1:, :3], (4, 0)))
    torch.testing.assert_close(behind[0, 4:] if y.ndim == 3 else behind[0], alone)


def test_it_learns_to_echo_what_stood_40_steps_before():
    def echo(n_rows, generator):
        x = digits(n_rows, 50, 4, generator)
        return (one_hot(x, 4),), F.pad(x[:, :-40], (40, 0), value=-1)

    network = seeded(lambda: TemporalConvNet(4, 4, 16, depth=4, kernel_size=3, topology=ManyToMany()))
    fit(network, echo, each_step, 150, 0.02, batch=16)
    (x,), target = held_out(echo, 100)
    with torch.no_grad():
        assert (network(x).argmax(-1) == target)[:, 40:].double().mean() > 0.99


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="at least 1, got 0 and 7"):
        TemporalConvNet(3, 2, depth=0)
    with pytest.raises(InputError, match="as they are, got ManyToMany"):
        TemporalConvNet(3, 2, topology=ManyToMany(delay=2))
    with pytest.raises(InputError, match="3 features, got"):
        small()(normal(2, 5, 2))
