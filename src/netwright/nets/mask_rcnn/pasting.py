"""Masks of regions, put back to where the regions are."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def paste_masks(
    masks: Float[Tensor, "n size size"],
    boxes: Float[Tensor, "n 4"],
    height: int,
    width: int,
    rounded: bool = False,
) -> Float[Tensor, "n height width"]:
    """Return masks at the size of the picture: bilinear inside their boxes, zero outside.

    A mask is taken for zero beyond its outermost cells.

    Args:
        masks: probabilities in the cells of a region.
        boxes: of the regions, in pixels.
        height: of the picture.
        width: of the picture.
        rounded: whether corners of boxes, with a margin of a cell, are cut to whole pixels that both count,
            as in torchvision's detectors: masks are then up to two pixels wider than their boxes.

    Example:
        >>> paste_masks(torch.ones(1, 2, 2), torch.tensor([[1.0, 0.0, 3.0, 2.0]]), 2, 4)
        tensor([[[0., 1., 1., 0.],
                 [0., 1., 1., 0.]]])
    """
    cells = masks.shape[-1]
    padded = F.pad(masks, (1, 1, 1, 1))
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    half = half * ((cells + 2) / cells)
    low, sides = centre - half, 2 * half
    if rounded:
        low = low.trunc()
        sides = ((centre + half).trunc() - low + 1).clamp_min(1)
    places = []
    for axis, pixels in ((0, width), (1, height)):
        steps = torch.arange(pixels, device=boxes.device, dtype=boxes.dtype)
        places.append((steps - low[:, axis, None] + 0.5) * (2 / sides[:, axis, None]) - 1)
    across = places[0][:, None].expand(-1, height, -1)
    down = places[1][:, :, None].expand(-1, -1, width)
    grid = torch.stack([across, down], dim=-1)
    pasted = F.grid_sample(padded[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
    return pasted * ((across.abs() <= 1) & (down.abs() <= 1))
