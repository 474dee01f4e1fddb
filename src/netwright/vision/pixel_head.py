"""The head of networks that give each pixel a class."""

from dataclasses import dataclass
from typing import final

import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import InputError
from netwright.estimators.heads import Head

UNLABELLED = -100
"""The class number of pixels that count for nothing, as torch's cross-entropy has it."""


@final
@dataclass(frozen=True)
class PixelHead(Head):
    """One class of several for each pixel, with a weight for each class.

    Args:
        n_classes: how many.
        weights: of the classes; None for 1 each.

    Example:
        >>> import torch
        >>> PixelHead(2).activate(torch.zeros(1, 2, 1, 1)).flatten()
        tensor([0.5000, 0.5000])
    """

    n_classes: int
    weights: tuple[float, ...] | None = None

    @property
    def n_outputs(self) -> int:
        """One logit per class."""
        return self.n_classes

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy over the labelled pixels of each picture."""
        if outputs.shape[2:] != target.shape[1:]:
            raise InputError(
                f"the network must answer with the size of the pictures, {tuple(target.shape[1:])}",
                str(tuple(outputs.shape[2:])),
                "give a backbone that pads",
            )
        weights = None if self.weights is None else outputs.new_tensor(self.weights)
        losses = F.cross_entropy(outputs, target, weights, ignore_index=UNLABELLED, reduction="none")
        labelled = (target != UNLABELLED).flatten(1).sum(1).clamp_min(1)
        return losses.flatten(1).sum(1) / labelled

    def combine(self, outputs: Tensor) -> Tensor:
        """Outputs of several members do not come to this head; they stay as they are."""
        return outputs

    def activate(self, outputs: Tensor) -> Tensor:
        """Probabilities, (rows, classes, height, width)."""
        return outputs.softmax(dim=1)
