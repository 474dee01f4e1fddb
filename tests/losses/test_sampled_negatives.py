import math

import pytest
import torch

from netwright.contracts import check_loss
from netwright.losses import NegativesMarginLoss, NegativesSoftmaxLoss

GENERATOR = torch.Generator().manual_seed(0)
WANTED, DRAWN = torch.randn(6, generator=GENERATOR), torch.randn(6, 4, generator=GENERATOR)


@pytest.mark.parametrize("loss", [NegativesMarginLoss(0.5), NegativesSoftmaxLoss(0.5)])
def test_both_losses_keep_the_loss_contract(loss):
    check_loss(loss, WANTED, DRAWN, differentiable=2)


def test_the_margin_loss_equals_its_formula():
    by_hand = [
        sum(max(0.0, 0.3 - s + n) for n in row) / 4
        for s, row in zip(WANTED.tolist(), DRAWN.tolist(), strict=True)
    ]
    got = NegativesMarginLoss(0.3, reduction="none")(WANTED, DRAWN)
    torch.testing.assert_close(got, torch.tensor(by_hand))
    assert got.min() == 0.0 < got.max()


def test_the_softmax_loss_equals_its_formula():
    by_hand = [
        -math.log(math.exp(s / 0.5) / (math.exp(s / 0.5) + sum(math.exp(n / 0.5) for n in row)))
        for s, row in zip(WANTED.tolist(), DRAWN.tolist(), strict=True)
    ]
    got = NegativesSoftmaxLoss(0.5, reduction="none")(WANTED, DRAWN)
    torch.testing.assert_close(got, torch.tensor(by_hand))


@pytest.mark.parametrize("loss", [NegativesMarginLoss(), NegativesSoftmaxLoss()])
def test_a_candidate_of_minus_infinity_is_left_out(loss):
    drawn = DRAWN.clone()
    drawn[:, 0] = -torch.inf
    left = loss(WANTED, drawn)
    share = 0.75 if isinstance(loss, NegativesMarginLoss) else 1.0
    torch.testing.assert_close(left, share * loss(WANTED, DRAWN[:, 1:]))


def test_settings_out_of_their_range_are_named():
    with pytest.raises(ValueError, match="margin must be above 0, got 0"):
        NegativesMarginLoss(0.0)
    with pytest.raises(ValueError, match="temperature must be above 0, got -1"):
        NegativesSoftmaxLoss(-1.0)
