import pytest
import torch
from torch import nn
from toy_sequences import digits, each_step, fit, held_out, normal, one_hot, quick, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import ElmanCell, GRUCell, LSTMCell
from netwright.nets import ManyToMany, ManyToOne, OneToMany, RecurrentNetwork

MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0]]).bool()
TOPOLOGIES = [ManyToOne(), ManyToMany(), ManyToMany(delay=2), OneToMany(5), OneToMany(5, repeat=True)]


def example(topology):
    return normal(2, 5, 3) if topology.axes == 3 else normal(2, 3)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
def test_a_recurrent_network_keeps_the_layer_contract(topology):
    network = seeded(RecurrentNetwork, 3, 2, hidden=4, depth=2, topology=topology)
    shape = (2, 2) if isinstance(topology, ManyToOne) else (2, 5, 2)
    check_layer(network, example(topology), MASK, shape=shape, **quick(topology == ManyToMany(delay=2)))


@pytest.mark.parametrize(
    ("cell", "theirs"),
    [(LSTMCell, nn.LSTM), (GRUCell, nn.GRU), (ElmanCell, nn.RNN)],
    ids=["lstm", "gru", "rnn"],
)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_three_layers_are_torchs_with_num_layers_3(cell, theirs, bidirectional):
    options = {"bidirectional": bidirectional}
    network = seeded(RecurrentNetwork, 3, 2, 4, depth=3, cell=cell, topology=ManyToMany(), **options)
    theirs = theirs(3, 4, num_layers=3, batch_first=True, **options)
    for cells, ending in ((network.layers.cells, ""), (network.layers.backward_cells or [], "_reverse")):
        for number, one in enumerate(cells):
            for name, value in one.named_parameters():
                getattr(theirs, f"{name}_l{number}{ending}").data = value.data
    x = normal(2, 7, 3)
    states, ends = theirs(x)
    torch.testing.assert_close(network(x), network.out(states), rtol=0, atol=1e-6)
    network.topology = ManyToOne()
    h = ends[0] if isinstance(ends, tuple) else ends
    last = torch.cat(list(h[-2 if bidirectional else -1 :]), 1)
    torch.testing.assert_close(network(x), network.out(last), rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", [LSTMCell, GRUCell, ElmanCell])
def test_a_long_sequence_in_pieces_is_the_sequence_until_states_are_reset(cell):
    settings = {"hidden": 4, "depth": 2, "cell": cell, "topology": ManyToMany()}
    whole = seeded(RecurrentNetwork, 3, 2, **settings)
    pieces = seeded(RecurrentNetwork, 3, 2, **settings, stateful=True)
    x = normal(2, 11, 3)
    expected = whole(x)
    for _ in range(2):  # after a reset it begins as at first
        answers = torch.cat([pieces(piece) for piece in x.split(4, 1)], 1)
        torch.testing.assert_close(answers, expected, rtol=0, atol=1e-6)
        pieces.reset_states()
    pieces(x[:, :4])
    goes_on = pieces(x[:, 4:8])
    pieces.reset_states()
    begins_anew = pieces(x[:, 4:8])
    torch.testing.assert_close(goes_on, expected[:, 4:8], rtol=0, atol=1e-6)
    assert ((goes_on - begins_anew).abs() > 1e-3).any(-1).any(-1).all()


def test_a_stateful_network_learns_what_stood_in_an_earlier_piece_and_a_stateless_one_cannot():
    def accuracy(stateful):
        network = seeded(RecurrentNetwork, 1, 2, 8, topology=ManyToMany(), stateful=stateful)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        generator = torch.Generator().manual_seed(0)
        for _ in range(120):
            x, label = first_tells(64, generator)
            network.reset_states()
            for piece in x.split(5, 1):
                optimizer.zero_grad()
                each_step(network(piece), label[:, None].expand(-1, 5)).backward()
                optimizer.step()
        x, label = first_tells(500, generator)
        network.reset_states()
        with torch.no_grad():
            last = [network(piece) for piece in x.split(5, 1)][-1]
        return (last[:, -1].argmax(1) == label).double().mean()

    assert accuracy(stateful=True) > 0.99
    assert accuracy(stateful=False) < 0.6


def first_tells(n_rows, generator, steps=15):
    """The first value is the label, the others are noise."""
    x = torch.randn(n_rows, steps, 1, generator=generator)
    label = torch.randint(2, (n_rows,), generator=generator)
    x[:, 0, 0] = 2.0 * label - 1
    return x, label


@pytest.mark.parametrize("topology", [ManyToOne(), ManyToMany(), ManyToMany(delay=2)], ids=str)
def test_steps_that_are_not_real_change_no_bit_and_gaps_nothing_at_all(topology):
    network, answers = seeded(RecurrentNetwork, 3, 2, hidden=4, depth=2, topology=topology), []
    for noise in (0.0, 1e30, float("nan")):
        x = torch.where(MASK[..., None], normal(2, 5, 3), noise).requires_grad_()
        network.zero_grad()
        y = network(x, MASK)
        y.sin().sum().backward()
        answers.append([y, x.grad, *[p.grad.clone() for p in network.parameters()]])
        assert not x.grad[~MASK].any()
    for other in answers[1:]:
        assert all(torch.equal(one, two) for one, two in zip(answers[0], other, strict=True))
    alone = network(normal(2, 5, 3)[1:, MASK[1]])[0]
    torch.testing.assert_close(y[1, MASK[1]] if y.ndim == 3 else y[1], alone)
    assert y.ndim == 2 or not y[~MASK].any()


def test_more_padding_changes_no_bit():
    network = seeded(RecurrentNetwork, 3, 2, hidden=4, bidirectional=True)
    x = normal(2, 5, 3)
    longer, mask = torch.cat([x, normal(2, 4, 3, seed=1)], 1), torch.arange(9) < 5
    assert torch.equal(network(longer, mask.expand(2, -1)), network(x, torch.ones(2, 5).bool()))


def test_a_delayed_answer_is_the_one_of_steps_later_with_zeros_behind_the_end():
    network = seeded(RecurrentNetwork, 3, 2, hidden=4, topology=ManyToMany(delay=2))
    x = normal(2, 5, 3)
    answers = network(x)
    network.topology = ManyToMany()
    torch.testing.assert_close(answers, network(nn.functional.pad(x, (0, 0, 0, 2)))[:, 2:])


def test_one_vector_is_read_at_the_first_step_or_at_all():
    network, v = seeded(RecurrentNetwork, 3, 2, hidden=4, topology=OneToMany(4)), normal(2, 3)
    once, always = network(v), None
    network.topology = OneToMany(4, repeat=True)
    always = network(v)
    network.topology = ManyToMany()
    torch.testing.assert_close(once, network(torch.stack([v, 0 * v, 0 * v, 0 * v], 1)))
    torch.testing.assert_close(always, network(torch.stack([v] * 4, 1)))


def test_each_topology_learns_its_task():
    def count(n_rows, generator):
        """A number in, as many ones out, then zeros: one to many."""
        number = torch.randint(7, (n_rows,), generator=generator)
        return (one_hot(number, 7),), (torch.arange(6) < number[:, None]).long()

    def total(n_rows, generator):
        """Digits in, their sum out: many to one."""
        x = digits(n_rows, 5, 4, generator)
        return (x[..., None] / 3,), x.sum(1)

    def parity(n_rows, generator):
        """Bits in, at each step whether those so far are odd: many to many."""
        x = digits(n_rows, 10, 2, generator)
        return (x[..., None].float(),), x.cumsum(1) % 2

    def echo(n_rows, generator):
        """Digits in, the same again when all were read: delayed many to many."""
        x = digits(n_rows, 4, 4, generator)
        return (one_hot(x, 4),), x

    count_net = seeded(RecurrentNetwork, 7, 2, hidden=16, topology=OneToMany(6))
    assert solved(count_net, count, each_step, steps=150) > 0.99

    def near(answers, target):
        return nn.functional.mse_loss(answers[:, 0], target / 3)

    adder = fit(seeded(RecurrentNetwork, 1, 1, hidden=24), total, near, 300, 0.03)
    (x,), target = held_out(total)
    with torch.no_grad():
        assert ((adder(x)[:, 0] * 3).round() == target).double().mean() > 0.99

    parity_net = seeded(RecurrentNetwork, 1, 2, hidden=16, cell=GRUCell, topology=ManyToMany())
    assert solved(parity_net, parity, each_step, steps=400) > 0.99
    echo_net = seeded(RecurrentNetwork, 4, 4, hidden=48, topology=ManyToMany(delay=4))
    assert solved(echo_net, echo, each_step, steps=400) > 0.99


def solved(network, draw, loss, steps, learning_rate=0.02):
    """Share of sequences with every answer right, of sequences never seen."""
    fit(network, draw, loss, steps, learning_rate)
    (x,), target = held_out(draw)
    with torch.no_grad():
        return (network(x).argmax(-1) == target).all(1).double().mean()


def test_what_does_not_go_together_is_named():
    with pytest.raises(InputError, match="carried in one direction"):
        RecurrentNetwork(3, 2, bidirectional=True, stateful=True)
    with pytest.raises(InputError, match="as they are, got OneToMany"):
        RecurrentNetwork(3, 2, topology=OneToMany(4), bidirectional=True)
    with pytest.raises(InputError, match="as they are, got ManyToMany"):
        RecurrentNetwork(3, 2, topology=ManyToMany(delay=1), stateful=True)
    with pytest.raises(InputError, match=r"\(batch, time, features\) with 3 features, got \(2, 5, 2\)"):
        RecurrentNetwork(3, 2)(normal(2, 5, 2))
    with pytest.raises(InputError, match=r"\(batch, features\) with 3 features, got \(2, 5, 3\)"):
        RecurrentNetwork(3, 2, topology=OneToMany(4))(normal(2, 5, 3))
    with pytest.raises(InputError, match="delay must be at least 0, got -1"):
        ManyToMany(delay=-1)
    with pytest.raises(InputError, match="steps must be at least 1, got 0"):
        OneToMany(0)
