"""AlexNet: five convolutions, three of them pooled, and three linear layers."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import BlurPool2d, MaxBlurPool2d
from netwright.nets.image_network import check_pictures


@final
class AlexNet(nn.Module):
    """The network whose success on photographs began the age of deep learning.

    Use it as the plain net of large kernels that later ones are compared with. The default is small and for
    small pictures (16 to 64 pixels): its first convolution keeps the resolution. `AlexNet.published()` is the
    network for photographs, with the names and shapes of torchvision's parameters, so that its published
    weights load (`load_pretrained`).

        conv, pool, conv, pool, conv, conv, conv, pool;  mean over a grid;  linear, linear, linear

    A rectifier follows each layer but the last. The parts are `features`, `avgpool` and `classifier`, the
    last layer of which is the head.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        widths: maps of the five convolutions.
        hidden: units of either hidden linear layer.
        grid: cells along each side, the means of which the linear layers see.
        dropout: share of units set to zero in training, before either hidden layer.
        small: whether the first convolution is 5x5 and keeps the resolution; otherwise it is 11x11 with
            stride 4, as published.
        blur: taps of a low-pass filter before every thinning, so that a shift by a pixel changes little; 0
            for none, 3 to 5 are usual. The published first convolution keeps a stride of 2, as Zhang's does.

    Raises:
        InputError: when there are not five widths; in forward, when pictures have other channels, or fewer
            pixels than are thinned away.

    Example:
        >>> import torch
        >>> AlexNet(channels=1)(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 10])

    Source:
        Krizhevsky, Sutskever and Hinton (2012), "ImageNet Classification with Deep Convolutional Neural
        Networks", doi:10.1145/3065386; widths: Krizhevsky (2014), "One weird trick for parallelizing
        convolutional neural networks", arXiv:1404.5997; blur: Zhang (2019), "Making Convolutional Networks
        Shift-Invariant Again", arXiv:1904.11486.
    Differs: one column instead of two, and no normalisation of responses, as in torchvision.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 3,
        widths: Sequence[int] = (16, 48, 96, 64, 64),
        hidden: int = 128,
        grid: int = 1,
        dropout: float = 0.5,
        small: bool = True,
        blur: int = 0,
    ) -> None:
        super().__init__()
        if len(widths) != 5:
            mend = "name the maps of each convolution"
            raise InputError("widths must be five numbers", str(len(widths)), mend)
        self.channels = channels
        self.least = (15 if small else 63) + blur // 2 * (4 if small else 16)
        first, second, third, fourth, fifth = widths
        stem = nn.Conv2d(channels, first, 5, padding=2) if small else _published_stem(channels, first, blur)
        self.features = nn.Sequential(
            stem,
            nn.ReLU(),
            _pool(blur, again=bool(blur) and not small),
            nn.Conv2d(first, second, 5, padding=2),
            nn.ReLU(),
            _pool(blur),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, fourth, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(fourth, fifth, 3, padding=1),
            nn.ReLU(),
            _pool(blur),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(fifth * grid * grid, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, n_outputs),
        )

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3, blur: int = 0) -> "AlexNet":
        """Build the network of the published size, for photographs of 224 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.
            blur: taps of a low-pass filter before every thinning; 0 for none.

        Example:
            >>> sum(parameter.numel() for parameter in AlexNet.published().parameters())
            61100840
        """
        widths = (64, 192, 384, 256, 256)
        return cls(n_outputs, channels, widths, hidden=4096, grid=6, small=False, blur=blur)

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


def _published_stem(channels: int, width: int, blur: int) -> nn.Conv2d:
    """With a blur the thinning by four is left to two blurs behind the rectifier, but for a factor of two."""
    return nn.Conv2d(channels, width, 11, 2 if blur else 4, 2)


def _pool(blur: int, *, again: bool = False) -> nn.Module:
    if not blur:
        return nn.MaxPool2d(3, 2)
    pool = MaxBlurPool2d(3, 2, blur)
    return nn.Sequential(BlurPool2d(blur, 2), pool) if again else pool
