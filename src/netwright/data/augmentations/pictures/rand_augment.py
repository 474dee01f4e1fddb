"""RandAugment: for each picture some of fourteen changes are drawn, all of one strength."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import check_pictures
from netwright.data.augmentations.pictures.colors import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    adjust_sharpness,
    equalize,
    solarize,
    stretch_levels,
)
from netwright.data.augmentations.pictures.geometry import Padding, affine

MOVES = ("shear x", "shear y", "translate x", "translate y", "rotate")
LIGHTS = ("brightness", "color", "contrast", "sharpness", "posterize", "solarize", "autocontrast", "equalize")
CHANGES = ("identity", *MOVES, *LIGHTS)
STRONGEST = 30.0


@final
@dataclass(frozen=True)
class RandAugment:
    """Draws for each picture some of fourteen changes, all of one strength.

    Use it where a network overfits pictures of real things and there is time for more epochs: two numbers are
    all there is to tune. Leave changes out that would change the label. It is the method of Cubuk, Zoph,
    Shlens and Le (2019), "RandAugment: Practical automated data augmentation with a reduced search space",
    arXiv:1909.13719.

        strength = magnitude / 30: turn 30 degrees, shear 0.3, shift 45 % of the side, light and colour 0.9,
        8 - round(4 strength) bits, levels inverted from 1 - strength on; turns and amounts of either sign

    Args:
        n_changes: that each picture goes through, one after the other.
        magnitude: from 0 to 30.
        left_out: names of changes that are not drawn, of `CHANGES`: "identity", "shear x", "shear y",
            "translate x", "translate y", "rotate", "brightness", "color", "contrast", "sharpness",
            "posterize", "solarize", "autocontrast", "equalize".
        padding: what stands where there was nothing: "zeros", "border" or "reflection".

    Raises:
        InputError: when a number is out of its range, a name is unknown, all are left out, or the batch is
            not one of pictures.

    Example:
        >>> change = RandAugment(n_changes=2, magnitude=9)
        >>> change(torch.rand(5, 3, 16, 16), torch.zeros(5), torch.Generator().manual_seed(0))[0].shape
        torch.Size([5, 3, 16, 16])
    """

    n_changes: int = 2
    magnitude: float = 9.0
    left_out: tuple[str, ...] = ()
    padding: Padding = "border"

    def __post_init__(self) -> None:
        if self.n_changes < 1:
            raise InputError("n_changes must be at least 1", f"{self.n_changes}", "2 is usual")
        if not 0 <= self.magnitude <= STRONGEST:
            raise InputError("magnitude must be between 0 and 30", f"{self.magnitude}", "9 is usual")
        if unknown := set(self.left_out) - set(CHANGES):
            expected = f"left_out must name some of {', '.join(CHANGES)}"
            raise InputError(expected, repr(sorted(unknown)[0]), "check the spelling")
        if set(self.left_out) == set(CHANGES):
            raise InputError("left_out must leave a change", "all of them", "name fewer")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch, each picture changed in its own way.

        Args:
            inputs: uint8 or floats (batch, channels, height, width), of 1 or 3 channels.
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        white = 1.0 if inputs.is_floating_point() else 255.0
        levels = (inputs * (255 / white)).round().to(torch.uint8)
        kept = torch.tensor([number for number, name in enumerate(CHANGES) if name not in self.left_out])
        for _ in range(self.n_changes):
            drawn = kept[torch.randint(len(kept), (len(inputs),), generator=generator)]
            sign = torch.randint(2, (len(inputs),), generator=generator) * 2.0 - 1
            levels = self.apply(levels, drawn.to(inputs.device), sign.to(inputs.device))
        return (levels.to(inputs.dtype) / 255 if white == 1.0 else levels), target

    def apply(self, levels: Tensor, numbers: Tensor, sign: Tensor) -> Tensor:
        """Return pictures, each after one given change.

        Args:
            levels: uint8 (batch, channels, height, width).
            numbers: (batch), places in `CHANGES`.
            sign: (batch), 1 or -1, of turns, shifts and amounts.
        """
        out = levels.clone()
        moved = (numbers >= 1) & (numbers <= len(MOVES))
        if moved.any():
            out[moved] = self._move(levels[moved], numbers[moved], sign[moved])
        for name, change in self._lights().items():
            rows = numbers == CHANGES.index(name)
            if rows.any():
                out[rows] = change(levels[rows], sign[rows])
        return out

    def _move(self, levels: Tensor, numbers: Tensor, sign: Tensor) -> Tensor:
        height, width = levels.shape[-2:]
        amount = sign * (self.magnitude / STRONGEST)

        def of(name: str, largest: float) -> Tensor:
            return torch.where(numbers == CHANGES.index(name), amount * largest, 0.0)

        return affine(
            levels,
            angle=of("rotate", 30.0),
            shift=torch.stack(
                [of("translate x", width * 150 / 331), of("translate y", height * 150 / 331)], 1
            ),
            scale=torch.ones_like(amount),
            shear=torch.rad2deg(torch.stack([of("shear x", 0.3), of("shear y", 0.3)], 1).atan()),
            padding=self.padding,
        )

    def _lights(self) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
        strength = self.magnitude / STRONGEST
        blend = {
            "brightness": adjust_brightness,
            "color": adjust_saturation,
            "contrast": adjust_contrast,
            "sharpness": adjust_sharpness,
        }
        changes: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
            name: partial(_blended, change, 0.9 * strength) for name, change in blend.items()
        }
        lost = round(4 * strength)
        return changes | {
            "posterize": lambda levels, _: levels >> lost << lost,
            "solarize": lambda levels, sign: solarize(levels, torch.full_like(sign, 1 - strength)),
            "autocontrast": lambda levels, _: stretch_levels(levels),
            "equalize": lambda levels, _: equalize(levels),
        }


def _blended(
    change: Callable[[Tensor, Tensor], Tensor], amount: float, levels: Tensor, sign: Tensor
) -> Tensor:
    return change(levels, 1 + sign * amount)
