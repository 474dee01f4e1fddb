"""Arrays of pictures in any layout, as one tensor of bytes."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from netwright.core.errors import ImageError

Layout = Literal["nhw", "nhwc", "nchw"]

COLOURS = (1, 3, 4)
"""How many channels an axis of channels is recognised by."""

BLOCK = 1 << 24
"""Numbers that are turned to bytes at once, so that no copy in floats stands beside the whole."""


def to_bytes(X: Any, *, channels: int | None = None, layout: Layout | None = None) -> Tensor:
    """Return an array of pictures as uint8 (rows, channels, height, width).

    Args:
        X: (rows, height, width), (rows, height, width, channels) or (rows, channels, height, width), as an
            array or tensor of uint8, bool, uint16 (65535 is full), floats from 0 to 1, or other whole numbers
            from 0 to 255.
        channels: settles which axis the channels are, where the shape leaves it open.
        layout: which axes X has, where nothing else says so.

    Raises:
        ImageError: when the axes cannot be told apart, or the numbers are none of these.

    Example:
        >>> to_bytes(np.full((2, 8, 6, 3), 0.5)).shape
        torch.Size([2, 3, 8, 6])
    """
    array = X.detach().cpu() if isinstance(X, Tensor) else _tensor(np.asarray(X))
    found = layout or find_layout(tuple(array.shape), channels)
    if array.ndim != len(found):
        came = f"{array.ndim} axes, {tuple(array.shape)}"
        raise ImageError(f"X must have the axes of layout={found!r}", came, "give the layout that it has")
    if not array.numel():
        raise ImageError("X must hold at least one picture", f"shape {tuple(array.shape)}", "check its rows")
    if found == "nhw":
        array = array[:, None]
    elif found == "nhwc":
        array = array.movedim(-1, 1)  # (rows, channels, height, width)
    return _as_bytes(array)


def find_layout(shape: tuple[int, ...], channels: int | None = None) -> Layout:
    """Return which axes an array of pictures has, by its shape.

    Three axes are rows, height and width. Of four the channels are the second or the last one: the one of
    `channels`, or else of 1, 3 or 4.

    Args:
        shape: of the array.
        channels: how many there are, where it is known.

    Raises:
        ImageError: when both or neither of the axes may hold the channels, or the last one of three does.

    Example:
        >>> find_layout((100, 28, 28)), find_layout((100, 3, 32, 32)), find_layout((100, 28, 28, 1))
        ('nhw', 'nchw', 'nhwc')
    """
    if len(shape) == 3:
        if shape[-1] in (3, 4) and channels != 1:
            came = f"shape {shape}, which may be one colour picture"
            mend = "X[None] makes it one row; layout='nhw' says that these are grey pictures"
            raise ImageError("X must be (rows, height, width)", came, mend)
        return "nhw"
    if len(shape) != 4:
        mend = (
            "for one picture add an axis: X[None]; for flattened pixels X.reshape(len(X), height, width)"
            if len(shape) < 3
            else "give pictures of up to three axes each"
        )
        raise ImageError("X must be (rows, height, width[, channels])", f"{len(shape)} axes, {shape}", mend)
    for known in ((channels,), COLOURS):
        second, last = shape[1] in known, shape[3] in known
        if second != last:
            return "nchw" if second else "nhwc"
    came = f"shape {shape}, where {'either' if shape[1] in COLOURS else 'neither'} may"
    mend = "say layout='nchw' or layout='nhwc'"
    raise ImageError("the second or the last axis of X must hold the channels", came, mend)


def _tensor(array: np.ndarray) -> Tensor:
    if array.dtype == object or array.dtype.kind not in "biuf":
        came = f"an array of {array.dtype} with shape {array.shape}"
        mend = "give numbers of one shape, or a list of pictures or paths"
        raise ImageError("X must hold pictures", came, mend)
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.itemsize > 8:  # long double
        array = array.astype(np.float64)
    if any(step < 0 for step in array.strides) or not array.flags.writeable:
        array = array.copy()  # torch takes neither
    return torch.from_numpy(array)


def _as_bytes(array: Tensor) -> Tensor:
    if array.dtype == torch.uint8:
        return array.contiguous()
    if array.dtype == torch.bool:
        return array.to(torch.uint8).mul_(255).contiguous()
    out = torch.empty(array.shape, dtype=torch.uint8)
    rows = max(1, BLOCK // max(1, array[0].numel()))
    convert = _from_fractions if array.is_floating_point() else _from_whole
    for start in range(0, len(array), rows):
        out[start : start + rows] = convert(array[start : start + rows])
    return out


def _from_fractions(part: Tensor) -> Tensor:
    low, high = (float(value) for value in part.aminmax())
    if not (low >= 0 and high <= 1):  # also where one is not a number
        came = "gaps or infinities" if not np.isfinite([low, high]).all() else f"from {low:.4g} to {high:.4g}"
        mend = "divide by their largest possible value, such as 255, or cast whole ones to uint8"
        raise ImageError("pictures of floats must lie from 0 to 1", came, mend)
    return (part.to(torch.float32) * 255).round_().to(torch.uint8)


def _from_whole(part: Tensor) -> Tensor:
    if part.dtype == torch.uint16:
        return ((part.to(torch.int32) + 128) // 257).to(torch.uint8)
    part = part.to(torch.int64)
    low, high = (int(value) for value in part.aminmax())
    if low < 0 or high > 255:
        expected = "pictures of whole numbers must lie from 0 to 255, or be uint16"
        raise ImageError(expected, f"{low} to {high}", "scale them, or cast 16-bit ones to uint16")
    return part.to(torch.uint8)
