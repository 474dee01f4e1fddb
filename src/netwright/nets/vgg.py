"""VGG: 3x3 convolutions alone, in stages that halve the resolution."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import MaxBlurPool2d
from netwright.nets.image_network import check_pictures, initialise_convolutions

WIDTHS = (64, 128, 256, 512, 512)
PUBLISHED = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions of each stage, by the layers that learn in the whole."""


@final
class VGG(nn.Module):
    """Stages of 3x3 convolutions and pooling, and three linear layers.

    Use it as an extractor of features, above all for pictures that shall look alike (style, perceptual
    losses), and as the plain deep net that later ones are compared with. The default is small and for small
    pictures (8 to 64 pixels). `VGG.published(16)` is the network for photographs, with the names and shapes
    of torchvision's parameters, so that its published weights load (`load_pretrained`).

        h = pool(f(W_d * ... f(W_1 * x))) for each stage;  mean over a grid;  linear, linear, linear

    f is a rectifier, behind batch normalisation if there is any. The parts are `features`, `avgpool` and
    `classifier`, the last layer of which is the head.

    Args:
        depths: convolutions of each stage.
        widths: maps of each stage.
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        norm: `nn.BatchNorm2d`, or another class called with the maps; None for none.
        hidden: units of either hidden linear layer.
        grid: cells along each side, the means of which the linear layers see.
        dropout: share of units set to zero in training, behind either hidden layer.
        blur: taps of a low-pass filter before every thinning, so that a shift by a pixel changes little; 0
            for none, 3 to 5 are usual.

    Raises:
        InputError: when depths and widths differ in number; in forward, when pictures have other channels, or
            fewer pixels than are thinned away.

    Example:
        >>> import torch
        >>> VGG(channels=1)(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 10])

    Source:
        Simonyan and Zisserman (2014), "Very Deep Convolutional Networks for Large-Scale Image Recognition",
        arXiv:1409.1556; blur: Zhang (2019), "Making Convolutional Networks Shift-Invariant Again",
        arXiv:1904.11486.
    """

    def __init__(
        self,
        depths: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        n_outputs: int = 10,
        channels: int = 3,
        norm: type[nn.Module] | None = nn.BatchNorm2d,
        hidden: int = 128,
        grid: int = 1,
        dropout: float = 0.5,
        blur: int = 0,
    ) -> None:
        super().__init__()
        if len(depths) != len(widths):
            came = f"{len(depths)} depths and {len(widths)} widths"
            raise InputError("depths and widths must have one number for each stage", came, "name both")
        self.channels = channels
        self.least = 2 ** len(widths) * (blur // 2 + 2) // 2 if blur else 2 ** len(widths)
        layers: list[nn.Module] = []
        maps = channels
        for depth, width in zip(depths, widths, strict=True):
            for _ in range(depth):
                layers.append(nn.Conv2d(maps, width, 3, padding=1))
                layers += [nn.ReLU()] if norm is None else [norm(width), nn.ReLU()]
                maps = width
            layers.append(MaxBlurPool2d(2, 2, blur) if blur else nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Linear(maps * grid * grid, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, n_outputs),
        )
        initialise_convolutions(self)

    @classmethod
    def published(
        cls,
        depth: int,
        n_outputs: int = 1000,
        channels: int = 3,
        norm: type[nn.Module] | None = None,
        blur: int = 0,
    ) -> "VGG":
        """Build the network of a published size, for photographs of 224 pixels.

        Args:
            depth: layers that learn: 11, 13, 16 or 19.
            n_outputs: numbers out.
            channels: of the pictures.
            norm: `nn.BatchNorm2d` for the form with batch normalisation.
            blur: taps of a low-pass filter before every thinning; 0 for none.

        Raises:
            InputError: when no network of that depth was published.

        Example:
            >>> import torch
            >>> with torch.device("meta"):  # counts without making 138 million numbers
            ...     network = VGG.published(16)
            >>> sum(parameter.numel() for parameter in network.parameters())
            138357544
        """
        if depth not in PUBLISHED:
            raise InputError("depth must be 11, 13, 16 or 19", str(depth), "or build it by its depths")
        return cls(PUBLISHED[depth], WIDTHS, n_outputs, channels, norm, hidden=4096, grid=7, blur=blur)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_pictures(x, self.channels, self.least)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the linear layers say of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(self.avgpool(maps).flatten(1))
        return answer
