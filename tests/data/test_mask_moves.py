"""Moves that pictures and masks make together."""

import pytest
import torch

from netwright.contracts import check_augmentation
from netwright.core.errors import InputError
from netwright.data import MaskMoves

PICTURES = torch.rand(40, 2, 6, 6, generator=torch.Generator().manual_seed(0))
MASKS = (PICTURES[:, 0] * 1000).long()  # a class of its own for each pixel, that can be told from the picture


def moved(moves, seed=0):
    return moves(PICTURES, MASKS, torch.Generator().manual_seed(seed))


def test_mask_moves_keep_the_augmentation_contract():
    check_augmentation(MaskMoves(turn=True), PICTURES, MASKS)
    check_augmentation(MaskMoves(), PICTURES.mul(255).byte(), MASKS)


@pytest.mark.parametrize("seed", range(5))
def test_masks_follow_their_pictures_pixel_by_pixel(seed):
    pictures, masks = moved(MaskMoves(turn=True, shift=0.4), seed)
    assert torch.equal((pictures[:, 0] * 1000).long(), masks)
    assert not torch.equal(masks, MASKS)


def test_each_move_is_what_its_name_says_and_half_of_the_pictures_make_it():
    only = {"flip_columns": False, "flip_rows": False, "turn": False, "shift": 0.0}
    for name, by_hand in {
        "flip_columns": PICTURES.flip(3),
        "flip_rows": PICTURES.flip(2),
        "turn": PICTURES.mT,
    }.items():
        pictures, _ = moved(MaskMoves(**only | {name: True}))
        made = (pictures == by_hand).flatten(1).all(1)
        left = (pictures == PICTURES).flatten(1).all(1)
        assert (made ^ left).all()
        assert 10 <= made.sum() <= 30


def test_shifts_go_as_far_as_they_may_and_repeat_the_edge():
    pictures, _ = moved(MaskMoves(flip_columns=False, flip_rows=False, shift=0.34))
    offsets = set()
    for picture, old in zip(pictures, PICTURES, strict=True):
        padded = torch.nn.functional.pad(old[None], (2, 2, 2, 2), mode="replicate")[0]
        found = [
            (down - 2, right - 2)
            for down in range(5)
            for right in range(5)
            if torch.equal(padded[:, down : down + 6, right : right + 6], picture)
        ]
        assert len(found) == 1
        offsets |= set(found)
    assert {down for down, _ in offsets} == {right for _, right in offsets} == {-2, -1, 0, 1, 2}


def test_masks_of_another_size_are_refused():
    with pytest.raises(InputError, match="masks must be of shape"):
        MaskMoves()(PICTURES, MASKS[:, :5], torch.Generator())
    with pytest.raises(InputError, match="shift must be a share"):
        MaskMoves(shift=1.0)
