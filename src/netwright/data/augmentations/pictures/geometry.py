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
    one, zero = torch.ones_like(turn), torch.zeros_like(turn)
    rotation = _matrix(turn.cos(), -turn.sin(), turn.sin(), turn.cos())
    moved = rotation @ _matrix(one, zero, -down, one) @ _matrix(one, -along, zero, one)
    back = torch.linalg.inv(moved * scale[:, None, None])
    origin = -(back @ shift[:, :, None])[:, :, 0]  # (batch, 2)
    height, width = pictures.shape[-2:]
    sides = torch.tensor([width, height], device=pictures.device, dtype=back.dtype)
    theta = torch.cat([back * sides / sides[:, None], (2 * origin / sides)[:, :, None]], dim=2)
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


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    return torch.stack([a, b, c, d], dim=-1).reshape(-1, 2, 2)


def _sampled(pictures: Tensor, theta: Tensor, size: tuple[int, int], padding: Padding) -> Tensor:
    floats, _ = as_floats(pictures)
    shape = [len(pictures), pictures.shape[1], *size]
    grid = F.affine_grid(theta.to(floats), shape, align_corners=False)
    moved = F.grid_sample(floats, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    return as_given(moved, pictures)
