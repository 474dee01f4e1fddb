"""Inception-ResNet v2: Inception blocks that add to their input."""

from collections.abc import Mapping
from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool
from netwright.nets.image_network import check_pictures
from netwright.nets.inception_blocks import Conv, Mixed, Plan, Pool, Way, add_ways, through_ways

STEM = ("conv2d_1a", "conv2d_2a", "conv2d_2b", "maxpool_3a", "conv2d_3b", "conv2d_4a", "maxpool_5a")
BODY = ("mixed_5b", "repeat", "mixed_6a", "repeat_1", "mixed_7a", "repeat_2", "block8", "conv2d_7b")
THINNED = Pool(stride=2, padded=False)

MIXED: dict[str, dict[str, Way]] = {
    "mixed_5b": {
        "branch0": [Conv(96)],
        "branch1": [Conv(48), Conv(64, 5)],
        "branch2": [Conv(64), Conv(96, 3), Conv(96, 3)],
        "branch3": [Pool(mean=True), Conv(64)],
    },
    "mixed_6a": {
        "branch0": [Conv(384, 3, 2, padded=False)],
        "branch1": [Conv(256), Conv(256, 3), Conv(384, 3, 2, padded=False)],
        "branch2": [THINNED],
    },
    "mixed_7a": {
        "branch0": [Conv(256), Conv(384, 3, 2, padded=False)],
        "branch1": [Conv(256), Conv(288, 3, 2, padded=False)],
        "branch2": [Conv(256), Conv(288, 3), Conv(320, 3, 2, padded=False)],
        "branch3": [THINNED],
    },
}
FINE: dict[str, Way] = {
    "branch0": [Conv(32)],
    "branch1": [Conv(32), Conv(32, 3)],
    "branch2": [Conv(32), Conv(48, 3), Conv(64, 3)],
}
MIDDLE: dict[str, Way] = {
    "branch0": [Conv(192)],
    "branch1": [Conv(128), Conv(160, (1, 7)), Conv(192, (7, 1))],
}
COARSE: dict[str, Way] = {
    "branch0": [Conv(192)],
    "branch1": [Conv(192), Conv(224, (1, 3)), Conv(256, (3, 1))],
}
RESIDUAL = ((FINE, 0.17), (MIDDLE, 0.1), (COARSE, 0.2))
REPEATS = ("repeat", "repeat_1", "repeat_2")


@final
class InceptionResNetV2(nn.Module):
    """Convolutional network whose blocks look at several scales at once and add a little to their input.

    Use it for photographs as the strongest of the Inception networks; residual connections make it learn
    sooner than `InceptionV4`. The default is narrow, shallow and for small pictures;
    `InceptionResNetV2.published()` has the names and shapes of timm's parameters.

        x <- relu(x + s (W [way_1(x); way_2(x); ...] + b))

    The scale s is 0.17, 0.1 and 0.2 at the three resolutions: without it wide networks did not learn. The
    head is `classif`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: factor on the published numbers of maps.
        depths: residual blocks at each resolution, but for the last block.
        small: whether the stem keeps the resolution and edges are padded; otherwise as published.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: in forward, when pictures have other channels, or too few pixels.

    Example:
        >>> import torch
        >>> InceptionResNetV2()(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 10])

    Source:
        Szegedy, Ioffe, Vanhoucke and Alemi (2016), "Inception-v4, Inception-ResNet and the Impact of
        Residual Connections on Learning", arXiv:1602.07261.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 3,
        width: float = 0.125,
        depths: tuple[int, int, int] = (1, 1, 1),
        small: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        plan = Plan(width, small)
        self.channels, self.least = channels, 1 if small else 75
        self._build_stem(plan)
        maps = plan.maps(192)
        for step, (block, (ways, scale)) in enumerate(zip(MIXED, RESIDUAL, strict=True)):
            mixed = Mixed(plan, maps, MIXED[block])
            maps = mixed.maps
            self.add_module(block, mixed)
            added = [ResidualMixed(plan, maps, ways, scale) for _ in range(depths[step])]
            self.add_module(REPEATS[step], nn.Sequential(*added))
        self.block8 = ResidualMixed(plan, maps, COARSE, rectified=False)
        self.conv2d_7b = plan.conv(maps, Conv(1536))
        self.global_pool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.classif = nn.Linear(plan.maps(1536), n_outputs)

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3) -> "InceptionResNetV2":
        """Build the network at its published size, for photographs of 299 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.

        Example:
            >>> sum(parameter.numel() for parameter in InceptionResNetV2.published().parameters())
            55843464
        """
        return cls(n_outputs, channels, width=1.0, depths=(10, 20, 9), small=False)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        return self.classify(self.features(x))

    def features(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        """Return the last maps.

        Args:
            x: pictures.
        """
        check_pictures(x, self.channels, self.least)
        for name in (*STEM, *BODY):
            x = getattr(self, name)(x)
        return x

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classif(self.dropout(self.global_pool(maps)))
        return answer

    def _build_stem(self, plan: Plan) -> None:
        self.conv2d_1a = plan.stem(self.channels, Conv(32, 3, 2, padded=False))
        self.conv2d_2a = plan.stem(plan.maps(32), Conv(32, 3, padded=False))
        self.conv2d_2b = plan.stem(plan.maps(32), Conv(64, 3))
        self.maxpool_3a = plan.stem_pool()
        self.conv2d_3b = plan.stem(plan.maps(64), Conv(80))
        self.conv2d_4a = plan.stem(plan.maps(80), Conv(192, 3, padded=False))
        self.maxpool_5a = plan.stem_pool()


@final
class ResidualMixed(nn.Module):
    """Ways of convolutions side by side, brought to the shape of their input and added to it.

        y = relu(x + scale (W [way_1(x); way_2(x); ...] + b))

    Args:
        plan: how the published numbers are narrowed.
        n_inputs: maps in and out.
        ways: by name.
        scale: of what is added.
        rectified: whether the sum passes a rectifier.

    Example:
        >>> import torch
        >>> ResidualMixed(Plan(), 8, {"one": [Conv(4)], "two": [Conv(4, 3)]})(torch.zeros(1, 8, 5, 5)).shape
        torch.Size([1, 8, 5, 5])
    """

    def __init__(
        self,
        plan: Plan,
        n_inputs: int,
        ways: Mapping[str, Way],
        scale: float = 1.0,
        rectified: bool = True,
    ) -> None:
        super().__init__()
        self.scale, self.rectified = scale, rectified
        self.ways, maps = add_ways(self, plan, n_inputs, ways)
        self.conv2d = nn.Conv2d(maps, n_inputs, 1)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        y: Tensor = x + self.scale * self.conv2d(through_ways(self, self.ways, x))
        return F.relu(y) if self.rectified else y
