"""Changes by given amounts, beside torchvision's; the recipe stands in the file of references."""

import json
import math
from pathlib import Path

import pytest
import torch

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.color_jitter import blurred
from netwright.data.augmentations.pictures.colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    adjust_sharpness,
    equalize,
    solarize,
    stretch_levels,
)
from netwright.data.augmentations.pictures.geometry import affine, crop
from netwright.data.augmentations.pictures.rand_augment import CHANGES, RandAugment

KEPT = json.loads((Path(__file__).parent / "references" / "torchvision_transforms.json").read_text())
FLOATS = torch.tensor(KEPT["floats"])
BYTES = torch.tensor(KEPT["bytes"], dtype=torch.uint8)
MANY = BYTES.repeat(1, 5, 5) // 2 + 40  # (3, 45, 40), no level black or white


def amount(value):
    return torch.tensor([value, 1.0])


def moved(pictures, angle, right, down, scale, shear_x, shear_y):
    def pair(*values):
        return torch.tensor([values, [0.0] * len(values)])

    return affine(
        pictures,
        angle=pair(angle)[:, 0],
        shift=pair(right, down),
        scale=amount(scale),
        shear=pair(shear_x, shear_y),
        padding="zeros",
    )


def cut(pictures, *box):
    return crop(pictures, torch.tensor([box, [0.0, 0.0, 9.0, 8.0]]), (9, 8))


def levels(pictures):
    part = pictures * 0.5 + 0.2 if pictures.is_floating_point() else pictures // 2 + 40
    return stretch_levels(part)


CHANGES_OF = {
    "brightness": lambda x, v: adjust_brightness(x, amount(v)),
    "contrast": lambda x, v: adjust_contrast(x, amount(v)),
    "saturation": lambda x, v: adjust_saturation(x, amount(v)),
    "hue": lambda x, v: adjust_hue(x, torch.tensor([v, 0.0])),
    "sharpness": lambda x, v: adjust_sharpness(x, amount(v)),
    "solarize": lambda x, v: solarize(x, amount(v)),
    "autocontrast": levels,
    "blur": lambda x, v: blurred(x, amount(v), 3),
    "affine": moved,
    "crop": cut,
}


@pytest.mark.parametrize("case", [case for case in KEPT["of floats"] if not case.startswith("posterize")])
def test_a_change_by_a_given_amount_equals_torchvisions(case):
    name, *amounts = case.split()
    for kept, wanted, tolerance in (
        (FLOATS, torch.tensor(KEPT["of floats"][case]), 2e-4),  # its grey is 0.2989 red, ours 0.299
        (BYTES, torch.tensor(KEPT["of bytes"][case], dtype=torch.uint8), 2),  # it cuts decimals, twice
    ):
        other = kept.flip(0) if name != "autocontrast" else kept
        changed = CHANGES_OF[name](torch.stack([kept, other]), *map(float, amounts))
        assert changed.dtype == kept.dtype
        apart = (changed[0].double() - wanted.double()).abs()
        if name == "crop":  # beyond the edge of a crop it sees the edge, we what stands there
            apart = apart[:, 1:-1, 1:-1]
        assert apart.max() <= tolerance
        if name not in ("autocontrast", "solarize", "blur"):  # the other row has amounts that change nothing
            assert (changed[1].double() - other.double()).abs().max() <= (1e-5 if tolerance < 1 else 0)


def test_affine_and_hue_equal_torchvisions_to_a_millionth():
    for case in KEPT["of floats"]:
        name, *amounts = case.split()
        if name in ("affine", "hue", "sharpness", "brightness", "blur"):
            changed = CHANGES_OF[name](torch.stack([FLOATS, FLOATS]), *map(float, amounts))[0]
            torch.testing.assert_close(changed, torch.tensor(KEPT["of floats"][case]), atol=3e-6, rtol=0)


def test_equal_use_of_levels_equals_torchvisions_to_the_bit():
    both = torch.stack([torch.tensor(KEPT["large"]), torch.full((1, 40, 40), 7)]).to(torch.uint8)
    assert equalize(both)[0].tolist() == KEPT["equalized"]
    assert torch.equal(equalize(both)[1], both[1])


