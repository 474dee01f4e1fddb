"""Two views of each picture, for learning without labels."""

from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.color_jitter import (
    ColorJitter,
    GaussianBlur,
    RandomGrayscale,
    RandomSolarize,
)
from netwright.data.augmentations.pictures.in_turn import Augment, InTurn
from netwright.data.augmentations.pictures.random_crop import RandomResizedCrop
from netwright.data.augmentations.pictures.random_flip import RandomFlip


@final
@dataclass(frozen=True)
class TwoViews:
    """Changes each batch twice, independently, so that a network learns what both views have in common.

    Use it with `BarlowTwinsLoss` and other losses of two views: as
    `Training(callbacks=[Augmentation(TwoViews(...))])` the objective finds both views as a pair under
    `batch.inputs`; in your own loop call `views`. Rows stay in their order and targets as they are.

    Args:
        first: makes the first view.
        second: makes the second one; None for the same as the first, drawn anew.

    Example:
        >>> from netwright.data import RandomCrop
        >>> pictures = torch.rand(5, 3, 8, 8)
        >>> one, other = TwoViews(RandomCrop(2)).views(pictures, torch.Generator().manual_seed(0))
        >>> one.shape == other.shape, torch.equal(one, other)
        (True, False)

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
    """

    first: Augment
    second: Augment | None = None

    def views(self, inputs: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return both views of a batch.

        Args:
            inputs: (batch, ...).
            generator: on the processor; draws the first view, then the second.
        """
        none = torch.zeros(len(inputs), device=inputs.device)
        first, _ = self.first(inputs, none, generator)
        second, _ = (self.second or self.first)(inputs, none, generator)
        return first, second

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Any, Tensor]:
        """Return the pair of views, and the target as it is.

        Args:
            inputs: (batch, ...).
            target: (batch, ...).
            generator: on the processor.
        """
        return self.views(inputs, generator), target


def barlow_views(
    channels: int = 3, *, smallest_crop: float = 0.08, flip: bool = True, color: float = 1.0
) -> TwoViews:
    """Return the two views of Barlow Twins: crops, flips, colours, grey, blur and solarised light.

    Use it as it is for photographs of 64 pixels and more. Small pictures of one thing bear a smallest crop of
    0.2 to 0.5; digits and letters no flip. Pictures of one channel keep brightness and contrast alone.

    Args:
        channels: of the pictures, 1 or 3.
        smallest_crop: share of the area that a view keeps at least.
        flip: whether views are mirrored.
        color: multiplies the published amounts of change in colour; 0 leaves colour as it is.

    Raises:
        InputError: when channels is neither 1 nor 3, or an amount is out of its range.

    Example:
        >>> views = barlow_views(channels=1, smallest_crop=0.5, flip=False)
        >>> one, other = views.views(torch.rand(5, 1, 16, 16), torch.Generator().manual_seed(0))
        >>> one.shape
        torch.Size([5, 1, 16, 16])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
        Differs: the widths of the blur, 0.1 to 2 pixels, are meant for 224 pixels; they shrink with the
        picture.
    """
    if channels not in (1, 3):
        raise InputError("channels must be 1 or 3", f"{channels}", "make TwoViews of your own augmentations")
    return TwoViews(*(_Barlow(channels, smallest_crop, flip, color, number) for number in (0, 1)))


@final
@dataclass(frozen=True)
class _Barlow:
    """One of the two views; the second one is blurred seldom and solarised at times."""

    channels: int
    smallest_crop: float
    flip: bool
    color: float
    number: int

    def __post_init__(self) -> None:
        self.chain(1.0)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self.chain(min(1.0, max(inputs.shape[-2:]) / 224))(inputs, target, generator)

    def chain(self, shrunk: float) -> InTurn:
        """The augmentations in their order, for pictures of that share of 224 pixels."""
        steps: list[Augment] = [RandomResizedCrop(scale=(self.smallest_crop, 1.0))]
        if self.flip:
            steps.append(RandomFlip())
        if self.color:
            light, colors, hue = (self.color * amount for amount in (0.4, 0.2, 0.1))
            steps.append(ColorJitter(light, light, colors, hue, share=0.8))
            if self.channels == 3:
                steps.append(RandomGrayscale(0.2))
        steps.append(GaussianBlur((0.1 * shrunk, 2.0 * shrunk), share=(1.0, 0.1)[self.number]))
        if self.color and self.number:
            steps.append(RandomSolarize(0.2))
        return InTurn(steps)
