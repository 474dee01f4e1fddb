"""Pictures of any size brought to one size and one number of channels."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import ImageError

Fit = Literal["letterbox", "crop", "stretch"]
Size = int | tuple[int, int]

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey, as in ITU-R BT.601 and in Pillow."""


def two_sides(size: Size) -> tuple[int, int]:
    """Return a size as height and width.

    Args:
        size: one number for both sides, or height and width.

    Raises:
        ImageError: when it is neither.

    Example:
        >>> two_sides(32), two_sides((24, 32))
        ((32, 32), (24, 32))
    """
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        mend = "such as 64 or (48, 64)"
        raise ImageError("size must be a whole number of pixels, or height and width", repr(size), mend)
    return sides[0], sides[1]


def within(height: int, width: int, size: tuple[int, int], fit: Fit) -> tuple[int, int]:
    """Return the height and width to which a picture is scaled, before bars are laid or edges cut off.

    Args:
        height: of the picture.
        width: of the picture.
        size: that it shall have in the end.
        fit: as in `read_images`.

    Raises:
        ImageError: when `fit` is none of the three words.

    Example:
        >>> within(100, 200, (50, 50), "letterbox"), within(100, 200, (50, 50), "crop")
        ((25, 50), (50, 100))
    """
    if fit == "stretch":
        return size
    if fit not in ("letterbox", "crop"):
        raise ImageError("fit must be 'letterbox', 'crop' or 'stretch'", repr(fit), "choose one of them")
    scales = size[0] / height, size[1] / width
    scale = min(scales) if fit == "letterbox" else max(scales)
    return max(1, round(height * scale)), max(1, round(width * scale))


def fit_pictures(pictures: Tensor, size: tuple[int, int], fit: Fit) -> Tensor:
    """Return pictures of one size brought to another one, scaled with antialiasing.

    Args:
        pictures: uint8 (rows, channels, height, width).
        size: height and width.
        fit: as in `read_images`.

    Example:
        >>> fit_pictures(torch.zeros(2, 3, 100, 200, dtype=torch.uint8), (50, 50), "crop").shape
        torch.Size([2, 3, 50, 50])
    """
    scaled = within(pictures.shape[-2], pictures.shape[-1], size, fit)
    if scaled != tuple(pictures.shape[-2:]):
        pictures = F.interpolate(pictures, scaled, mode="bilinear", antialias=True)
    return centred(pictures, size)


def centred(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """Return pictures with what is too large cut off and what is too small filled, alike on both sides.

    What is filled has the mean colour of the picture's own four edges.

    Args:
        pictures: uint8 (rows, channels, height, width).
        size: height and width.

    Example:
        >>> centred(torch.full((1, 1, 1, 3), 7, dtype=torch.uint8), (3, 1)).flatten()
        tensor([7, 7, 7], dtype=torch.uint8)
    """
    height, width = pictures.shape[-2:]
    top, left = max(0, height - size[0]) // 2, max(0, width - size[1]) // 2
    pictures = pictures[..., top : top + size[0], left : left + size[1]]
    height, width = pictures.shape[-2:]
    if (height, width) == size:
        return pictures.contiguous()
    rim = torch.cat(
        [pictures[..., 0, :], pictures[..., -1, :], pictures[..., :, 0], pictures[..., :, -1]], dim=-1
    )
    ground = rim.float().mean(-1).round_().to(torch.uint8)  # (rows, channels)
    out = ground[..., None, None].repeat(1, 1, *size)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    out[..., top : top + height, left : left + width] = pictures
    return out


def to_channels(pictures: Tensor, channels: int | None) -> Tensor:
    """Return pictures with the number of channels that is asked for.

    Grey becomes colour by repetition, colour grey by luma; a last channel of two or four that is not asked
    for is opacity, and what it lets through is white.

    Args:
        pictures: uint8 (rows, channels, height, width).
        channels: 1, 3, or what they have; None leaves them.

    Raises:
        ImageError: when there is no way from the one to the other.

    Example:
        >>> to_channels(torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(1, 3, 1, 1), 1).item()
        76
    """
    has = pictures.shape[1]
    if channels is None or channels == has:
        return pictures
    if has not in (1, 2, 3, 4) or channels not in (1, 3):
        expected = f"pictures must have {channels} channels"
        raise ImageError(expected, f"{has}", "1, 3 and 4 channels can become 1 or 3; leave channels at None")
    if has in (2, 4):
        pictures = lay_on_white(pictures[:, :-1], pictures[:, -1:])
    if pictures.shape[1] == channels:
        return pictures
    if channels == 3:
        return pictures.repeat(1, 3, 1, 1)
    shares = torch.tensor(LUMA).reshape(1, 3, 1, 1)
    return (pictures.float() * shares).sum(1, keepdim=True).round_().to(torch.uint8)


def lay_on_white(pictures: Tensor, opacity: Tensor) -> Tensor:
    """Return pictures as they look on white paper.

    Args:
        pictures: uint8 (rows, channels, height, width).
        opacity: uint8 (rows, 1, height, width), 255 where nothing shines through.

    Example:
        >>> half = torch.tensor([[[[128]]]], dtype=torch.uint8)
        >>> lay_on_white(torch.zeros_like(half), half).item()
        127
    """
    covers = opacity.float() / 255
    return (pictures.float() * covers + 255 * (1 - covers)).round_().to(torch.uint8)
