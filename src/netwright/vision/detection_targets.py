"""What a detector learns from: which anchor and which region stands for which thing, and which for none."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from netwright.nets.mask_rcnn.boxes import box_iou


class Things(NamedTuple):
    """The things on each picture, padded to as many as the picture with the most of them has.

    Args:
        boxes: (rows, things, 4).
        labels: (rows, things), from 1; 0 where there is none.
        masks: (rows, things, height, width), of bytes 0 and 1.
    """

    boxes: Float[Tensor, "rows things 4"]
    labels: Int[Tensor, "rows things"]
    masks: Tensor


class ThingsOfRows:
    """Things of many pictures, of which some are taken by number.

    Args:
        things: of all.
    """

    def __init__(self, things: Things) -> None:
        self.things = things

    def __len__(self) -> int:
        return len(self.things.labels)

    def __getitem__(self, rows: Tensor) -> Things:
        return Things(*(part.index_select(0, rows) for part in self.things))


def match(
    regions: Float[Tensor, "batch regions 4"],
    things: Things,
    *,
    at_least: float,
    below: float,
    rescue: bool = False,
) -> tuple[Int[Tensor, "batch regions"], Bool[Tensor, "batch regions"], Bool[Tensor, "batch regions"]]:
    """Return for each region its thing, whether it stands for it, and whether it stands for none.

    Args:
        regions: or anchors.
        things: of the pictures.
        at_least: overlap with which a region stands for a thing.
        below: overlap under which it stands for none; what lies between is left out.
        rescue: whether the regions that overlap a thing most stand for it, however little that is.

    Example:
        >>> boxes = torch.tensor([[[0.0, 0.0, 4.0, 4.0]]])
        >>> things = Things(boxes, torch.tensor([[1]]), torch.zeros(1, 1, 4, 4))
        >>> regions = torch.tensor([[[0.0, 0.0, 4.0, 3.0], [9.0, 9.0, 12.0, 12.0]]])
        >>> match(regions, things, at_least=0.5, below=0.5)
        (tensor([[0, 0]]), tensor([[ True, False]]), tensor([[False,  True]]))

    Source:
        Ren, He, Girshick and Sun (2015), "Faster R-CNN: Towards Real-Time Object Detection with Region
        Proposal Networks", arXiv:1506.01497.
    """
    there = (things.labels > 0)[:, :, None]
    overlaps = torch.where(there, box_iou(things.boxes, regions), -1.0)  # (batch, things, regions)
    best, chosen = overlaps.max(1)
    yes, no = best >= at_least, best < below
    if rescue:
        most = overlaps.amax(2, keepdim=True)
        nearest = ((overlaps == most) & there & (most > 0)).any(1)
        yes, no = yes | nearest, no & ~nearest
    return chosen, yes, no


def draw(wanted: Bool[Tensor, "batch n"], most: Int[Tensor, "batch 1"] | int) -> Bool[Tensor, "batch n"]:
    """Return a random choice of so many of the wanted ones of each row, or all where they are fewer.

    Args:
        wanted: among which to choose.
        most: how many.

    Example:
        >>> draw(torch.tensor([[True, False, True]]), 3)
        tensor([[ True, False,  True]])
    """
    keys = torch.where(wanted, torch.rand(wanted.shape, device=wanted.device), 2.0)
    rank = keys.argsort(1).argsort(1)
    return wanted & (rank < most)


def masks_in_regions(
    things: Things, chosen: Int[Tensor, "batch regions"], regions: Float[Tensor, "batch regions 4"], size: int
) -> Float[Tensor, "batch regions size size"]:
    """Return the mask of each region's thing, in the cells of the region.

    Args:
        things: of the pictures.
        chosen: number of each region's thing.
        regions: boxes, in pixels of the masks.
        size: cells in each direction.
    """
    height, width = things.masks.shape[-2:]
    rows = torch.arange(len(chosen), device=chosen.device)[:, None]
    masks = things.masks[rows, chosen].flatten(0, 1).float()  # (batch * regions, height, width)
    boxes = regions.flatten(0, 1)
    steps = (torch.arange(size, device=boxes.device) + 0.5) / size
    across = boxes[:, 0, None] + (boxes[:, 2] - boxes[:, 0])[:, None] * steps
    down = boxes[:, 1, None] + (boxes[:, 3] - boxes[:, 1])[:, None] * steps
    grid = torch.stack(
        [
            (across * 2 / width - 1)[:, None].expand(-1, size, -1),
            (down * 2 / height - 1)[:, :, None].expand(-1, -1, size),
        ],
        dim=-1,
    )
    cells = F.grid_sample(masks[:, None], grid, padding_mode="zeros", align_corners=False)
    return cells.view(*chosen.shape, size, size)
