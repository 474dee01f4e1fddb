"""Penalties on codes: by hand, and by limit."""

import math

import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import ContractivePenalty, SparseActivityPenalty


class Penalised(nn.Module):
    """An encoder with its penalty, as one loss."""

    def __init__(self, penalty):
        super().__init__()
        torch.manual_seed(0)
        self.encoder, self.penalty = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid()), penalty

    def forward(self, x):
        return self.penalty(self.encoder, x)


def test_they_keep_the_loss_contract():
    check_loss(SparseActivityPenalty(0.1), torch.rand(6, 3) * 0.8 + 0.1)
    contractive = Penalised(ContractivePenalty(0.3))  # with derivatives of derivatives
    check_loss(contractive, torch.randn(5, 4), compiles=False, exports=False)


def test_the_divergence_is_that_of_two_coins():
    activity = torch.tensor([[0.1, 0.6], [0.3, 0.2]], dtype=torch.float64)
    by_hand = sum(0.05 * math.log(0.05 / mean) + 0.95 * math.log(0.95 / (1 - mean)) for mean in (0.2, 0.4))
    assert SparseActivityPenalty(0.05, 2.0)(activity).item() == pytest.approx(2 * by_hand)


def test_units_that_are_never_or_always_on_still_cost_a_finite_number():
    for value in (0.0, 1.0):
        assert SparseActivityPenalty(0.05)(torch.full((3, 2), value)).isfinite()


def test_the_contraction_of_one_sigmoid_layer_has_its_closed_form():
    """For h = sigmoid(W x + b) the Jacobian is diag(h (1 - h)) W."""
    torch.manual_seed(0)
    layer, x = nn.Linear(5, 3).double(), torch.randn(7, 5).double()
    h = torch.sigmoid(layer(x))
    by_hand = ((h * (1 - h)).square() * layer.weight.square().sum(1)).sum(1).mean()
    penalty = ContractivePenalty(0.5)(nn.Sequential(layer, nn.Sigmoid()), x)
    torch.testing.assert_close(penalty, 0.5 * by_hand)
    gradient, expected = (torch.autograd.grad(one, layer.weight)[0] for one in (penalty, 0.5 * by_hand))
    torch.testing.assert_close(gradient, expected)


def test_the_contraction_of_deep_encoders_and_pictures_equals_row_by_row_jacobians():
    torch.manual_seed(0)
    encoder, x = (
        nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2)),
        torch.randn(3, 1, 2, 3),
    )
    rows = [torch.autograd.functional.jacobian(encoder, row[None]) for row in x]
    by_hand = torch.stack([row.square().sum() for row in rows]).mean()
    torch.testing.assert_close(ContractivePenalty(1.0)(encoder, x), by_hand)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda: SparseActivityPenalty(0.0),
        lambda: SparseActivityPenalty(0.1, -1.0),
        lambda: ContractivePenalty(-1.0),
    ],
)
def test_settings_out_of_bounds_are_refused(penalty):
    with pytest.raises(InputError):
        penalty()
