"""SegNet: a way up that puts each value back to where its pooling took it from."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class SegNet(nn.Module):
    """A class for each pixel, by an encoder and a decoder that remembers where each maximum stood.

    Use it where memory is scarce: of the way down only the places of the maxima are kept, not the maps that a
    `UNet` keeps, and nothing is learned to make maps larger.

        p_l, places_l = max-pool(C(p_(l-1))),   u_(l-1) = C'(unpool(u_l, places_l)),   y = W u_0

    C and C' are 3x3 convolutions with batch normalisation and ReLU.

    Args:
        channels: of the pictures.
        n_outputs: classes; that many logits for each pixel.
        widths: channels of each stage; a stage ends with a pooling that halves its map.
        convolutions: in each stage, down and up.

    Raises:
        InputError: when there is no stage, or no convolution in one.

    Example:
        >>> SegNet(channels=1, n_outputs=3, widths=(4, 8))(torch.zeros(2, 1, 13, 16)).shape
        torch.Size([2, 3, 13, 16])

    Source:
        Badrinarayanan, Kendall and Cipolla (2015), "SegNet: A Deep Convolutional Encoder-Decoder Architecture
        for Image Segmentation", arXiv:1511.00561.
    """

    def __init__(
        self,
        channels: int = 3,
        n_outputs: int = 2,
        widths: Sequence[int] = (32, 64, 128),
        convolutions: int = 2,
    ) -> None:
        super().__init__()
        if not widths or convolutions < 1:
            came = f"{len(widths)} stages of {convolutions} convolutions"
            raise InputError("widths must name a stage, with a convolution or more", came, "e.g. (32, 64)")
        down = list(pairwise([channels, *widths]))
        self.down = nn.ModuleList(_convolutions(a, b, b, convolutions) for a, b in down)
        up = [(b, max(a, widths[0]) if stage == 0 else a) for stage, (a, b) in enumerate(down)]
        self.up = nn.ModuleList(_convolutions(b, b, a, convolutions) for b, a in reversed(up))
        self.last = nn.Conv2d(up[0][1], n_outputs, 1)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes height width"]:
        height, width = x.shape[2:]
        cell = 2 ** len(self.down)
        y = F.pad(x, (0, -width % cell, 0, -height % cell), mode="replicate")
        places = []
        for stage in self.down:
            y, place = F.max_pool2d(stage(y), 2, return_indices=True)
            places.append(place)
        for stage in self.up:
            y = stage(_unpool(y, places.pop()))
        answer: Tensor = self.last(y)
        return answer[:, :, :height, :width]


def _unpool(y: Tensor, places: Tensor) -> Tensor:
    """Each value at its place in a map of twice the size, zeros elsewhere."""
    rows, columns = y.shape[2:]
    empty = torch.zeros_like(y).repeat(1, 1, 2, 2).flatten(2)
    filled = empty.scatter(2, places.flatten(2), y.flatten(2))
    return filled.view(*y.shape[:2], 2 * rows, 2 * columns)


def _convolutions(channels: int, width: int, n_outputs: int, count: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for entering, leaving in pairwise([channels, *[width] * (count - 1), n_outputs]):
        layers += [
            nn.Conv2d(entering, leaving, 3, padding=1, bias=False),
            nn.BatchNorm2d(leaving),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)
