"""Random colour: brightness, contrast, saturation and hue; grey; solarised; blurred."""

import math
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import (
    as_floats,
    as_given,
    check_pictures,
    check_share,
    drawn,
    uniform,
)
from netwright.data.augmentations.pictures.colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    grey,
    solarize,
)


@final
@dataclass(frozen=True)
class ColorJitter:
    """Changes brightness, contrast, saturation and hue of a share of the pictures by random amounts.

    Use it for photographs, whose light and camera vary; not where colour itself is what tells the classes
    apart. Pictures of one channel change in brightness and contrast alone.

        factor ~ U(max(0, 1 - amount), 1 + amount),   turn of the hue ~ U(-hue, hue)

    Args:
        brightness: largest relative change of all levels.
        contrast: largest relative change of the distance from the mean grey.
        saturation: largest relative change of the distance from grey.
        hue: largest turn on the circle of colours, at most 0.5, the opposite colour.
        share: of the pictures that are changed.

    Raises:
        InputError: when an amount is out of its range, or the batch is not one of pictures.

    Example:
        >>> jitter, even = ColorJitter(brightness=0.4), torch.full((2, 1, 1, 1), 0.5)
        >>> jitter(even, torch.zeros(2), torch.Generator().manual_seed(0))[0].flatten()
        tensor([0.3528, 0.4230])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
        Differs: the order of the four changes is drawn for a batch, not for each picture.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.2
    hue: float = 0.1
    share: float = 1.0

    def __post_init__(self) -> None:
        check_share("share", self.share)
        for name in ("brightness", "contrast", "saturation"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be at least 0", f"{getattr(self, name)}", "0.4 is strong")
        if not 0 <= self.hue <= 0.5:
            raise InputError("hue must be between 0 and 0.5", f"{self.hue}", "0.1 is strong")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with other colours.

        Args:
            inputs: uint8 or floats (batch, channels, height, width), of 1 or 3 channels.
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        steps = (
            (adjust_brightness, self.brightness, 1.0),
            (adjust_contrast, self.contrast, 1.0),
            (adjust_saturation, self.saturation, 1.0),
            (adjust_hue, self.hue, 0.0),
        )
        changed = inputs
        for number in torch.randperm(4, generator=generator).tolist():
            change, amount, still = steps[number]
            least = max(0.0, still - amount) if still else -amount
            amounts = uniform(inputs, least, still + amount, generator)
            if amount:
                changed = change(changed, amounts)
        return torch.where(drawn(inputs, self.share, generator), changed, inputs), target


@final
@dataclass(frozen=True)
class RandomGrayscale:
    """Takes the colours from a random share of the pictures; they keep their three channels.

    Use it beside `ColorJitter` in self-supervision, so that views cannot be matched by their colours.

    Args:
        share: of the pictures.

    Raises:
        InputError: when share is not between 0 and 1, or the batch is not one of pictures.

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
        >>> RandomGrayscale(1.0)(red, torch.zeros(1), torch.Generator())[0].flatten()
        tensor([0.2990, 0.2990, 0.2990])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
    """

    share: float = 0.2

    def __post_init__(self) -> None:
        check_share("share", self.share)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with some pictures grey.

        Args:
            inputs: uint8 or floats (batch, channels, height, width), of 1 or 3 channels.
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        plain = as_given(grey(as_floats(inputs)[0]).expand_as(inputs), inputs)
        return torch.where(drawn(inputs, self.share, generator), plain, inputs), target


@final
@dataclass(frozen=True)
class RandomSolarize:
    """Inverts the light half of the levels in a random share of the pictures.

    Use it in one of two views in self-supervision; it is too strong for most else.

    Args:
        share: of the pictures.
        threshold: share of white from which on levels are inverted.

    Raises:
        InputError: when a share is not between 0 and 1, or the batch is not one of pictures.

    Example:
        >>> RandomSolarize(1.0)(torch.tensor([[[[0.25, 0.75]]]]), torch.zeros(1), torch.Generator())[0]
        tensor([[[[0.2500, 0.2500]]]])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
    """

    share: float = 0.2
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_share("share", self.share)
        check_share("threshold", self.threshold)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with some pictures solarised.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        at = torch.full((len(inputs),), self.threshold, device=inputs.device)
        return torch.where(drawn(inputs, self.share, generator), solarize(inputs, at), inputs), target


@final
@dataclass(frozen=True)
class GaussianBlur:
    """Blurs a random share of the pictures, each by a width of its own.

    Use it in self-supervision, and where sharpness varies from camera to camera.

        weight of a pixel at distance d ~ exp(-d^2 / (2 sigma^2)),   sigma ~ U(sigma)

    Args:
        sigma: smallest and largest width, in pixels.
        share: of the pictures.

    Raises:
        InputError: when the widths are no range above 0, or the batch is not one of pictures.

    Example:
        >>> blur = GaussianBlur(sigma=(1.0, 1.0))
        >>> dot = torch.nn.functional.pad(torch.ones(1, 1, 1, 1), [3, 3, 3, 3])
        >>> blur(dot, torch.zeros(1), torch.Generator())[0][0, 0, 3, 2:5]
        tensor([0.0966, 0.1592, 0.0966])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
        Differs: weights reach to three times the largest width, or to the picture's own size.
    """

    sigma: tuple[float, float] = (0.1, 2.0)
    share: float = 1.0

    def __post_init__(self) -> None:
        check_share("share", self.share)
        if not 0 < self.sigma[0] <= self.sigma[1]:
            raise InputError("sigma must be a range above 0", f"{self.sigma}", "(0.1, 2.0) is usual")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with some pictures blurred.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        sigma = uniform(inputs, *self.sigma, generator)
        chosen = drawn(inputs, self.share, generator)
        reach = min(math.ceil(3 * self.sigma[1]), min(inputs.shape[-2:]) - 1)
        return torch.where(chosen, blurred(inputs, sigma, reach), inputs), target


def blurred(pictures: Tensor, sigma: Tensor, reach: int) -> Tensor:
    """Return pictures blurred along both sides; their edges are mirrored.

    Args:
        pictures: (batch, channels, height, width).
        sigma: (batch), widths in pixels.
        reach: pixels that are looked at on each side.

    Example:
        >>> blurred(torch.ones(1, 1, 4, 4), torch.ones(1), 2).mean().item()
        1.0
    """
    floats, _ = as_floats(pictures)
    rows, channels = floats.shape[:2]
    places = torch.arange(-reach, reach + 1, device=floats.device, dtype=floats.dtype)
    weights = (-(places**2) / (2 * sigma.to(floats)[:, None] ** 2)).softmax(1)
    weights = weights.repeat_interleave(channels, 0)[:, None]  # (batch * channels, 1, places)
    planes = F.pad(floats.reshape(1, rows * channels, *floats.shape[2:]), [reach] * 4, mode="reflect")
    planes = F.conv2d(planes, weights[..., None, :], groups=rows * channels)
    planes = F.conv2d(planes, weights[..., :, None], groups=rows * channels)
    return as_given(planes.reshape(floats.shape), pictures)
