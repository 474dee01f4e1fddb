import pytest
import torch

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import DiceLoss

GENERATOR = torch.Generator().manual_seed(0)
SCORES = torch.randn(5, 3, 4, 6, generator=GENERATOR)
TARGET = torch.randint(0, 3, (5, 4, 6), generator=GENERATOR)


def test_the_dice_loss_keeps_the_loss_contract():
    check_loss(DiceLoss(), SCORES, TARGET)
    check_loss(DiceLoss(smooth=0.1, background=True), SCORES, TARGET)


def test_the_dice_loss_is_the_papers_coefficient_pixel_by_pixel():
    p = SCORES.softmax(1)
    losses = []
    for picture in range(5):
        overlaps = []
        for kind in (1, 2):
            both = own = true = 0.0
            for row in range(4):
                for column in range(6):
                    score, hit = p[picture, kind, row, column], float(TARGET[picture, row, column] == kind)
                    both, own, true = both + score * hit, own + score**2, true + hit
            overlaps.append((2 * both + 1) / (own + true + 1))
        losses.append(1 - sum(overlaps) / 2)
    torch.testing.assert_close(DiceLoss(reduction="none")(SCORES, TARGET), torch.stack(losses))


def test_a_small_region_counts_as_much_as_a_large_one():
    target = torch.zeros(1, 20, 20, dtype=torch.int64)
    target[:, :10], target[:, 19, 19] = 1, 2
    sure = torch.nn.functional.one_hot(target, 3).movedim(-1, 1) * 40.0
    without_small = sure.clone()
    without_small[:, 0, 19, 19], without_small[:, 2, 19, 19] = 40.0, 0.0
    assert DiceLoss(smooth=1e-6)(sure, target) < 1e-5
    assert DiceLoss(smooth=1e-6)(without_small, target) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("background", [False, True])
def test_pixels_without_a_class_count_for_nothing(background):
    half, loss = TARGET.clone(), DiceLoss(background=background)
    half[:, :2] = -100
    torch.testing.assert_close(loss(SCORES, half), loss(SCORES[:, :, 2:], TARGET[:, 2:]))


def test_the_dice_loss_names_what_does_not_fit():
    with pytest.raises(InputError, match="smooth must be above 0"):
        DiceLoss(smooth=0.0)
    with pytest.raises(InputError, match="two classes or more, got 1"):
        DiceLoss()(SCORES[:, :1], TARGET)
