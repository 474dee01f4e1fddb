"""A glimpse of a picture: sharp where one looks, and coarser around it."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class GlimpseSensor(nn.Module):
    """Square patches around one place of each picture, each wider and coarser than the one before.

    Use it in a network that moves over pictures, as `nets.RecurrentAttention`: what it sees has one size,
    however large the pictures are. Outside of the picture all is zero. No gradient reaches the place.

        patch_s = mean over fields of factor^s x factor^s pixels of the square of side size * factor^s
                  around the place,    s = 0, ..., n_scales - 1

    Args:
        size: pixels along each side of a patch.
        n_scales: patches.
        factor: how much wider each patch is than the one before, a whole number.

    Raises:
        InputError: when a number is below 1.

    Example:
        >>> picture = torch.arange(36.0).reshape(1, 1, 6, 6)
        >>> GlimpseSensor(size=2)(picture, torch.zeros(1, 2))
        tensor([[[[14., 15.],
                  [20., 21.]]]])

    Source:
        Mnih, Heess, Graves and Kavukcuoglu (2014), "Recurrent Models of Visual Attention", arXiv:1406.6247.
        Differs: between two pixels it interpolates.
    """

    def __init__(self, size: int = 8, n_scales: int = 1, factor: int = 2) -> None:
        super().__init__()
        if min(size, n_scales, factor) < 1:
            came = f"{size}, {n_scales} and {factor}"
            raise InputError("size, n_scales and factor must be at least 1", came, "8, 1 and 2 are usual")
        self.size, self.n_scales, self.factor = size, n_scales, factor

    def forward(
        self,
        x: Float[Tensor, "batch channels height width"],
        place: Float[Tensor, "batch 2"],
    ) -> Float[Tensor, "batch maps size size"]:
        """Return the patches of each picture, those of one scale after another.

        Args:
            x: pictures.
            place: (column, row) from -1 to 1 for each picture; (-1, -1) is the corner at the top left, where
                the first pixel begins.
        """
        return self.look(self.coarsen(x), place)

    def coarsen(self, x: Float[Tensor, "batch channels height width"]) -> list[Tensor]:
        """Return for each scale the means of all fields that touch the pictures.

        Use it before several glimpses of the same pictures: each then costs as much as its patches have
        pixels, however wide the fields are.

        Args:
            x: pictures.
        """
        sides = [self.factor**scale for scale in range(self.n_scales)]
        return [F.avg_pool2d(F.pad(x, [side - 1] * 4), side, 1) if side > 1 else x for side in sides]

    def look(
        self, coarse: list[Tensor], place: Float[Tensor, "batch 2"]
    ) -> Float[Tensor, "batch maps size size"]:
        """Return the patches around one place of each picture.

        Args:
            coarse: what `coarsen` made of the pictures.
            place: as above.
        """
        height, width = coarse[0].shape[2:]
        steps = torch.arange(self.size, device=place.device, dtype=place.dtype) - (self.size - 1) / 2
        columns, rows = steps.expand(self.size, self.size), steps[:, None].expand(self.size, self.size)
        offsets = torch.stack([columns, rows], -1) * 2  # as a picture is two units wide
        middle = place.detach()[:, None, None] * place.new_tensor([width, height])
        patches = []
        for scale, means in enumerate(coarse):
            side = self.factor**scale
            # fields reach beyond the picture by side - 1 in all, so that theirs is a wider frame
            grid = (middle + offsets * side) / place.new_tensor([width + side - 1, height + side - 1])
            patches.append(F.grid_sample(means, grid.to(means), align_corners=False))
        return torch.cat(patches, 1)

    def extra_repr(self) -> str:
        return f"size={self.size}, n_scales={self.n_scales}, factor={self.factor}"
