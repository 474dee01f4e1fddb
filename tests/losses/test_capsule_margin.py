import pytest
import torch

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import CapsuleMarginLoss

LENGTHS = torch.tensor([[0.95, 0.05, 0.3], [0.2, 0.7, 0.6], [0.0, 0.12, 0.5], [0.4, 0.99, 0.01]])
TARGET = torch.tensor([0, 2, 1, 1])


def by_hand(lengths, there, present=0.9, absent=0.1, weight=0.5):
    return [
        sum(
            max(0, present - length) ** 2 if k in true else weight * max(0, length - absent) ** 2
            for k, length in enumerate(row)
        )
        for row, true in zip(lengths.tolist(), there, strict=True)
    ]


def test_the_margin_loss_keeps_the_loss_contract():
    check_loss(CapsuleMarginLoss(), LENGTHS, TARGET)
    check_loss(CapsuleMarginLoss(), LENGTHS, torch.eye(3)[TARGET])


def test_the_margin_loss_equals_its_formula():
    got = CapsuleMarginLoss(reduction="none")(LENGTHS, TARGET)
    torch.testing.assert_close(got, torch.tensor(by_hand(LENGTHS, [[k] for k in TARGET.tolist()])))
    got = CapsuleMarginLoss(0.8, 0.2, 1.0, "none")(LENGTHS, TARGET)
    torch.testing.assert_close(
        got, torch.tensor(by_hand(LENGTHS, [[k] for k in TARGET.tolist()], 0.8, 0.2, 1.0))
    )


@pytest.mark.parametrize("kind", [torch.int32, torch.int16])
def test_classes_may_be_whole_numbers_of_any_kind(kind):
    torch.testing.assert_close(
        CapsuleMarginLoss()(LENGTHS, TARGET.to(kind)), CapsuleMarginLoss()(LENGTHS, TARGET)
    )


def test_a_picture_may_show_several_classes_or_none():
    there = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    got = CapsuleMarginLoss(reduction="none")(LENGTHS, there)
    torch.testing.assert_close(got, torch.tensor(by_hand(LENGTHS, [[0, 1], [], [0, 1, 2], [1]])))


def test_lengths_beyond_the_margins_cost_nothing_and_have_no_gradient():
    lengths = torch.tensor([[0.95, 0.05, 0.1]], requires_grad=True)
    loss = CapsuleMarginLoss()(lengths, torch.tensor([0]))
    loss.backward()
    assert loss == 0
    assert not lengths.grad.any()


def test_impossible_margins_and_shapes_are_named():
    with pytest.raises(InputError, match=r"0 <= absent < present <= 1, got absent=0.9, present=0.1"):
        CapsuleMarginLoss(0.1, 0.9)
