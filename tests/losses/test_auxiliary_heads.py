import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import AuxiliaryHeadsLoss


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_loss_of_auxiliary_heads_keeps_the_contract():
    check_loss(AuxiliaryHeadsLoss(nn.MSELoss()), normal(5, 3), normal(5, 3, seed=1))


def test_each_answer_from_the_middle_counts_its_share_and_one_alone_counts_whole():
    target, (last, one, other) = torch.tensor([0, 2, 1, 1]), normal(3, 4, 3)
    for base in (nn.CrossEntropyLoss(), nn.CrossEntropyLoss(reduction="none")):
        expected = base(last, target) + 0.3 * base(one, target) + 0.3 * base(other, target)
        torch.testing.assert_close(AuxiliaryHeadsLoss(base)((last, one, other), target), expected)
        torch.testing.assert_close(AuxiliaryHeadsLoss(base)(last, target), base(last, target))


def test_a_weight_below_zero_is_named():
    with pytest.raises(InputError, match="weight must be 0 or above, got -1"):
        AuxiliaryHeadsLoss(nn.MSELoss(), weight=-1.0)
