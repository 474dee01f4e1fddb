"""Turns, shifts, shears and crops by given amounts, one for each picture of a batch."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.data.augmentations.pictures.batch import as_floats, as_given

Padding = Literal["zeros", "border", "reflection"]


def affine(
    pictures: Tensor,
    *,
    angle: Tensor,
    shift: Tensor,
    scale: Tensor,
    shear: Tensor,
    padding: Padding = "border",
) -> Tensor:
    """Return pictures that are sheared, turned and scaled about their centres, and then shifted.

    Pixels between pixels are interpolated linearly.

        out(p) = in(centre + (scale R Sy Sx)^-1 (p - centre - shift))
        R = [[cos, -sin], [sin, cos]],   Sx = [[1, -tan x], [0, 1]],   Sy = [[1, 0], [-tan y, 1]]

    Args:
        pictures: (batch, channels, height, width).
        angle: (batch), degrees, clockwise.
        shift: (batch, 2), pixels to the right and down.
        scale: (batch), above 1 for larger.
        shear: (batch, 2), degrees along the width and along the height.
        padding: what stands where there was nothing.

    Example:
        >>> still, none = torch.zeros(1), torch.zeros(1, 2)
        >>> affine(torch.eye(3)[None, None], angle=still + 90, shift=none, scale=still + 1, shear=none)
        tensor([[[[0., 0., 1.],
                  [0., 1., 0.],
                  [1., 0., 0.]]]])
    """
    turn, (along, down) = torch.deg2rad(angle), torch.deg2rad(shear).tan().unbind(1)
    cos, sin, both = turn.cos(), turn.sin(), 1 + along * down
    # the inverse of (scale R Sy Sx), whose three matrices have determinant 1
    back = [cos * both - sin * along, cos * along + sin * both, cos * down - sin, cos + sin * down]
    xx, xy, yx, yy = (entry / scale for entry in back)
    right, below = shift.unbind(1)
    height, width = pictures.shape[-2:]
    theta = torch.stack(
        [
            torch.stack([xx, xy * height / width, -2 * (xx * right + xy * below) / width], 1),
            torch.stack([yx * width / height, yy, -2 * (yx * right + yy * below) / height], 1),
        ],
        dim=1,
    )
    return _sampled(pictures, theta, (height, width), padding)


def crop(pictures: Tensor, box: Tensor, size: tuple[int, int]) -> Tensor:
    """Return a box out of each picture, scaled linearly to one size.

    Args:
        pictures: (batch, channels, height, width).
        box: (batch, 4), top, left, height and width in pixels.
        size: height and width of what is returned.

    Example:
        >>> ramp = torch.arange(4.0).reshape(1, 1, 1, 4) / 4
        >>> crop(ramp, torch.tensor([[0.0, 1.0, 1.0, 2.0]]), (1, 2))
        tensor([[[[0.2500, 0.5000]]]])
    """
    height, width = pictures.shape[-2:]
    top, left, tall, wide = box.unbind(1)
    zero = torch.zeros_like(top)
    theta = torch.stack(
        [
            wide / width,
            zero,
            (2 * left + wide) / width - 1,
            zero,
            tall / height,
            (2 * top + tall) / height - 1,
        ],
        dim=1,
    ).reshape(-1, 2, 3)
    return _sampled(pictures, theta, size, "border")


def _sampled(pictures: Tensor, theta: Tensor, size: tuple[int, int], padding: Padding) -> Tensor:
    floats, _ = as_floats(pictures)
    grid = F.affine_grid(theta.to(floats), [*pictures.shape[:2], *size], align_corners=False)
    moved = F.grid_sample(floats, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return as_given(moved, pictures)
