"""Random crops: pictures are shifted a little, or parts of them are enlarged."""

import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import check_pictures, uniform
from netwright.data.augmentations.pictures.geometry import crop


@final
@dataclass(frozen=True)
class RandomCrop:
    """Widens each picture on all sides and cuts its old size out at a random place, which shifts it.

    Use it for almost all small pictures: it is the cheapest augmentation, works on bytes, and what is seen
    rarely depends on its place. What is centred with care, such as digits, bears a padding of 1 or 2.

    Args:
        padding: pixels that are added on each side.
        fill: "constant" for black, "reflect" or "replicate" for what the edge goes on with.

    Raises:
        InputError: when the padding is below 1, reflects more than there is, or the batch is not one of
            pictures.

    Example:
        >>> shift = RandomCrop(padding=2)
        >>> shift(torch.ones(5, 3, 8, 8), torch.zeros(5), torch.Generator())[0].shape
        torch.Size([5, 3, 8, 8])
    """

    padding: int = 4
    fill: Literal["constant", "reflect", "replicate"] = "constant"

    def __post_init__(self) -> None:
        if self.padding < 1:
            raise InputError("padding must be at least 1", f"{self.padding}", "an eighth of a side is usual")
        if self.fill not in ("constant", "reflect", "replicate"):
            raise InputError(
                "fill must be 'constant', 'reflect' or 'replicate'", repr(self.fill), "choose one"
            )

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with each picture shifted.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        height, width = inputs.shape[-2:]
        if self.fill == "reflect" and self.padding >= min(height, width):
            came = f"{self.padding} for pictures of {height} x {width}"
            raise InputError("padding that reflects must be smaller than the pictures", came, "lower it")
        down, across = torch.randint(2 * self.padding + 1, (2, len(inputs)), generator=generator)
        return self._shift(self._shift(inputs, down, 2), across, 3), target

    def _shift(self, pictures: Tensor, offsets: Tensor, axis: int) -> Tensor:
        """Shift each picture along one axis; there are few offsets, so rows of the same one move together."""
        side, shifted = pictures.shape[axis], torch.empty_like(pictures)
        for offset in range(2 * self.padding + 1):
            rows = (offsets == offset).nonzero()[:, 0].to(pictures.device)
            places = torch.arange(side, device=pictures.device) + offset - self.padding
            moved = pictures[rows].index_select(axis, self._inside(places, side))
            if self.fill == "constant":
                moved.index_fill_(axis, ((places < 0) | (places >= side)).nonzero()[:, 0], 0)
            shifted[rows] = moved
        return shifted

    def _inside(self, places: Tensor, side: int) -> Tensor:
        if self.fill == "reflect":
            return side - 1 - (side - 1 - places.abs()).abs()
        return places.clamp(0, side - 1)


@final
@dataclass(frozen=True)
class RandomResizedCrop:
    """Cuts a part of random size and proportions out of each picture and scales it to one size.

    Use it for photographs, and for views of one picture in self-supervision; for small pictures of one thing
    that fills them, raise the smallest share.

        area ~ U(scale) of the picture,   log(width / height) ~ U(log ratio)

    Args:
        size: (height, width) of what is returned; None keeps that of the batch.
        scale: smallest and largest share of the area that is kept.
        ratio: narrowest and widest proportions, width to height.

    Raises:
        InputError: when a range is empty or not above 0, or the batch is not one of pictures.

    Example:
        >>> zoom = RandomResizedCrop(scale=(0.5, 1.0))
        >>> zoom(torch.ones(5, 3, 8, 8), torch.zeros(5), torch.Generator())[0].shape
        torch.Size([5, 3, 8, 8])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
        Differs: pixels between pixels are interpolated linearly, so a box need not begin at a pixel; a side
        that would be longer than the picture is cut to it.
    """

    size: tuple[int, int] | None = None
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        for name, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if not 0 < low <= high:
                raise InputError(f"{name} must be a range above 0", f"{low} to {high}", "0.5 to 1 is mild")
        if self.scale[1] > 1:
            raise InputError("scale must not exceed 1", f"{self.scale[1]}", "1 is the whole picture")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return a part of each picture.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        height, width = inputs.shape[-2:]
        area = uniform(inputs, *self.scale, generator) * height * width
        ratio = uniform(inputs, math.log(self.ratio[0]), math.log(self.ratio[1]), generator).exp()
        tall, wide = (area / ratio).sqrt().clamp(max=height), (area * ratio).sqrt().clamp(max=width)
        top = uniform(inputs, 0, 1, generator) * (height - tall)
        left = uniform(inputs, 0, 1, generator) * (width - wide)
        return crop(inputs, torch.stack([top, left, tall, wide], 1), self.size or (height, width)), target
