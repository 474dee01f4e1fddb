"""Random erasing: a box of each picture is overwritten."""

import math
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import check_pictures, check_share, drawn, uniform


@final
@dataclass(frozen=True)
class RandomErasing:
    """Overwrites a box of a random share of the pictures with random pixels, or with one level.

    Use it against overfitting and where things may be hidden in part; it works on bytes. It is the method of
    Zhong, Zheng, Kang, Li and Yang (2020), "Random Erasing Data Augmentation", arXiv:1708.04896.

        area ~ U(scale) of the picture,   log(width / height) ~ U(log ratio)

    Args:
        share: of the pictures.
        scale: smallest and largest share of the area.
        ratio: narrowest and widest proportions, width to height.
        level: from 0, black, to 1, white; None for random pixels.

    Raises:
        InputError: when a share or range is none, or the batch is not one of pictures.

    Example:
        >>> erase = RandomErasing(share=1.0, scale=(0.25, 0.25), ratio=(1.0, 1.0), level=0.0)
        >>> erase(torch.ones(1, 1, 4, 4), torch.zeros(1), torch.Generator())[0].sum().item()
        12.0
    """

    share: float = 0.5
    scale: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)
    level: float | None = None

    def __post_init__(self) -> None:
        check_share("share", self.share)
        check_share("level", self.level or 0.0)
        for name, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if not 0 < low <= high:
                raise InputError(
                    f"{name} must be a range above 0", f"{low} to {high}", "0.02 to 0.33 is usual"
                )

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with a box of some pictures overwritten.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        height, width = inputs.shape[-2:]
        chosen = drawn(inputs, self.share, generator)
        area = uniform(inputs, *self.scale, generator) * height * width
        ratio = uniform(inputs, math.log(self.ratio[0]), math.log(self.ratio[1]), generator).exp()
        sides = (area / ratio).sqrt(), (area * ratio).sqrt()
        down, across = (
            _span(inputs, length, side, generator)
            for length, side in zip(sides, (height, width), strict=True)
        )
        hidden = chosen & down[:, None, :, None] & across[:, None, None, :]
        return torch.where(hidden, self._patch(inputs, generator), inputs), target

    def _patch(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        white = 255 if inputs.dtype == torch.uint8 else 1
        if self.level is not None:
            return torch.full_like(inputs, round(self.level * white) if white == 255 else self.level)
        noise = torch.rand(inputs.shape, generator=generator).to(inputs.device)
        return (noise * white).to(inputs.dtype)


def _span(inputs: Tensor, length: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Which places of a side lie in a stretch of that length at a random place, (batch, side)."""
    whole = length.round().clamp(1, side)
    start = (uniform(inputs, 0, 1, generator) * (side - whole + 1)).floor()
    places = torch.arange(side, device=inputs.device)
    return (places >= start[:, None]) & (places < (start + whole)[:, None])
