"""Inception v3: wide kernels as chains of narrow ones."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool
from netwright.nets.image_network import check_pictures
from netwright.nets.inception_blocks import Conv, Mixed, Plan, Pool, Stage, Way

STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
FIRST = (
    *STEM,
    *("maxpool2", "Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d"),
    "Mixed_6e",
)
SECOND = ("Mixed_7a", "Mixed_7b", "Mixed_7c")
MEAN = Pool(mean=True, count_padding=True)
ROW, COLUMN = (1, 7), (7, 1)


@final
class InceptionV3(nn.Module):
    """Convolutional network whose wide kernels are cut into rows, columns and chains of narrow ones.

    Use it for photographs where `ResNet` asks for too much work. The default is narrow and for small
    pictures; `InceptionV3.published()` has the names and shapes of torchvision's parameters. Its published
    weights expect pictures with mean 0.5 and deviation 0.5 of each channel.

        5x5  ->  3x3 * 3x3;     7x7  ->  1x7 * 7x1;     3x3  ->  [1x3; 3x1] at the coarsest scale

    With `aux=True` another head looks at the maps before the last thinning, and in training the answer is a
    tuple: the outputs, and those of that head; `losses.AuxiliaryHeadsLoss` adds them up.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: factor on the published numbers of maps.
        small: whether the stem keeps the resolution and edges are padded; otherwise as published.
        aux: whether there is the auxiliary head.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: in forward, when pictures have other channels, or too few pixels.

    Example:
        >>> import torch
        >>> InceptionV3()(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 10])

    Source:
        Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2015), "Rethinking the Inception Architecture for
        Computer Vision", arXiv:1512.00567.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 3,
        width: float = 0.125,
        small: bool = True,
        aux: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        plan = Plan(width, small)
        self.channels, self.least = channels, 1 if small else 75
        self.Conv2d_1a_3x3 = plan.stem(channels, Conv(32, 3, 2, padded=False))
        self.Conv2d_2a_3x3 = plan.stem(plan.maps(32), Conv(32, 3, padded=False))
        self.Conv2d_2b_3x3 = plan.stem(plan.maps(32), Conv(64, 3))
        self.maxpool1 = plan.stem_pool()
        self.Conv2d_3b_1x1 = plan.stem(plan.maps(64), Conv(80))
        self.Conv2d_4a_3x3 = plan.stem(plan.maps(80), Conv(192, 3, padded=False))
        self.maxpool2 = plan.stem_pool()
        maps = plan.maps(192)
        for name, ways in _blocks().items():
            if name == "7a":
                self.AuxLogits = _AuxiliaryHead(plan, maps, n_outputs) if aux else None
            block = Mixed(plan, maps, ways)
            self.add_module(f"Mixed_{name}", block)
            maps = block.maps
        self.avgpool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(maps, n_outputs)

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3, aux: bool = True) -> "InceptionV3":
        """Build the network at its published size, for photographs of 299 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.
            aux: whether there is the auxiliary head, which the published weights have.

        Example:
            >>> sum(parameter.numel() for parameter in InceptionV3.published().parameters())
            27161264
        """
        return cls(n_outputs, channels, width=1.0, small=False, aux=aux)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch outputs"] | tuple[Float[Tensor, "batch outputs"], ...]:
        middle = self._through(x, FIRST)
        answer = self.classify(self._through(middle, SECOND))
        if self.training and self.AuxLogits is not None:
            return answer, self.AuxLogits(middle)
        return answer

    def features(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        """Return the last maps.

        Args:
            x: pictures.
        """
        return self._through(x, (*FIRST, *SECOND))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.fc(self.dropout(self.avgpool(maps)))
        return answer

    def _through(self, x: Tensor, names: tuple[str, ...]) -> Tensor:
        if names[0] == STEM[0]:
            check_pictures(x, self.channels, self.least)
        for name in names:
            x = getattr(self, name)(x)
        return x


@final
class _AuxiliaryHead(nn.Module):
    """The classifier that looks at maps before the last thinning."""

    def __init__(self, plan: Plan, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.small = plan.small
        self.conv0 = plan.conv(n_inputs, Conv(128))
        self.conv1 = Plan(plan.width).conv(plan.maps(128), Conv(768, 5, padded=False))
        self.fc = nn.Linear(plan.maps(768), n_outputs)

    def forward(self, x: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        fields = F.adaptive_avg_pool2d(x, 5) if self.small else F.avg_pool2d(x, 5, 3)
        answer: Tensor = self.fc(self.conv1(self.conv0(fields)).mean((2, 3)))
        return answer


def _blocks() -> dict[str, dict[str, Way]]:
    return {
        **{f"5{letter}": _fine(pooled) for letter, pooled in zip("bcd", (32, 64, 64), strict=True)},
        "6a": {
            "branch3x3": [Conv(384, 3, 2, padded=False)],
            "branch3x3dbl": _chain("branch3x3dbl", Conv(64), Conv(96, 3), Conv(96, 3, 2, padded=False)),
            "pool": [Pool(stride=2, padded=False)],
        },
        **{f"6{letter}": _middle(n) for letter, n in zip("bcde", (128, 160, 160, 192), strict=True)},
        "7a": {
            "branch3x3": _chain("branch3x3", Conv(192), Conv(320, 3, 2, padded=False)),
            "branch7x7x3": _chain(
                "branch7x7x3", Conv(192), Conv(192, ROW), Conv(192, COLUMN), Conv(192, 3, 2, padded=False)
            ),
            "pool": [Pool(stride=2, padded=False)],
        },
        "7b": _coarse(),
        "7c": _coarse(),
    }


def _fine(pooled: int) -> dict[str, Way]:
    return {
        "branch1x1": [Conv(64)],
        "branch5x5": _chain("branch5x5", Conv(48), Conv(64, 5)),
        "branch3x3dbl": _chain("branch3x3dbl", Conv(64), Conv(96, 3), Conv(96, 3)),
        "branch_pool": _pooled(pooled),
    }


def _middle(n: int) -> dict[str, Way]:
    double = [Conv(n), Conv(n, COLUMN), Conv(n, ROW), Conv(n, COLUMN), Conv(192, ROW)]
    return {
        "branch1x1": [Conv(192)],
        "branch7x7": _chain("branch7x7", Conv(n), Conv(n, ROW), Conv(192, COLUMN)),
        "branch7x7dbl": _chain("branch7x7dbl", *double),
        "branch_pool": _pooled(192),
    }


def _coarse() -> dict[str, Way]:
    return {
        "branch1x1": [Conv(320)],
        "branch3x3": _chain("branch3x3", Conv(384)) + _fork("branch3x3_2"),
        "branch3x3dbl": _chain("branch3x3dbl", Conv(448), Conv(384, 3)) + _fork("branch3x3dbl_3"),
        "branch_pool": _pooled(192),
    }


def _fork(name: str) -> list[dict[str, Stage]]:
    return [{f"{name}a": Conv(384, (1, 3)), f"{name}b": Conv(384, (3, 1))}]


def _pooled(n: int) -> list[dict[str, Stage]]:
    return [{"pool": MEAN}, {"branch_pool": Conv(n)}]


def _chain(name: str, *convs: Conv) -> list[dict[str, Stage]]:
    """Convolutions that follow each other, numbered from 1."""
    return [{f"{name}_{number}": conv} for number, conv in enumerate(convs, start=1)]
