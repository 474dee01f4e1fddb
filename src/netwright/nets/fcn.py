"""Fully convolutional networks: a classifier slid over the picture, made sharp by what earlier layers saw."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class FCN(nn.Module):
    """A class for each pixel, by a classifier without a fully connected layer.

    Use it where outlines may be a little soft and speed counts: most of the work is done on small maps. With
    the five stages of VGG-16, `skips` of 0, 1 and 2 are FCN-32s, FCN-16s and FCN-8s; three stages with two
    skips suit pictures of 16 to 64 pixels.

        p_1 = pool(C(x)),  p_l = pool(C(p_(l-1)))     C: 3x3 convolutions with ReLU
        s_L = W_L relu(V p_L),  s_(l-1) = up(s_l) + W_(l-1) p_(l-1)  for each skip,  y = up(s)

    `up` is a transposed convolution that starts as bilinear interpolation and is learned.

    Args:
        channels: of the pictures.
        n_outputs: classes; that many logits for each pixel.
        widths: channels of each stage; a stage ends with a pooling that halves its map.
        convolutions: in each stage.
        hidden: channels of the classifier above the last stage.
        skips: earlier stages that sharpen the answer.
        dropout: in the classifier.
        norm: whether convolutions are followed by batch normalisation, which the paper's are not.

    Raises:
        InputError: when there are not more stages than skips.

    Example:
        >>> FCN(channels=1, n_outputs=3, widths=(4, 8), hidden=8, skips=1)(torch.zeros(2, 1, 13, 16)).shape
        torch.Size([2, 3, 13, 16])

    Source:
        Long, Shelhamer and Darrell (2014), "Fully Convolutional Networks for Semantic Segmentation",
        arXiv:1411.4038.
        Differs: convolutions pad their maps instead of padding the picture by 100 pixels; the layers that
        score skips start at random instead of at zero.
    """

    def __init__(
        self,
        channels: int = 3,
        n_outputs: int = 2,
        widths: Sequence[int] = (32, 64, 128),
        convolutions: int | Sequence[int] = 2,
        hidden: int = 256,
        skips: int = 2,
        dropout: float = 0.0,
        norm: bool = True,
    ) -> None:
        super().__init__()
        counts = [convolutions] * len(widths) if isinstance(convolutions, int) else list(convolutions)
        if len(counts) != len(widths) or not 0 <= skips < len(widths):
            raise InputError(
                "widths must name more stages than skips, and convolutions as many",
                f"{len(widths)} stages, {len(counts)} counts of convolutions and {skips} skips",
                "such as widths=(32, 64, 128), skips=2",
            )
        self.stages = nn.ModuleList(
            _stage(entering, width, count, norm)
            for (entering, width), count in zip(pairwise([channels, *widths]), counts, strict=True)
        )
        self.classifier = nn.Sequential(
            nn.Conv2d(widths[-1], hidden, 3, padding=1), nn.ReLU(), nn.Dropout(dropout)
        )
        seen = [hidden, *list(widths[::-1][1 : skips + 1])]
        self.scores = nn.ModuleList(nn.Conv2d(width, n_outputs, 1) for width in seen)
        self.stride = 2 ** (len(widths) - skips)
        self.ups = nn.ModuleList(upsampling(n_outputs, 2) for _ in range(skips))
        self.last = upsampling(n_outputs, self.stride)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes height width"]:
        height, width = x.shape[2:]
        cell = 2 ** len(self.stages)
        y = F.pad(x, (0, -width % cell, 0, -height % cell), mode="replicate")
        seen: list[Tensor] = []
        for stage in self.stages:
            y = stage(y)
            seen.append(y)
        answer: Tensor = self.scores[0](self.classifier(seen.pop()))
        for up, score in zip(self.ups, self.scores[1:], strict=True):
            answer = up(answer) + score(seen.pop())
        return torch.narrow(self.last(answer)[:, :, :height], 3, 0, width)


def _stage(channels: int, width: int, count: int, norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(count):
        layers.append(nn.Conv2d(width if number else channels, width, 3, padding=1, bias=not norm))
        layers += [nn.BatchNorm2d(width), nn.ReLU()] if norm else [nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def upsampling(classes: int, stride: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that starts as bilinear interpolation of each class by itself.

    Args:
        classes: in and out.
        stride: how many times larger, an even number.

    Example:
        >>> up, rising = upsampling(1, 2), torch.arange(4.0).expand(1, 1, 4, 4)
        >>> up(rising)[0, 0, 3].detach()[1:-1]
        tensor([0.2500, 0.7500, 1.2500, 1.7500, 2.2500, 2.7500])
    """
    up = nn.ConvTranspose2d(classes, classes, 2 * stride, stride=stride, padding=stride // 2, bias=False)
    size = up.kernel_size[0]
    reach = (1 - (torch.arange(size) - (size - 1) / 2).abs() / stride).clamp_min(0)
    with torch.no_grad():
        up.weight.zero_()
        up.weight[torch.arange(classes), torch.arange(classes)] = reach[:, None] * reach
    return up
