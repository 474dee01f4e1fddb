"""U-Net: down to what is seen, and up again to where it is."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class UNet(nn.Module):
    """A class for each pixel, by a path down that sees wide and a path up that sees sharp.

    Use it first where every pixel gets a class and labelled pictures are few. At each scale what the way down
    has seen is put beside what comes up, so that outlines stay as sharp as the picture.

        d_0 = C(x),  d_l = C(max-pool(d_(l-1)))
        u_L = d_L,   u_l = C([d_l, T u_(l+1)]),   y = W u_0

    C is two 3x3 convolutions, each with ReLU; T a 2x2 transposed convolution with stride 2. The parameters
    have the names of the best known public implementation (`inc`, `down1`, ..., `up1`, ..., `outc`): with
    `width=64, depth=4` its weights load.

    Args:
        channels: of the pictures.
        n_outputs: classes; that many logits for each pixel.
        width: channels at full size; each scale below has twice as many.
        depth: scales below the first.
        padded: whether convolutions pad, so that the answer has the picture's size, whatever that is; the
            paper's do not: the answer is the middle of the picture, and 572 pixels become 388.
        norm: whether convolutions are followed by batch normalisation, which the paper's are not.
        skips: whether the way up sees the way down; without, it is a plain encoder and decoder.

    Raises:
        InputError: when a picture is too small, or without padding has a size that a pooling would cut.

    Example:
        >>> UNet(channels=1, n_outputs=3, width=4, depth=2)(torch.zeros(2, 1, 13, 16)).shape
        torch.Size([2, 3, 13, 16])

    Source:
        Ronneberger, Fischer and Brox (2015), "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", arXiv:1505.04597.
        Differs: with `norm`, which is the default, batch normalisation: Ioffe and Szegedy (2015),
        arXiv:1502.03167.
    """

    def __init__(
        self,
        channels: int = 3,
        n_outputs: int = 2,
        width: int = 16,
        depth: int = 3,
        padded: bool = True,
        norm: bool = True,
        skips: bool = True,
    ) -> None:
        super().__init__()
        self.depth, self.padded, self.skips = depth, padded, skips
        self.inc = _Twice(channels, width, padded, norm)
        for level in range(1, depth + 1):
            wide = width * 2**level
            self.add_module(f"down{level}", _Down(wide // 2, wide, padded, norm))
        for step in range(1, depth + 1):
            wide = width * 2 ** (depth + 1 - step)
            self.add_module(f"up{step}", _Up(wide, padded, norm, skips))
        self.outc = _Out(width, n_outputs)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes rows columns"]:
        self._check(x.shape[2:])
        seen = [self.inc(x)]
        for level in range(1, self.depth + 1):
            seen.append(self.get_submodule(f"down{level}")(seen[-1]))
        y = seen.pop()
        for step in range(1, self.depth + 1):
            y = self.get_submodule(f"up{step}")(y, seen.pop())
        answer: Tensor = self.outc(y)
        return answer

    def _check(self, size: torch.Size) -> None:
        for pixels in size:
            left = pixels
            for _ in range(self.depth):
                left -= 0 if self.padded else 4
                if left < 2 or (left % 2 and not self.padded):
                    raise InputError(
                        f"pictures must let {self.depth} poolings halve them",
                        f"{pixels} pixels, of which {max(left, 0)} come to one of them",
                        "pad or cut the pictures, or take a smaller depth",
                    )
                left //= 2
            if not self.padded and (left - 4) * 2**self.depth - 4 * (2**self.depth - 1) < 1:
                raise InputError(
                    "pictures must leave a middle", f"{pixels} pixels", "larger ones, or padded=True"
                )


class _Twice(nn.Module):
    def __init__(self, channels: int, width: int, padded: bool, norm: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for entering in (channels, width):
            layers.append(nn.Conv2d(entering, width, 3, padding=int(padded), bias=not norm))
            layers += [nn.BatchNorm2d(width), nn.ReLU()] if norm else [nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.double_conv(x)
        return y


class _Down(nn.Module):
    def __init__(self, channels: int, width: int, padded: bool, norm: bool) -> None:
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), _Twice(channels, width, padded, norm))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.maxpool_conv(x)
        return y


class _Up(nn.Module):
    def __init__(self, channels: int, padded: bool, norm: bool, skips: bool) -> None:
        super().__init__()
        half = channels // 2
        self.skips = skips
        self.up = nn.ConvTranspose2d(channels, half, 2, stride=2)
        self.conv = _Twice(channels if skips else half, half, padded, norm)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        y: Tensor = self.up(x)
        down, right = seen.shape[2] - y.shape[2], seen.shape[3] - y.shape[3]
        if 0 <= down <= 1 and 0 <= right <= 1:  # a pooling of an odd size lost the last pixel
            y = F.pad(y, (0, right, 0, down))
        else:
            seen = seen[:, :, down // 2 : down // 2 + y.shape[2], right // 2 : right // 2 + y.shape[3]]
        joined: Tensor = self.conv(torch.cat([seen, y], dim=1) if self.skips else y)
        return joined


class _Out(nn.Module):
    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y
