"""What looks at a region: a class and a box from a small map of it, a mask from a finer one."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import RoIAlign

BOX_CELLS, MASK_CELLS = 7, 14
"""Cells of the maps that the heads see."""

NEAR = 1e-6
"""What keeps a region of exactly the size of a map's from rounding down."""


class RegionHeads(nn.Module):
    """The heads of a detector; the parameters have torchvision's names.

    Args:
        width: channels of the maps.
        hidden: units of the box head.
        n_outputs: classes, the background first.
        usual: side of the region that belongs to the map with 16 pixels to one.
    """

    def __init__(self, width: int, hidden: int, n_outputs: int, usual: float) -> None:
        super().__init__()
        self.usual = usual
        self.box_head = _BoxHead(width, hidden)
        self.box_predictor = _BoxPredictor(hidden, n_outputs)
        self.mask_head = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU()) for _ in range(4))
        )
        self.mask_predictor = _MaskPredictor(width, n_outputs)
        for name, layer in self.named_modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and name.startswith("mask"):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def look(
        self, maps: Sequence[Float[Tensor, "batch channels _ _"]], regions: Tensor, strides: Sequence[float]
    ) -> tuple[Float[Tensor, "batch regions classes"], Float[Tensor, "batch regions classes 4"]]:
        """Return logits of the classes, and the way to the box of each class.

        Args:
            maps: of the pyramid, without the last.
            regions: boxes, (batch, regions, 4).
            strides: pixels of the picture for one pixel of each map.
        """
        seen = self.box_head(pool_regions(maps, regions, strides, BOX_CELLS, self.usual))
        logits, deltas = self.box_predictor(seen)
        return logits.to(regions.dtype), deltas.to(regions.dtype).unflatten(-1, (-1, 4))

    def outline(
        self, maps: Sequence[Float[Tensor, "batch channels _ _"]], regions: Tensor, strides: Sequence[float]
    ) -> Float[Tensor, "batch regions classes size size"]:
        """Return logits of the mask of each class, in the region's own cells.

        Args:
            maps: of the pyramid, without the last.
            regions: boxes, (batch, regions, 4).
            strides: pixels of the picture for one pixel of each map.
        """
        seen = pool_regions(maps, regions, strides, MASK_CELLS, self.usual)
        masks: Tensor = self.mask_predictor(self.mask_head(seen.flatten(0, 1)))
        return masks.to(regions.dtype).view(*seen.shape[:2], *masks.shape[1:])


def pool_regions(
    maps: Sequence[Float[Tensor, "batch channels _ _"]],
    regions: Float[Tensor, "batch regions 4"],
    strides: Sequence[float],
    size: int,
    usual: float = 224.0,
) -> Float[Tensor, "batch regions channels size size"]:
    """Return each region's cells, cut out of the map that suits its size.

        level = floor(4 + log2(side / usual)),  where map l has 2^l pixels to one

    Args:
        maps: the finest first.
        regions: boxes in pixels of the picture.
        strides: pixels of the picture for one pixel of each map.
        size: cells in each direction.
        usual: side of the region that belongs to level 4.

    Example:
        >>> maps, regions = [torch.zeros(1, 2, 8, 8)], torch.tensor([[[0.0, 0.0, 8.0, 8.0]]])
        >>> pool_regions(maps, regions, [4.0], size=3).shape
        torch.Size([1, 1, 2, 3, 3])

    Source:
        Lin, Dollár, Girshick, He, Hariharan and Belongie (2016), "Feature Pyramid Networks for Object
        Detection", arXiv:1612.03144.
    """
    sides = ((regions[..., 2] - regions[..., 0]) * (regions[..., 3] - regions[..., 1])).sqrt()
    first = round(math.log2(strides[0]))
    levels = torch.floor(4 + (sides / usual).log2() + NEAR).clamp(first, first + len(maps) - 1) - first
    shape = (*regions.shape[:2], maps[0].shape[1], size, size)
    answer = maps[0].new_zeros(shape)
    for level, (features, stride) in enumerate(zip(maps, strides, strict=True)):
        here = levels == level
        most = int(here.sum(1).max()) if here.numel() else 0
        if not most:
            continue
        rows = here.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :most]
        mine = regions.gather(1, rows[..., None].expand(-1, -1, 4))
        cells = RoIAlign(size, 1 / stride, aligned=False)(features, mine)
        places = rows[..., None, None, None].expand(-1, -1, *shape[2:])
        wanted = here.gather(1, rows)[..., None, None, None]
        answer = answer.scatter_add(1, places, torch.where(wanted, cells, 0.0))
    return answer


class _BoxHead(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(width * BOX_CELLS**2, hidden)
        self.fc7 = nn.Linear(hidden, hidden)

    def forward(self, cells: Tensor) -> Tensor:
        return F.relu(self.fc7(F.relu(self.fc6(cells.flatten(2)))))


class _BoxPredictor(nn.Module):
    def __init__(self, hidden: int, n_outputs: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(hidden, n_outputs)
        self.bbox_pred = nn.Linear(hidden, 4 * n_outputs)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        return self.cls_score(seen), self.bbox_pred(seen)


class _MaskPredictor(nn.Module):
    def __init__(self, width: int, n_outputs: int) -> None:
        super().__init__()
        self.conv5_mask = nn.ConvTranspose2d(width, width, 2, stride=2)
        self.mask_fcn_logits = nn.Conv2d(width, n_outputs, 1)

    def forward(self, cells: Tensor) -> Tensor:
        masks: Tensor = self.mask_fcn_logits(F.relu(self.conv5_mask(cells)))
        return masks
