"""ResNet and ResNeXt: blocks that add to their input."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import BlurPool2d, GlobalAveragePool, MaxBlurPool2d
from netwright.nets.image_network import check_pictures, initialise_convolutions, least_side
from netwright.nets.resnet_blocks import BasicBlock, Bottleneck

PUBLISHED = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks of each stage, by the layers of the whole."""

WIDENING = 4
"""Maps that a bottleneck block gives, for each one of its stage's width."""


@final
class ResNet(nn.Module):
    """Convolutional network whose blocks add what they have found to what came in.

    The first choice for pictures. The default is small and for small pictures (16 to 64 pixels): its first
    convolution keeps the resolution. `ResNet.published(50)` is the network for photographs, with the names
    and shapes of torchvision's parameters, so that its published weights load (`load_pretrained`); with
    `groups=32, group_width=4` it is ResNeXt-50 (32x4d).

        x_0 = stem(picture),  x_(l+1) = relu(x_l + F_l(x_l)),  y = W mean over all places of x_L + b

    Each stage halves the resolution, but the first, and doubles the maps. The parts are `conv1`, `bn1`,
    `layer1` and so on, and the head `fc`; `features(x)` gives the last maps.

    Args:
        depths: blocks of each stage.
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: maps of the first stage.
        bottleneck: whether blocks are three convolutions, narrow in the middle, instead of two.
        groups: parts of each 3x3 convolution; needs `bottleneck`.
        group_width: maps of each group in the first stage, for a width of 64; needs `bottleneck`.
        small: whether the stem keeps the resolution; otherwise it quarters it, as published.
        blur: taps of a low-pass filter before every thinning, so that a shift by a pixel changes little; 0
            for none, 3 to 5 are usual.

    Raises:
        InputError: when there are groups without a bottleneck; in forward, when pictures have other channels,
            or fewer pixels than a blur needs.

    Example:
        >>> import torch
        >>> ResNet(n_outputs=10)(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])

    Source:
        He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition", arXiv:1512.03385;
        groups: Xie, Girshick, Dollár, Tu and He (2016), "Aggregated Residual Transformations for Deep Neural
        Networks", arXiv:1611.05431; blur: Zhang (2019), "Making Convolutional Networks Shift-Invariant
        Again", arXiv:1904.11486.
    Differs: the bottleneck thins in its 3x3 convolution, as torchvision's does, not in its first 1x1.
    """

    def __init__(
        self,
        depths: Sequence[int] = (2, 2, 2),
        n_outputs: int = 10,
        channels: int = 3,
        width: int = 16,
        bottleneck: bool = False,
        groups: int = 1,
        group_width: int = 64,
        small: bool = True,
        blur: int = 0,
    ) -> None:
        super().__init__()
        if not bottleneck and (groups, group_width) != (1, 64):
            came = f"groups {groups} of width {group_width} without one"
            raise InputError("groups must stand in bottleneck blocks", came, "set bottleneck=True")
        self.channels, self.n_stages = channels, len(depths)
        self.least = least_side(len(depths), small, blur) if blur else 1
        self._build_stem(channels, width, small, blur)
        n_inputs = width
        for stage, depth in enumerate(depths):
            planes, blocks = width * 2**stage, nn.Sequential()
            for block in range(depth):
                stride = 2 if stage and not block else 1
                if bottleneck:
                    inner, out = planes * group_width // 64 * groups, WIDENING * planes
                    blocks.append(Bottleneck(n_inputs, inner, out, stride, groups, blur))
                else:
                    out = planes
                    blocks.append(BasicBlock(n_inputs, planes, stride, blur))
                n_inputs = out
            self.add_module(f"layer{stage + 1}", blocks)
        self.avgpool = GlobalAveragePool()
        self.fc = nn.Linear(n_inputs, n_outputs)
        initialise_convolutions(self)

    @classmethod
    def published(
        cls,
        depth: int,
        n_outputs: int = 1000,
        channels: int = 3,
        groups: int = 1,
        group_width: int = 64,
        blur: int = 0,
    ) -> "ResNet":
        """Build the network of a published size, for photographs of 224 pixels.

        Args:
            depth: layers: 18, 34, 50, 101 or 152.
            n_outputs: numbers out.
            channels: of the pictures.
            groups: parts of each 3x3 convolution: 32 for ResNeXt.
            group_width: maps of each group: 4 for ResNeXt-50 (32x4d), 8 for ResNeXt-101 (32x8d), 128 with one
                group for the wide ones.
            blur: taps of a low-pass filter before every thinning; 0 for none.

        Raises:
            InputError: when no network of that depth was published.

        Example:
            >>> sum(parameter.numel() for parameter in ResNet.published(18).parameters())
            11689512
        """
        if depth not in PUBLISHED:
            raise InputError("depth must be 18, 34, 50, 101 or 152", str(depth), "or build it by its depths")
        bottleneck = depth >= 50
        return cls(
            PUBLISHED[depth],
            n_outputs,
            channels,
            width=64,
            bottleneck=bottleneck,
            groups=groups,
            group_width=group_width,
            small=False,
            blur=blur,
        )

    def features(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        """Return the last maps.

        Args:
            x: pictures.
        """
        check_pictures(x, self.channels, self.least)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(1, self.n_stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return x

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.fc(self.avgpool(maps))
        return answer

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        return self.classify(self.features(x))

    def _build_stem(self, channels: int, width: int, small: bool, blur: int) -> None:
        kernel, stride = (3, 1) if small else (7, 1 if blur else 2)
        self.conv1 = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool: nn.Module
        if small:
            self.maxpool = nn.Identity()
        elif blur:
            self.maxpool = nn.Sequential(BlurPool2d(blur, 2), MaxBlurPool2d(2, 2, blur))
        else:
            self.maxpool = nn.MaxPool2d(3, 2, 1)