def test_fewer_bits_equal_torchvisions():
    change = RandAugment(magnitude=30 * 5 / 4 * 0.6)  # 3 of 4 lost bits: 5 are left
    changed = change.apply(BYTES[None], torch.tensor([CHANGES.index("posterize")]), torch.ones(1))
    assert torch.equal(changed[0], BYTES >> 3 << 3)
    three = RandAugment(magnitude=30).apply(
        BYTES[None], torch.tensor([CHANGES.index("posterize")]), torch.ones(1)
    )
    assert torch.equal(three[0], BYTES >> 4 << 4)
    assert torch.equal(BYTES >> 5 << 5, torch.tensor(KEPT["of bytes"]["posterize 3"], dtype=torch.uint8))


def test_a_turn_of_a_quarter_and_a_shift_of_whole_pixels_move_pixels_as_they_are():
    picture = torch.arange(25.0).reshape(1, 1, 5, 5) / 25
    still, none = torch.zeros(1), torch.zeros(1, 2)
    turned = affine(picture, angle=still + 90, shift=none, scale=still + 1, shear=none)
    torch.testing.assert_close(turned, picture.rot90(-1, (2, 3)), atol=1e-5, rtol=0)
    shifted = affine(
        picture, angle=still, shift=torch.tensor([[2.0, 1.0]]), scale=still + 1, shear=none, padding="zeros"
    )
    torch.testing.assert_close(shifted[..., 1:, 2:], picture[..., :-1, :-2], atol=1e-5, rtol=0)
    assert shifted[..., 0, :].abs().max() < 1e-5


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("identity", lambda x: x),
        ("brightness", lambda x: adjust_brightness(x, torch.tensor([0.46]))),
        ("color", lambda x: adjust_saturation(x, torch.tensor([0.46]))),
        ("contrast", lambda x: adjust_contrast(x, torch.tensor([0.46]))),
        ("sharpness", lambda x: adjust_sharpness(x, torch.tensor([0.46]))),
        ("solarize", lambda x: solarize(x, torch.tensor([0.4]))),
        ("autocontrast", stretch_levels),
        ("equalize", equalize),
        ("rotate", lambda x: moved(x.repeat(2, 1, 1, 1), -18.0, 0, 0, 1.0, 0, 0)[:1]),
        ("translate x", lambda x: moved(x.repeat(2, 1, 1, 1), 0, -0.6 * 40 * 150 / 331, 0, 1.0, 0, 0)[:1]),
        ("translate y", lambda x: moved(x.repeat(2, 1, 1, 1), 0, 0, -0.6 * 45 * 150 / 331, 1.0, 0, 0)[:1]),
        (
            "shear x",
            lambda x: moved(x.repeat(2, 1, 1, 1), 0, 0, 0, 1.0, -math.degrees(math.atan(0.18)), 0)[:1],
        ),
        (
            "shear y",
            lambda x: moved(x.repeat(2, 1, 1, 1), 0, 0, 0, 1.0, 0, -math.degrees(math.atan(0.18)))[:1],
        ),
    ],
)
def test_each_change_of_rand_augment_has_the_amount_of_its_magnitude(name, by_hand):
    change = RandAugment(magnitude=18, padding="zeros")
    changed = change.apply(MANY[None], torch.tensor([CHANGES.index(name)]), -torch.ones(1))
    assert (changed.int() - by_hand(MANY[None]).int()).abs().max() <= 1  # of the last bit of 0.46
    assert name == "identity" or (changed[0].int() - MANY.int()).abs().max() > 5


def test_each_row_is_changed_in_its_own_way_as_if_it_were_alone():
    numbers = torch.arange(len(CHANGES))
    sign = torch.where(numbers % 2 > 0, 1.0, -1.0)
    many = MANY.repeat(len(CHANGES), 1, 1, 1)
    change = RandAugment(magnitude=15)
    together = change.apply(many, numbers, sign)
    alone = [change.apply(many[:1], numbers[k, None], sign[k, None]) for k in range(len(CHANGES))]
    assert (together.int() - torch.cat(alone).int()).abs().max() <= 1
    assert len({tuple(row.flatten().tolist()) for row in together}) == len(CHANGES)


def test_colours_of_two_or_four_channels_are_refused():
    with pytest.raises(InputError, match="1 or 3 channels, got 4"):
        adjust_hue(torch.zeros(1, 4, 2, 2), torch.zeros(1))
    with pytest.raises(InputError, match="1 or 3 channels, got 2"):
        adjust_contrast(torch.zeros(1, 2, 2, 2), torch.zeros(1))
