"""One embedding for a template and for where it is looked for, compared at every place."""

from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class SiameseFC(nn.Module):
    """Fully convolutional siamese network: how well a template fits, at every place of a larger picture.

    Use it to follow what one picture shows through others (`vision.SiameseTracker`): what is learned is how
    to compare, so that things never seen in training are followed, too. Convolutions do not pad, so that
    places at the edge are as good as any.

        score = scale * (f(template) cross-correlated with f(search)) + bias

    A place of the map is `stride` pixels from the next; the middle of the map is the middle of the search.

    Args:
        channels: of the pictures.
        widths: maps of each convolution; the first steps over `stride` pixels.
        stride: pixels between two places of the map.

    Raises:
        InputError: when a number is below one; in forward, when the template is larger than the search, or
            too small for the convolutions.

    Example:
        >>> SiameseFC(channels=1)(torch.zeros(2, 1, 16, 16), torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 9, 9])

    Source:
        Bertinetto, Valmadre, Henriques, Vedaldi and Torr (2016), "Fully-Convolutional Siamese Networks for
        Object Tracking", arXiv:1606.09549.
        Differs: three convolutions in place of AlexNet's five, and a learned scale of the scores.
    """

    def __init__(self, channels: int = 3, widths: Sequence[int] = (16, 32, 32), stride: int = 2) -> None:
        super().__init__()
        if not widths or min(*widths, channels, stride) < 1:
            came, mend = f"{tuple(widths)}, {channels} and {stride}", "the defaults suit things of 10 pixels"
            raise InputError("widths, channels and stride must be 1 or more", came, mend)
        layers, maps = list[nn.Module](), channels
        for number, width in enumerate(widths):
            layers += [nn.Conv2d(maps, width, 3 if number else 5, 1 if number else stride)]
            layers += [nn.BatchNorm2d(width), nn.ReLU()] if number < len(widths) - 1 else []
            maps = width
        self.features = nn.Sequential(*layers)
        self.stride, self.least = stride, 5 + 2 * stride * (len(widths) - 1)
        self.scale = nn.Parameter(torch.tensor(0.01))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(
        self,
        template: Float[Tensor, "batch channels height width"],
        search: Float[Tensor, "batch channels tall wide"],
    ) -> Float[Tensor, "batch rows columns"]:
        if min(template.shape[2:]) < self.least or any(
            small > large for small, large in zip(template.shape[2:], search.shape[2:], strict=True)
        ):
            came = f"{tuple(template.shape[2:])} and {tuple(search.shape[2:])}"
            expected = f"a template must have {self.least} pixels a side or more, and no more than the search"
            raise InputError(expected, came, "cut both out anew")
        return self.compare(self.features(template), self.features(search))

    def compare(
        self,
        template: Float[Tensor, "batch maps height width"],
        search: Float[Tensor, "batch maps tall wide"],
    ) -> Float[Tensor, "batch rows columns"]:
        """Return scores from features, each template with its own search.

        Args:
            template: as `features` gives it.
            search: the same of a larger picture.
        """
        together = search.reshape(1, -1, *search.shape[2:])  # (1, batch * maps, tall, wide)
        found = F.conv2d(together, template, groups=len(template))[0]
        return self.scale * found + self.bias
