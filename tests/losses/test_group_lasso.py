"""Group Lasso and its sparse kin: by hand, by limit, and with useless inputs planted."""

import math

import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import GroupLassoPenalty, SparseGroupLassoPenalty

PENALTIES = [GroupLassoPenalty, SparseGroupLassoPenalty]
DTYPES = [(torch.float32, 1e-5), (torch.float64, 1e-10)]


def two_layers(dtype=torch.float64):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)


class Penalised(nn.Module):
    """A network with its penalty, as one loss without inputs that learn."""

    def __init__(self, penalty):
        super().__init__()
        self.network, self.penalty = two_layers(torch.float32), penalty

    def forward(self, x):
        return self.penalty(self.network)


@pytest.mark.parametrize("penalty", [GroupLassoPenalty(0.3), SparseGroupLassoPenalty(0.3)])
def test_the_penalties_keep_the_loss_contract(penalty):
    check_loss(Penalised(penalty), torch.randn(5, 4), differentiable=0)


def by_hand(network, *, sparse):
    total = 0.0
    for layer in (network[0], network[2]):
        weight = layer.weight.tolist()
        for unit in zip(*weight, strict=True):  # all weights that leave it
            total += math.sqrt(len(unit)) * math.sqrt(sum(w * w for w in unit))
            total += sparse * sum(abs(w) for w in unit)
        total += (1 + sparse) * sum(abs(b) for b in layer.bias.tolist())
    return total


@pytest.mark.parametrize(("dtype", "close"), DTYPES)
@pytest.mark.parametrize(("penalty", "sparse"), [(GroupLassoPenalty, 0), (SparseGroupLassoPenalty, 1)])
def test_the_penalty_is_a_sum_over_the_groups_of_each_unit(penalty, sparse, dtype, close):
    network = two_layers(dtype)
    assert penalty(0.7)(network).item() == pytest.approx(0.7 * by_hand(network, sparse=sparse), rel=close)


def test_with_one_output_the_group_lasso_is_the_lasso_and_the_sparse_one_twice_that():
    network = nn.Linear(5, 1).double()
    size = sum(parameter.abs().sum() for parameter in network.parameters())
    torch.testing.assert_close(GroupLassoPenalty(2.0)(network), 2 * size, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(SparseGroupLassoPenalty(2.0)(network), 4 * size, rtol=1e-10, atol=1e-10)


def test_layers_without_bias_and_other_layers_are_taken_as_they_are():
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.Linear(2, 4, bias=False), nn.LayerNorm(4))
    assert GroupLassoPenalty(1.0)(network).item() == pytest.approx(
        2 * sum(math.hypot(*column) for column in network[1].weight.T.tolist())
    )


@pytest.mark.parametrize("penalty", PENALTIES)
def test_groups_at_zero_have_a_finite_gradient(penalty):
    network = two_layers()
    nn.init.zeros_(network[0].weight)
    penalty()(network).backward()
    assert network[0].weight.grad.abs().sum() == 0
    assert network[2].weight.grad.isfinite().all()


def learned(penalty, strength):
    """How large the largest weight of each input is, where two of six inputs make the answer."""
    torch.manual_seed(0)
    x = torch.randn(256, 6)
    y = torch.stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1], x[:, 0]], 1) + 0.1 * torch.randn(256, 3)
    network = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(400):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 400)
        optimizer.zero_grad()
        (nn.functional.mse_loss(network(x), y) + penalty(strength)(network)).backward()
        optimizer.step()
    return network.weight.detach().abs()


@pytest.mark.parametrize("penalty", PENALTIES)
def test_useless_inputs_that_were_planted_are_switched_off(penalty):
    with_penalty, without = learned(penalty, 0.03), learned(penalty, 0.0)
    assert with_penalty[:, 2:].max() < 1e-3
    assert without[:, 2:].amax(0).min() > 1e-3
    assert with_penalty[:, :2].amax(0).min() > 0.8


def test_only_the_sparse_penalty_cuts_single_connections_of_a_unit_that_stays():
    """The second input has nothing to say to the third output."""
    strength = 0.03
    grouped, sparse = (learned(penalty, strength)[2, 1] for penalty in PENALTIES)
    assert sparse < 1e-3
    assert grouped > sparse


@pytest.mark.parametrize("penalty", PENALTIES)
def test_what_cannot_be_penalised_is_named(penalty):
    with pytest.raises(InputError, match="strength must be 0 or more, got -1"):
        penalty(-1.0)
    with pytest.raises(InputError, match="must have a linear layer, got Tanh"):
        penalty()(nn.Tanh())
