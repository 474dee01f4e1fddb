import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import EnsembleLinear, MemberAdapter


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_ensemble_linear_keeps_the_layer_contract():
    layer = EnsembleLinear(n_members=4, n_inputs=8, n_outputs=2)
    check_layer(layer, normal(4, 5, 8), shape=(4, 5, 2), rows_independent=False)  # members stand in front


def test_ensemble_linear_is_as_many_torch_layers_as_it_has_members():
    layer, x = EnsembleLinear(n_members=4, n_inputs=8, n_outputs=2), normal(4, 5, 8)
    for member in range(4):
        theirs = nn.Linear(8, 2)
        theirs.weight.data, theirs.bias.data = layer.weight[member].T, layer.bias[member, 0]
        torch.testing.assert_close(layer(x)[member], theirs(x[member]))


def test_no_member_of_ensemble_linear_hears_another():
    layer, x = EnsembleLinear(n_members=3, n_inputs=2, n_outputs=1), normal(3, 5, 2)
    layer(x)[1].sum().backward()
    assert layer.weight.grad[1].any()
    assert not layer.weight.grad[[0, 2]].any()
    assert not layer.bias.grad[[0, 2]].any()


def test_its_weights_start_as_those_of_torchs_linear():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer, theirs = EnsembleLinear(200, 16, 8), nn.Linear(16, 1600)
    for mine, torchs in ((layer.weight, theirs.weight), (layer.bias, theirs.bias)):
        assert mine.abs().max().item() <= 0.25
        assert abs(mine.std().item() - torchs.std().item()) < 0.01


def adapter(n_members=4):
    return MemberAdapter(n_columns=3, column_width=2, n_members=n_members, n_outputs=8)


def test_member_adapter_keeps_the_layer_contract():
    check_layer(adapter(), normal(6, 3, 2), shape=(4, 6, 8), rows_independent=False)  # members in front


def test_a_rows_answer_does_not_depend_on_its_batch():
    layer, x = adapter(), normal(6, 3, 2)
    alone = torch.cat([layer(row[None]) for row in x], dim=1)
    torch.testing.assert_close(alone, layer(x))


def test_a_member_is_a_linear_layer_that_sees_each_column_times_its_own_factor():
    layer, x = adapter(), normal(7, 3, 2)
    for member in range(4):
        seen = (x * layer.factor[member, :, None]).flatten(1)
        by_hand = seen @ layer.weight.flatten(0, 1) + layer.bias[member, 0]
        torch.testing.assert_close(layer(x)[member], by_hand)


def test_members_with_factors_of_one_are_one_linear_layer():
    layer, x = adapter(), normal(6, 3, 2)
    nn.init.ones_(layer.factor)
    alone = nn.functional.linear(x.flatten(1), layer.weight.flatten(0, 1).T, layer.bias[0, 0])
    torch.testing.assert_close(layer(x), alone.expand(4, 6, 8))


def test_members_start_apart_by_nothing_but_their_factors():
    layer = adapter()
    assert torch.equal(layer.bias, layer.bias[:1].expand(4, 1, 8))
    answers = layer(normal(6, 3, 2)).unbind(0)
    assert all(not torch.allclose(a, b) for n, a in enumerate(answers) for b in answers[:n])


def test_a_factor_of_zero_hides_a_column_from_its_member_alone():
    layer, x = adapter(n_members=2), normal(6, 3, 2)
    with torch.no_grad():
        layer.factor[0, 1] = 0.0
    other = x.clone()
    other[:, 1] += 1.0
    torch.testing.assert_close(layer(x)[0], layer(other)[0])
    assert not torch.allclose(layer(x)[1], layer(other)[1])
