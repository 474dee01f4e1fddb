"""The pointing game: whether a map points at the object."""

import torch
from torch import Tensor

from netwright.core.errors import InputError


def pointing_game(maps: Tensor, boxes: Tensor) -> float:
    """Return the share of maps whose largest value lies in the box of the object.

    Use it to choose between explanations where you know where the objects are, or have planted them.

        mean over rows of [argmax over (y, x) of map in box]

    Args:
        maps: (rows, height, width).
        boxes: (rows, 4): first row, first column, and those behind the last.

    Raises:
        InputError: when there is not one box for each map.

    Example:
        >>> pointing_game(torch.tensor([[[0.0, 1.0], [0.0, 0.0]]]), torch.tensor([[0, 1, 2, 2]]))
        1.0

    Source:
        Zhang, Lin, Brandt, Shen and Sclaroff (2016), "Top-down Neural Attention by Excitation Backprop",
        arXiv:1608.00507.

        Differs: no margin around the box.
    """
    inside = _inside(maps, boxes)
    peaks = maps.flatten(1).argmax(1, keepdim=True)
    return float(inside.flatten(1).gather(1, peaks).float().mean())


def weight_inside(maps: Tensor, boxes: Tensor) -> Tensor:
    """Return which share of the weight of each map lies in the box of the object, (rows).

    Use it beside `pointing_game`: a map may point at the object and still be spread over everything. Values
    below 0 count as 0.

    Args:
        maps: (rows, height, width).
        boxes: (rows, 4): first row, first column, and those behind the last.

    Raises:
        InputError: when there is not one box for each map.

    Example:
        >>> weight_inside(torch.tensor([[[1.0, 3.0], [0.0, -9.0]]]), torch.tensor([[0, 1, 2, 2]]))
        tensor([0.7500])
    """
    weights = maps.clamp(min=0)
    total = weights.sum((1, 2))
    return (weights * _inside(maps, boxes)).sum((1, 2)) / torch.where(total > 0, total, 1.0)


def _inside(maps: Tensor, boxes: Tensor) -> Tensor:
    if maps.ndim != 3 or not len(maps) or boxes.shape != (len(maps), 4):
        came = f"{tuple(maps.shape)} and {tuple(boxes.shape)}"
        mend = "give one box for each map"
        raise InputError("maps must be (rows, height, width), and boxes (rows, 4)", came, mend)
    top, left, bottom, right = (boxes[:, k, None].to(maps.device) for k in range(4))
    down, across = (torch.arange(side, device=maps.device) for side in maps.shape[1:])
    tall, wide = (down >= top) & (down < bottom), (across >= left) & (across < right)
    return tall[:, :, None] & wide[:, None, :]
