"""An hourglass of convolutions with thin skips: the network of the deep image prior."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError

SLOPE = 0.2


@final
class Hourglass(nn.Module):
    """Down to few pixels and up to all of them, with a few maps that take the short way at each scale.

    Use it untrained, as a prior of what pictures look like (`vision.DeepImagePrior`), or to map pictures to
    pictures of the same size, which may be any. Skips are thin: what is sharp has to pass, what is wide has
    to come from below.

        d_l = C_3(C_3 with stride 2(d_(l-1))),   s_l = C_1(d_(l-1))
        u_L = d_L,   u_(l-1) = C_1(C_3(N([s_l, up(u_l)]))),   y = sigmoid(W u_0)

    C_k is a k x k convolution with reflected edges, batch normalisation N and a leaky ReLU; `up` doubles the
    sides bilinearly.

    Args:
        channels: maps of the input.
        n_outputs: maps that come out, from 0 to 1.
        widths: maps of each scale below the first.
        skip: maps of each skip; 0 for none.

    Raises:
        InputError: when there is no scale; in forward, when a picture is too small for all of them.

    Example:
        >>> Hourglass(channels=8, n_outputs=3, widths=(16, 16))(torch.zeros(1, 8, 21, 30)).shape
        torch.Size([1, 3, 21, 30])

    Source:
        Ulyanov, Vedaldi and Lempitsky (2018), "Deep Image Prior", arXiv:1711.10925.
        Differs: small by default; the paper's has 128 maps at each of five scales.
    """

    def __init__(
        self, channels: int = 32, n_outputs: int = 3, widths: Sequence[int] = (32, 32, 32), skip: int = 4
    ) -> None:
        super().__init__()
        if not widths or min(*widths, channels, n_outputs) < 1 or skip < 0:
            came = f"{tuple(widths)}, {channels}, {n_outputs} and {skip}"
            mend = "the defaults are right for pictures of about 64 pixels"
            raise InputError("widths, channels and n_outputs must be 1 or more, skip 0 or more", came, mend)
        sides = [channels, *widths]
        self.down = nn.ModuleList(
            nn.Sequential(*_turn(before, after, 3, 2), *_turn(after, after, 3))
            for before, after in pairwise(sides)
        )
        self.skips = nn.ModuleList(
            nn.Sequential(*_turn(before, skip, 1)) if skip else nn.Identity() for before in sides[:-1]
        )
        above = [*widths[1:], widths[-1]]
        self.up = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm2d(skip + below), *_turn(skip + below, width, 3), *_turn(width, width, 1)
            )
            for width, below in zip(widths, above, strict=True)
        )
        self.skip = skip
        self.to_picture = nn.Conv2d(widths[0], n_outputs, 1)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch outputs height width"]:
        least = 2 ** (len(self.down) + 1)
        if min(x.shape[2:]) < least:
            came, mend = f"{x.shape[2]} x {x.shape[3]}", "give larger ones, or fewer widths"
            raise InputError(f"pictures must have {least} pixels or more along each side", came, mend)
        seen = [x]
        for down in self.down:
            seen.append(down(seen[-1]))
        y = seen.pop()
        for skip, up in zip(reversed(self.skips), reversed(self.up), strict=True):
            beside = seen.pop()
            height, width = beside.shape[2:]
            y = F.interpolate(y, scale_factor=2, mode="bilinear")[..., :height, :width]
            y = up(torch.cat([skip(beside), y], 1) if self.skip else y)
        picture: Tensor = self.to_picture(y).sigmoid()
        return picture


def _turn(maps: int, width: int, kernel_size: int, stride: int = 1) -> list[nn.Module]:
    edges = kernel_size // 2
    convolution = nn.Conv2d(maps, width, kernel_size, stride, edges, padding_mode="reflect")
    return [convolution, nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE)]
