"""Random turns, shifts, sizes and shears."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import check_pictures, uniform
from netwright.data.augmentations.pictures.geometry import Padding, affine


@final
@dataclass(frozen=True)
class RandomAffine:
    """Turns, shifts, scales and shears each picture by random amounts.

    Use it where the thing that is seen may stand a little askew, nearer or farther. Digits bear 10 to 15
    degrees; 6 and 9 are told apart by their turn, so that 180 is for pictures without a top.

    Args:
        degrees: largest turn to either side.
        shift: largest shift, as a share of the side.
        scale: smallest and largest size.
        shear: largest shear along the width, in degrees.
        padding: "border" goes on with the edge, "zeros" is black, "reflection" mirrors.

    Raises:
        InputError: when an amount is out of its range, or the batch is not one of pictures.

    Example:
        >>> turn = RandomAffine(degrees=10)
        >>> turn(torch.ones(5, 3, 8, 8), torch.zeros(5), torch.Generator())[0].shape
        torch.Size([5, 3, 8, 8])
    """

    degrees: float = 10.0
    shift: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    padding: Padding = "border"

    def __post_init__(self) -> None:
        if not 0 <= self.degrees <= 180:
            raise InputError("degrees must be between 0 and 180", f"{self.degrees}", "10 is usual")
        if not 0 <= self.shift < 1:
            raise InputError("shift must be a share of the side below 1", f"{self.shift}", "0.1 is usual")
        if not 0 < self.scale[0] <= self.scale[1]:
            raise InputError("scale must be a range above 0", f"{self.scale}", "(0.9, 1.1) is usual")
        if not 0 <= self.shear < 90:
            raise InputError("shear must be between 0 and 90 degrees", f"{self.shear}", "10 is usual")
        if self.padding not in ("zeros", "border", "reflection"):
            expected = "padding must be 'zeros', 'border' or 'reflection'"
            raise InputError(expected, repr(self.padding), "choose one of them")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with each picture moved.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        height, width = inputs.shape[-2:]
        angle = uniform(inputs, -self.degrees, self.degrees, generator)
        across = uniform(inputs, -self.shift, self.shift, generator) * width
        down = uniform(inputs, -self.shift, self.shift, generator) * height
        scale = uniform(inputs, *self.scale, generator)
        shear = uniform(inputs, -self.shear, self.shear, generator)
        moved = affine(
            inputs,
            angle=angle,
            shift=torch.stack([across, down], 1),
            scale=scale,
            shear=torch.stack([shear, torch.zeros_like(shear)], 1),
            padding=self.padding,
        )
        return moved, target
