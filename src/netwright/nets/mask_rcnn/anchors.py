"""Anchors: boxes of a few sizes and shapes at every place of a map, from which proposals start."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

RATIOS = (0.5, 1.0, 2.0)


def anchor_boxes(
    maps: Sequence[Float[Tensor, "batch channels _ _"]],
    sizes: Sequence[float],
    height: int,
    width: int,
    ratios: Sequence[float] = RATIOS,
) -> list[Float[Tensor, "_ 4"]]:
    """Return the anchors of each map: row by row, column by column, shape by shape.

        width = size / sqrt(ratio),  height = size sqrt(ratio),  centred at (row, column) * stride, rounded

    Args:
        maps: of the pyramid, the finest first.
        sizes: of the anchors on each map, in pixels of the picture.
        height: of the picture.
        width: of the picture.
        ratios: of height to width.

    Example:
        >>> anchor_boxes([torch.zeros(1, 1, 1, 2)], [8.0], height=4, width=8, ratios=[1.0])[0]
        tensor([[-4., -4.,  4.,  4.],
                [ 0., -4.,  8.,  4.]])

    Source:
        Ren, He, Girshick and Sun (2015), "Faster R-CNN: Towards Real-Time Object Detection with Region
        Proposal Networks", arXiv:1506.01497.
    """
    answer = []
    for features, size in zip(maps, sizes, strict=True):
        rows, columns = features.shape[-2:]
        wide = torch.promote_types(features.dtype, torch.float32)  # under autocast, maps are half as wide
        tall = torch.tensor(ratios, dtype=wide, device=features.device).sqrt()
        across, down = size / tall / 2, size * tall / 2
        shapes = torch.stack([-across, -down, across, down], dim=1).round()
        y = torch.arange(rows, device=tall.device, dtype=tall.dtype) * (height // rows)
        x = torch.arange(columns, device=tall.device, dtype=tall.dtype) * (width // columns)
        x, y = x.expand(rows, -1), y[:, None].expand(-1, columns)
        places = torch.stack([x, y, x, y], dim=-1).view(-1, 1, 4)
        answer.append((places + shapes).view(-1, 4))
    return answer
