"""DenseNet: each layer sees the maps of all layers before it."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import BlurPool2d, MaxBlurPool2d
from netwright.nets.image_network import check_pictures, initialise_convolutions, least_side

PUBLISHED = {
    121: ((6, 12, 24, 16), 32, 64),
    161: ((6, 12, 36, 24), 48, 96),
    169: ((6, 12, 32, 32), 32, 64),
    201: ((6, 12, 48, 32), 32, 64),
}
"""Layers of each block, maps that each layer adds, maps of the stem; by the layers of the whole."""


@final
class DenseNet(nn.Module):
    """Convolutional network whose layers put their maps beside those that came, instead of adding them.

    Use it where parameters and pictures are few: a layer adds a few maps only, and the head sees those of
    all. The default is small and for small pictures (8 to 64 pixels): its first convolution keeps the
    resolution. `DenseNet.published(121)` is the network for photographs, with the names and shapes of
    torchvision's parameters, so that its published weights load (`load_pretrained`).

        x_(l+1) = [x_l, W_3x3 * f(B(W_1x1 f(B(x_l))))],  between blocks: mean of 2x2 of W_1x1 f(B(x))
        y = W mean over all places of f(x_L) + b

    B is batch normalisation and f a rectifier. The parts are `features` and the head `classifier`; the last
    maps are those before the last rectifier.

    Args:
        depths: layers of each block.
        growth: maps that each layer adds.
        width: maps of the stem.
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        bottleneck: maps of each 1x1 convolution in a layer, as a multiple of `growth`.
        small: whether the stem keeps the resolution; otherwise it quarters it, as published.
        dropout: share of a layer's new maps set to zero in training, pixel by pixel.
        blur: taps of a low-pass filter before every thinning, so that a shift by a pixel changes little; 0
            for none, 3 to 5 are usual.

    Raises:
        InputError: in forward, when pictures have other channels, or fewer pixels than are thinned away.

    Example:
        >>> DenseNet(channels=1)(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 10])

    Source:
        Huang, Liu, van der Maaten and Weinberger (2016), "Densely Connected Convolutional Networks",
        arXiv:1608.06993; blur: Zhang (2019), "Making Convolutional Networks Shift-Invariant Again",
        arXiv:1904.11486.
    """

    def __init__(
        self,
        depths: Sequence[int] = (3, 3, 3),
        growth: int = 12,
        width: int = 24,
        n_outputs: int = 10,
        channels: int = 3,
        bottleneck: int = 4,
        small: bool = True,
        dropout: float = 0.0,
        blur: int = 0,
    ) -> None:
        super().__init__()
        self.channels = channels
        halved = 2 ** (len(depths) - 1)
        self.least = halved if small else 4 * halved - 3
        if blur:
            self.least = least_side(len(depths), small, blur)
        parts = _stem(channels, width, small, blur)
        for number, depth in enumerate(depths, start=1):
            parts[f"denseblock{number}"] = _DenseBlock(depth, width, growth, bottleneck, dropout)
            width += depth * growth
            if number < len(depths):
                parts[f"transition{number}"] = _transition(width, blur)
                width //= 2
        parts["norm5"] = nn.BatchNorm2d(width)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(width, n_outputs)
        initialise_convolutions(self)

    @classmethod
    def published(cls, depth: int, n_outputs: int = 1000, channels: int = 3, blur: int = 0) -> "DenseNet":
        """Build the network of a published size, for photographs of 224 pixels.

        Args:
            depth: layers: 121, 161, 169 or 201.
            n_outputs: numbers out.
            channels: of the pictures.
            blur: taps of a low-pass filter before every thinning; 0 for none.

        Raises:
            InputError: when no network of that depth was published.

        Example:
            >>> sum(parameter.numel() for parameter in DenseNet.published(121).parameters())
            7978856
        """
        if depth not in PUBLISHED:
            raise InputError("depth must be 121, 161, 169 or 201", str(depth), "or build it by its depths")
        depths, growth, width = PUBLISHED[depth]
        return cls(depths, growth, width, n_outputs, channels, small=False, blur=blur)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_pictures(x, self.channels, self.least)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps, behind a rectifier.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(F.relu(maps).mean(dim=(2, 3)))
        return answer


class _DenseLayer(nn.Module):
    """New maps from all that came."""

    def __init__(self, n_inputs: int, growth: int, bottleneck: int, dropout: float) -> None:
        super().__init__()
        inner = bottleneck * growth
        self.norm1 = nn.BatchNorm2d(n_inputs)
        self.conv1 = nn.Conv2d(n_inputs, inner, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, growth, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.conv1(F.relu(self.norm1(x)))
        new: Tensor = self.dropout(self.conv2(F.relu(self.norm2(narrow))))
        return torch.cat([x, new], dim=1)


class _DenseBlock(nn.Module):
    """Layers of one resolution."""

    def __init__(self, depth: int, n_inputs: int, growth: int, bottleneck: int, dropout: float) -> None:
        super().__init__()
        for layer in range(depth):
            part = _DenseLayer(n_inputs + layer * growth, growth, bottleneck, dropout)
            self.add_module(f"denselayer{layer + 1}", part)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = layer(x)
        return x


def _stem(channels: int, width: int, small: bool, blur: int) -> OrderedDict[str, nn.Module]:
    kernel, stride = (3, 1) if small else (7, 1 if blur else 2)
    parts = OrderedDict[str, nn.Module](
        conv0=nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False),
        norm0=nn.BatchNorm2d(width),
        relu0=nn.ReLU(),
    )
    if not small and blur:
        parts["pool0"] = nn.Sequential(BlurPool2d(blur, 2), MaxBlurPool2d(2, 2, blur))
    elif not small:
        parts["pool0"] = nn.MaxPool2d(3, 2, 1)
    return parts


def _transition(width: int, blur: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            norm=nn.BatchNorm2d(width),
            relu=nn.ReLU(),
            conv=nn.Conv2d(width, width // 2, 1, bias=False),
            pool=BlurPool2d(blur, 2) if blur else nn.AvgPool2d(2),
        )
    )
