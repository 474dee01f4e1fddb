"""Random flips: pictures become their mirror image."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.data.augmentations.pictures.batch import check_pictures, check_share, drawn


@final
@dataclass(frozen=True)
class RandomFlip:
    """Mirrors a random share of the pictures, left to right or upside down.

    Use it where a mirrored picture shows the same thing: most photographs, but neither letters nor digits nor
    whatever says left or right. `choose_augmentation` looks at the pictures for you.

    Args:
        share: of the pictures that are mirrored.
        upside_down: mirror top and bottom instead, for pictures from above or through a microscope.

    Raises:
        InputError: when share is not between 0 and 1, or the batch is not one of pictures.

    Example:
        >>> flip = RandomFlip(share=1.0)
        >>> flip(torch.tensor([[[[1.0, 0.0]]]]), torch.zeros(1), torch.Generator())[0]
        tensor([[[[0., 1.]]]])

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
    """

    share: float = 0.5
    upside_down: bool = False

    def __post_init__(self) -> None:
        check_share("share", self.share)

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with some pictures mirrored.

        Args:
            inputs: uint8 or floats (batch, channels, height, width).
            target: given back as it is.
            generator: on the processor.
        """
        check_pictures(inputs)
        mirrored = inputs.flip(-2 if self.upside_down else -1)
        return torch.where(drawn(inputs, self.share, generator), mirrored, inputs), target
