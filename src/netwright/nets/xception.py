"""Xception: Inception driven to its end, where every map has a kernel of its own."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool
from netwright.nets.image_network import check_pictures

N_MIDDLE = 8
"""Blocks of the same width in the published network."""


@final
class Xception(nn.Module):
    """Convolutional network of separable convolutions with residual connections.

    Use it for photographs where `InceptionV3` would do: at the same cost it is simpler and reached a higher
    accuracy. The default is narrow, shallow and for small pictures; `Xception.published()` has the names and
    shapes of timm's parameters.

        x <- shortcut(x) + thin(B(S(relu(... B(S(relu(x)))))))     with S = 1x1 * depthwise 3x3

    B is batch normalisation; blocks in the middle have no thinning and the identity as their shortcut. The
    head is `fc`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: factor on the published numbers of maps.
        depth: blocks in the middle.
        small: whether the first convolutions keep the resolution, and the first block too; otherwise as
            published.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: in forward, when pictures have other channels, or too few pixels.

    Example:
        >>> import torch
        >>> Xception()(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 10])

    Source:
        Chollet (2016), "Xception: Deep Learning with Depthwise Separable Convolutions", arXiv:1610.02357.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 3,
        width: float = 0.125,
        depth: int = 1,
        small: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        one, two, fine, coarse, middle, late, wide, last = (
            max(1, round(width * maps)) for maps in (32, 64, 128, 256, 728, 1024, 1536, 2048)
        )
        self.channels, self.least = channels, 1 if small else 7
        stride, padding = (1, 1) if small else (2, 0)
        self.conv1 = nn.Conv2d(channels, one, 3, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(one)
        self.conv2 = nn.Conv2d(one, two, 3, 1, padding, bias=False)
        self.bn2 = nn.BatchNorm2d(two)
        self.relu = nn.ReLU()
        blocks = [
            XceptionBlock(two, [fine, fine], stride, rectified=False),
            XceptionBlock(fine, [coarse, coarse], stride=2),
            XceptionBlock(coarse, [middle, middle], stride=2),
            *[XceptionBlock(middle, [middle] * 3) for _ in range(depth)],
            XceptionBlock(middle, [middle, late], stride=2),
        ]
        self.n_blocks = len(blocks)
        for number, block in enumerate(blocks, start=1):
            self.add_module(f"block{number}", block)
        self.conv3 = _Separable(late, wide)
        self.bn3 = nn.BatchNorm2d(wide)
        self.conv4 = _Separable(wide, last)
        self.bn4 = nn.BatchNorm2d(last)
        self.global_pool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(last, n_outputs)

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3) -> "Xception":
        """Build the network at its published size, for photographs of 299 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.

        Example:
            >>> sum(parameter.numel() for parameter in Xception.published().parameters())
            22855952
        """
        return cls(n_outputs, channels, width=1.0, depth=N_MIDDLE, small=False)

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
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        for number in range(1, self.n_blocks + 1):
            x = getattr(self, f"block{number}")(x)
        x = self.relu(self.bn3(self.conv3(x)))
        return self.relu(self.bn4(self.conv4(x)))  # type: ignore[no-any-return]

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.fc(self.dropout(self.global_pool(maps)))
        return answer


@final
class XceptionBlock(nn.Module):
    """Separable convolutions, each behind a rectifier and before a normalisation, beside a shortcut.

        y = shortcut(x) + thin(B(S_n(relu(... B(S_1(relu(x)))))))

    Args:
        n_inputs: maps in.
        widths: maps of each separable convolution.
        stride: pixels from one output to the next.
        rectified: whether a rectifier stands before the first of them.

    Example:
        >>> import torch
        >>> XceptionBlock(8, [16, 16], stride=2)(torch.zeros(2, 8, 6, 6)).shape
        torch.Size([2, 16, 3, 3])
    """

    def __init__(self, n_inputs: int, widths: list[int], stride: int = 1, rectified: bool = True) -> None:
        super().__init__()
        self.skip = self.skipbn = None
        if stride > 1 or widths[-1] != n_inputs:
            self.skip = nn.Conv2d(n_inputs, widths[-1], 1, stride, bias=False)
            self.skipbn = nn.BatchNorm2d(widths[-1])
        parts: list[nn.Module] = []
        for narrow, wide in zip([n_inputs, *widths], widths, strict=False):
            parts += [nn.ReLU(), _Separable(narrow, wide), nn.BatchNorm2d(wide)]
        if stride > 1:
            parts.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*parts[0 if rectified else 1 :])

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        same = x if self.skip is None or self.skipbn is None else self.skipbn(self.skip(x))
        y: Tensor = same + self.rep(x)
        return y


@final
class _Separable(nn.Module):
    """`layers.SeparableConv2d` of 3x3 pixels with timm's names of its two weights."""

    def __init__(self, n_inputs: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_inputs, n_inputs, 3, padding=1, groups=n_inputs, bias=False)
        self.pointwise = nn.Conv2d(n_inputs, width, 1, bias=False)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        y: Tensor = self.pointwise(self.conv1(x))
        return y
