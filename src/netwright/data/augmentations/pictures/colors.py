"""Changes of colour and light by given amounts, one for each picture of a batch."""

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import as_floats, as_given

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey (ITU-R BT.601)."""


def adjust_brightness(pictures: Tensor, factor: Tensor) -> Tensor:
    """Return pictures with all levels multiplied; 0 is black, 1 changes nothing.

    Args:
        pictures: (batch, channels, height, width).
        factor: (batch).

    Example:
        >>> adjust_brightness(torch.full((1, 1, 1, 1), 0.2), torch.tensor([2.0])).item()
        0.4000000059604645
    """
    floats, _ = as_floats(pictures)
    return as_given(floats * _rows(factor), pictures)


def adjust_contrast(pictures: Tensor, factor: Tensor) -> Tensor:
    """Return pictures with distances from their mean grey multiplied; 0 is that grey, 1 changes nothing.

    Args:
        pictures: (batch, channels, height, width).
        factor: (batch).

    Example:
        >>> adjust_contrast(torch.tensor([[[[0.25, 0.75]]]]), torch.tensor([0.0]))
        tensor([[[[0.5000, 0.5000]]]])
    """
    floats, _ = as_floats(pictures)
    mean = grey(floats).mean((1, 2, 3), keepdim=True)
    return as_given(torch.lerp(mean, floats, _rows(factor)), pictures)


def adjust_saturation(pictures: Tensor, factor: Tensor) -> Tensor:
    """Return pictures with distances from their grey version multiplied; 0 is grey, 1 changes nothing.

    Args:
        pictures: (batch, channels, height, width); those of one channel stay.
        factor: (batch).

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
        >>> adjust_saturation(red, torch.tensor([0.0])).flatten()
        tensor([0.2990, 0.2990, 0.2990])
    """
    if pictures.shape[1] == 1:
        return pictures
    floats, _ = as_floats(pictures)
    return as_given(torch.lerp(grey(floats), floats, _rows(factor)), pictures)


def adjust_hue(pictures: Tensor, turn: Tensor) -> Tensor:
    """Return pictures with their hues moved around the circle of colours.

    Args:
        pictures: (batch, channels, height, width); those of one channel stay.
        turn: (batch), shares of the circle: 1/3 makes red green, 0.5 is the opposite.

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
        >>> adjust_hue(red, torch.tensor([1 / 3])).flatten().round()
        tensor([0., 1., 0.])
    """
    if pictures.shape[1] == 1:
        return pictures
    _check_colours(pictures)
    floats, _ = as_floats(pictures)
    red, green, blue = floats.unbind(1)  # each (batch, height, width)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    step = 1 / torch.where(chroma > 0, chroma, 1.0)
    hue = torch.where(green == value, 2 + (blue - red) * step, 4 + (red - green) * step)
    hue = torch.where(red == value, (green - blue) * step, hue) + 6 * turn.to(floats)[:, None, None]
    changed = torch.empty_like(floats)
    for channel, place in enumerate((5.0, 3.0, 1.0)):
        away = hue + place
        away = away - 6 * (away / 6).floor()
        # a channel falls from value to value - chroma with its distance on the circle from the hue
        fall = torch.minimum(away, 4 - away).clamp(0, 1)
        changed[:, channel] = value - chroma * fall
    return as_given(changed, pictures)


def adjust_sharpness(pictures: Tensor, factor: Tensor) -> Tensor:
    """Return pictures with distances from a smoothed version multiplied; 0 is smooth, 1 changes nothing.

    The smoothing weighs a pixel 5 and each of its neighbours 1; the pixels of the rim stay.

    Args:
        pictures: (batch, channels, height, width).
        factor: (batch).

    Example:
        >>> dot = torch.zeros(1, 1, 3, 3)
        >>> dot[..., 1, 1] = 1.0
        >>> round(adjust_sharpness(dot, torch.tensor([0.0]))[0, 0, 1, 1].item(), 4)
        0.3846
    """
    if min(pictures.shape[-2:]) < 3:
        return pictures
    floats, _ = as_floats(pictures)
    channels = floats.shape[1]
    kernel = floats.new_ones(channels, 1, 3, 3)
    kernel[..., 1, 1] = 5
    smooth = floats.clone()
    smooth[..., 1:-1, 1:-1] = F.conv2d(floats, kernel / 13, groups=channels)
    return as_given(torch.lerp(smooth, floats, _rows(factor)), pictures)


def grey(floats: Tensor) -> Tensor:
    """Return the grey version of pictures, (batch, 1, height, width).

    Args:
        floats: (batch, channels, height, width), 1 or 3 channels.

    Raises:
        InputError: when they have another number of channels.

    Example:
        >>> grey(torch.ones(1, 3, 1, 1)).item()
        1.0
    """
    if floats.shape[1] == 1:
        return floats
    _check_colours(floats)
    shares = torch.tensor(LUMA, device=floats.device, dtype=floats.dtype).reshape(1, 3, 1, 1)
    return (floats * shares).sum(1, keepdim=True)


def solarize(pictures: Tensor, threshold: Tensor) -> Tensor:
    """Return pictures in which levels from a threshold on are inverted.

    Args:
        pictures: (batch, channels, height, width).
        threshold: (batch), as a share of white.

    Example:
        >>> solarize(torch.tensor([[[[0.25, 0.75]]]]), torch.tensor([0.5]))
        tensor([[[[0.2500, 0.2500]]]])
    """
    floats, white = as_floats(pictures)
    return as_given(torch.where(floats >= white * _rows(threshold), white - floats, floats), pictures)


def stretch_levels(pictures: Tensor) -> Tensor:
    """Return pictures whose darkest level of each channel becomes black and whose lightest becomes white.

    Args:
        pictures: (batch, channels, height, width).

    Example:
        >>> stretch_levels(torch.tensor([[[[0.25, 0.5]]]]))
        tensor([[[[0., 1.]]]])
    """
    floats, white = as_floats(pictures)
    low, high = floats.amin((2, 3), keepdim=True), floats.amax((2, 3), keepdim=True)
    wide = torch.where(
        high > low, (floats - low) * (white / torch.where(high > low, high - low, 1.0)), floats
    )
    return as_given(wide, pictures)


def equalize(pictures: Tensor) -> Tensor:
    """Return pictures whose levels, of each channel, are used equally often, as in Pillow.

    Args:
        pictures: uint8 (batch, channels, height, width).

    Example:
        >>> equalize(torch.tensor([[[[1, 2], [3, 4]]]], dtype=torch.uint8)).flatten()
        tensor([1, 2, 3, 4], dtype=torch.uint8)
    """
    planes = pictures.flatten(2).flatten(0, 1).long()  # (planes, pixels)
    counts = torch.zeros(len(planes), 256, dtype=torch.long, device=planes.device)
    counts.scatter_add_(1, planes, torch.ones_like(planes))
    last = counts.gather(1, planes.amax(1, keepdim=True))
    step = (planes.shape[1] - last) // 255
    below = counts.cumsum(1) - counts
    table = ((below + step // 2) // step.clamp(min=1)).clamp(0, 255)
    table = torch.where(step > 0, table, torch.arange(256, device=planes.device))
    return table.gather(1, planes).to(torch.uint8).reshape(pictures.shape)


def _rows(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _check_colours(pictures: Tensor) -> None:
    if pictures.shape[1] != 3:
        expected = "pictures whose colours are changed must have 1 or 3 channels"
        raise InputError(expected, f"{pictures.shape[1]}", "leave colour out of the augmentation")
