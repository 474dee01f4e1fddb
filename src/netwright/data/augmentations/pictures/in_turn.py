"""Several augmentations, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


@final
@dataclass(frozen=True)
class InTurn:
    """Changes a batch by one augmentation after the other.

    Use it to give several as one, such as to `TwoViews`.

    Args:
        augmentations: (inputs, target, generator) -> (inputs, target), in their order.

    Example:
        >>> from netwright.data import RandomCrop, RandomFlip
        >>> both = InTurn([RandomFlip(), RandomCrop(2)])
        >>> both(torch.ones(5, 3, 8, 8), torch.zeros(5), torch.Generator())[0].shape
        torch.Size([5, 3, 8, 8])
    """

    augmentations: Sequence[Augment]

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch after the last of them.

        Args:
            inputs: (batch, ...).
            target: (batch, ...).
            generator: on the processor, passed on from one to the next.
        """
        for augmentation in self.augmentations:
            inputs, target = augmentation(inputs, target, generator)
        return inputs, target
