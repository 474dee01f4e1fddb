import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import TabM

EDGES = [torch.tensor([0.0, 0.5, 1.0]), torch.tensor([-1.0, 0.0, 1.0, 2.0])]
LEVELS = [5, 3]


def rows(n_rows=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = [torch.randint(k, (n_rows, 1), generator=generator) for k in LEVELS]
    return torch.cat([torch.randn(n_rows, 2, generator=generator), *codes], dim=1)


def network(**settings):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return TabM(EDGES, LEVELS, 2, width=8, n_members=4, column_width=3, **settings)


def test_tabm_keeps_the_layer_contract():
    counts = [torch.tensor([0, 1, 2, 3, 400]), torch.tensor([5, 5, 5])]
    check_layer(network(counts=counts, shrinkage=10.0), rows(6), shape=(6, 4, 2))


def test_a_members_output_is_the_forward_pass_by_hand_with_its_own_adapter():
    net, x = network(depth=3).eval(), rows()
    nn.init.normal_(net.numbers.bent)
    numbers, codes = net.numbers(x[:, :2]), net.categories(x[:, 2:]).view(-1, 2, 3)
    columns = torch.cat([numbers, codes], dim=1)
    inner = [layer for layer in net.hidden if isinstance(layer, nn.Linear)]
    for member in range(4):
        seen = (columns * net.first.factor[member, :, None]).flatten(1)
        hidden = (seen @ net.first.weight.flatten(0, 1) + net.first.bias[member, 0]).relu()
        for layer in inner:
            hidden = layer(hidden).relu()
        by_hand = hidden @ net.last.weight[member] + net.last.bias[member, 0]
        torch.testing.assert_close(net(x)[:, member], by_hand)
    assert len(inner) == 2


def test_members_differ_from_the_start():
    answers = network().eval()(rows()).unbind(1)
    assert all(not torch.allclose(a, b, atol=1e-3) for n, a in enumerate(answers) for b in answers[:n])


def test_members_with_the_same_adapter_and_head_are_one_network():
    net = network().eval()
    for weight in (net.first.factor, net.last.weight, net.last.bias):
        weight.data = weight[:1].expand_as(weight).clone()
    answers = net(rows())
    torch.testing.assert_close(answers, answers[:, :1].expand_as(answers))


def test_a_further_member_costs_only_its_factors_its_first_bias_and_its_head():
    def n_weights(n_members):
        net = TabM(EDGES, LEVELS, 2, width=8, n_members=n_members, column_width=3)
        return sum(weight.numel() for weight in net.parameters())

    assert n_weights(5) - n_weights(4) == 4 + 8 + (8 + 1) * 2


def test_one_member_leaves_anothers_weights_alone():
    net = network().eval()
    net(rows())[:, 1].sum().backward()
    for weight in (net.first.factor, net.last.weight):
        assert weight.grad[1].any()
        assert not weight.grad[[0, 2, 3]].any()


def test_numbers_alone_and_categories_alone_make_a_network():
    x = rows()
    assert TabM(EDGES, [], 1, n_members=4)(x[:, :2]).shape == (9, 4, 1)
    assert TabM([], LEVELS, 1, n_members=4)(x[:, 2:]).shape == (9, 4, 1)
