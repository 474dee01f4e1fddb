import numpy as np
import pytest
import torch

from netwright.contracts import check_layer
from netwright.nets import GroupNetwork

LEVELS = [5, 3, 4]


def rows(n_rows=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = [torch.randint(k, (n_rows, 1), generator=generator) for k in LEVELS]
    return torch.cat([torch.randn(n_rows, 2, generator=generator), *codes], dim=1)


def test_group_network_keeps_the_layer_contract():
    check_layer(GroupNetwork(2, LEVELS, 3, width=4, dropout=0.5), rows(), shape=(12, 3))


def test_the_groups_are_mean_dot_products_as_numpy_has_them():
    network, x = GroupNetwork(2, LEVELS, 1, width=4), rows()
    tables = [table.weight.detach().double().numpy() for table in network.categories.tables]
    codes = x[:, 2:].long().numpy()
    vectors = [table[codes[:, j]] for j, table in enumerate(tables)]
    by_hand = [
        np.mean([(vectors[i] * vectors[j]).sum(1) for j in range(3) if j != i], axis=0) for i in range(3)
    ]
    np.testing.assert_allclose(network.groups(x).detach(), np.stack(by_hand, axis=1), atol=1e-6)


def test_the_answer_is_a_linear_layer_on_normalised_numbers_and_groups():
    network, x = GroupNetwork(2, LEVELS, 3, width=4), rows(60)
    network.train()(x)  # the norm sees some rows
    network.eval()
    joined = torch.cat([x[:, :2], network.groups(x)], dim=1)
    scaled = (joined - network.norm.running_mean) / (network.norm.running_var + network.norm.eps).sqrt()
    torch.testing.assert_close(network(x), scaled @ network.last.weight.T + network.last.bias)


def test_one_category_alone_makes_no_group():
    with pytest.raises(ValueError, match="two categorical columns or more, got 1"):
        GroupNetwork(2, [5], 1)
