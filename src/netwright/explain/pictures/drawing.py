"""Maps and filters as PNG: heat over a picture, and many small pictures in one."""

import io
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netwright.core.errors import InputError

WARM, COLD = torch.tensor([220.0, 30.0, 20.0]), torch.tensor([20.0, 70.0, 220.0])
"""The colours of what speaks for an answer, and against it."""


def heat_png(image: Any, heat: Tensor, *, enlarge: int = 1) -> bytes:
    """Return a picture with a map over it as the bytes of a PNG file.

    Use it for the maps of this room: red where something speaks for the answer, blue where it speaks against
    it, and the picture itself in grey where the map is 0.

    Args:
        image: (channels, height, width) from 0 to 255.
        heat: (height, width), or (channels, height, width), which is summed over channels; its largest
            absolute value gets the full colour.
        enlarge: each pixel becomes a square of so many.

    Raises:
        InputError: when the two have other sizes.

    Example:
        >>> heat_png(torch.zeros(1, 2, 2), torch.eye(2))[1:4]
        b'PNG'
    """
    picture = torch.as_tensor(image).detach().cpu().float()
    values = heat.detach().cpu().float()
    values = values.sum(0) if values.ndim == 3 else values
    if picture.ndim != 3 or picture.shape[1:] != values.shape or enlarge < 1:
        came = f"{tuple(picture.shape)} and {tuple(heat.shape)}"
        mend = "give one picture and its map"
        raise InputError("image must be (channels, height, width) and heat of its size", came, mend)
    share = (values / values.abs().max().clamp(min=1e-12))[..., None]
    grey = picture.mean(0)[..., None].expand(-1, -1, 3)
    colour = torch.where(share > 0, WARM, COLD)
    return _png(grey + (colour - grey) * 0.75 * share.abs(), enlarge)


def tile_png(pictures: Any, *, columns: int | None = None, enlarge: int = 1) -> bytes:
    """Return many small pictures beside each other as the bytes of one PNG file.

    Use it for filters of a first convolution, (maps, channels, rows, columns); for feature maps, as
    `feature_maps` gives them; for pictures that `activation_maximization` makes. Each has its own contrast:
    its smallest value is black and its largest white.

    Args:
        pictures: (pictures, channels, height, width) or (pictures, height, width); three channels are
            colours, of any other number the mean is shown.
        columns: pictures in a line; None for about as many as lines.
        enlarge: each pixel becomes a square of so many.

    Raises:
        InputError: when they have other axes.

    Example:
        >>> from netwright.nets import ConvNet
        >>> tile_png(ConvNet().features[0].weight, enlarge=4)[1:4]
        b'PNG'
    """
    tiles = torch.as_tensor(pictures).detach().cpu().float()
    tiles = tiles[:, None] if tiles.ndim == 3 else tiles
    if tiles.ndim != 4 or not tiles.numel() or enlarge < 1:
        mend = "for one picture add an axis: pictures[None]"
        raise InputError(
            "pictures must be (pictures, channels, height, width)", str(tuple(tiles.shape)), mend
        )
    low, high = tiles.amin((1, 2, 3), keepdim=True), tiles.amax((1, 2, 3), keepdim=True)
    tiles = 255 * (tiles - low) / (high - low).clamp(min=1e-12)
    if tiles.shape[1] != 3:
        tiles = tiles.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    n_tiles, _, height, width = tiles.shape
    columns = min(columns or int(np.ceil(np.sqrt(n_tiles))), n_tiles)
    lines = -(-n_tiles // columns)
    sheet = torch.full((lines * columns, 3, height + 1, width + 1), 128.0)
    sheet[:n_tiles, :, :-1, :-1] = tiles
    sheet = sheet.view(lines, columns, 3, height + 1, width + 1).permute(0, 3, 1, 4, 2)
    return _png(sheet.reshape(lines * (height + 1), columns * (width + 1), 3)[:-1, :-1], enlarge)


def _png(pixels: Tensor, enlarge: int) -> bytes:
    whole = pixels.round().clamp(0, 255).to(torch.uint8)
    whole = whole.repeat_interleave(enlarge, 0).repeat_interleave(enlarge, 1)
    file = io.BytesIO()
    Image.fromarray(whole.numpy()).save(file, "PNG", optimize=True)
    return file.getvalue()
