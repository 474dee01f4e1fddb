"""Inception v4: deeper, and the same blocks all through."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool
from netwright.nets.image_network import check_pictures
from netwright.nets.inception_blocks import Conv, Mixed, Plan, Pool, Way

ROW, COLUMN = (1, 7), (7, 1)
MEAN = Pool(mean=True)
THINNED = Pool(stride=2, padded=False)


@final
class InceptionV4(nn.Module):
    """Convolutional network of three kinds of blocks that look at several scales at once.

    Use it for photographs where a deep network without residual connections is wanted, and else
    `InceptionResNetV2`, which has the same cost and learns sooner. The default is narrow, shallow and for
    small pictures; `InceptionV4.published()` has the names and shapes of timm's parameters.

        y = W mean over all places of (C^c thin(B^b thin(A^a stem(picture)))) + b

    A has kernels of 3x3, B rows and columns of 7, C forks into rows and columns of 3. The parts are
    `features`, a sequence, and the head `last_linear`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: factor on the published numbers of maps.
        depths: blocks of each kind.
        small: whether the stem keeps the resolution and edges are padded; otherwise as published.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: in forward, when pictures have other channels, or too few pixels.

    Example:
        >>> import torch
        >>> InceptionV4()(torch.zeros(2, 3, 16, 16)).shape
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
        self.features = nn.Sequential(
            plan.stem(channels, Conv(32, 3, 2, padded=False)),
            plan.stem(plan.maps(32), Conv(32, 3, padded=False)),
            plan.stem(plan.maps(32), Conv(64, 3)),
        )
        maps = plan.maps(64)
        for ways in [*_stem(small), *_body(depths)]:
            block = Mixed(plan, maps, ways)
            self.features.append(block)
            maps = block.maps
        self.global_pool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.last_linear = nn.Linear(maps, n_outputs)

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3) -> "InceptionV4":
        """Build the network at its published size, for photographs of 299 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.

        Example:
            >>> sum(parameter.numel() for parameter in InceptionV4.published().parameters())
            42679816
        """
        return cls(n_outputs, channels, width=1.0, depths=(4, 7, 3), small=False)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_pictures(x, self.channels, self.least)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.last_linear(self.dropout(self.global_pool(maps)))
        return answer


def _stem(small: bool) -> list[dict[str, Way]]:
    stride = 1 if small else 2
    pool = Pool(stride=stride, padded=False)
    return [
        {"maxpool": [pool], "conv": [Conv(96, 3, stride, padded=False)]},
        {
            "branch0": [Conv(64), Conv(96, 3, padded=False)],
            "branch1": [Conv(64), Conv(64, ROW), Conv(64, COLUMN), Conv(96, 3, padded=False)],
        },
        {"conv": [Conv(192, 3, stride, padded=False)], "maxpool": [pool]},
    ]


def _body(depths: tuple[int, int, int]) -> list[dict[str, Way]]:
    fine: dict[str, Way] = {
        "branch0": [Conv(96)],
        "branch1": [Conv(64), Conv(96, 3)],
        "branch2": [Conv(64), Conv(96, 3), Conv(96, 3)],
        "branch3": [MEAN, Conv(96)],
    }
    to_middle: dict[str, Way] = {
        "branch0": [Conv(384, 3, 2, padded=False)],
        "branch1": [Conv(192), Conv(224, 3), Conv(256, 3, 2, padded=False)],
        "branch2": [THINNED],
    }
    double = [Conv(192), Conv(192, COLUMN), Conv(224, ROW), Conv(224, COLUMN), Conv(256, ROW)]
    middle: dict[str, Way] = {
        "branch0": [Conv(384)],
        "branch1": [Conv(192), Conv(224, ROW), Conv(256, COLUMN)],
        "branch2": double,
        "branch3": [MEAN, Conv(128)],
    }
    to_coarse: dict[str, Way] = {
        "branch0": [Conv(192), Conv(192, 3, 2, padded=False)],
        "branch1": [Conv(256), Conv(256, ROW), Conv(320, COLUMN), Conv(320, 3, 2, padded=False)],
        "branch2": [THINNED],
    }
    row, column = Conv(256, (1, 3)), Conv(256, (3, 1))
    coarse: dict[str, Way] = {
        "branch0": [Conv(256)],
        "branch1": [{"branch1_0": Conv(384)}, {"branch1_1a": row, "branch1_1b": column}],
        "branch2": [
            {"branch2_0": Conv(384)},
            {"branch2_1": Conv(448, (3, 1))},
            {"branch2_2": Conv(512, (1, 3))},
            {"branch2_3a": row, "branch2_3b": column},
        ],
        "branch3": [MEAN, Conv(256)],
    }
    a, b, c = depths
    return [*[fine] * a, to_middle, *[middle] * b, to_coarse, *[coarse] * c]
