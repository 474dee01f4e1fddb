"""One head made of several: a network with several targets, each with its own loss."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.estimators.heads import BinaryHead, Head, RegressionHead, SoftmaxHead


@final
@dataclass(frozen=True)
class JointHead(Head):
    """Several targets of one network, classes and numbers mixed; their losses are added with weights.

        loss = sum_t w_t * loss_t(outputs_t, target_t)

    Targets are (rows, targets): class numbers where a head has classes.

    Args:
        heads: one for each target: `BinaryHead`, `SoftmaxHead` or a `RegressionHead` of one number.
        weights: of each loss.

    Example:
        >>> head = JointHead((BinaryHead(), SoftmaxHead(3)), weights=(1.0, 0.5))
        >>> head.n_outputs
        4
    """

    heads: tuple[Head, ...]
    weights: tuple[float, ...]

    @property
    def n_outputs(self) -> int:
        """The outputs of all heads side by side."""
        return sum(head.n_outputs for head in self.heads)

    def encode(self, target: Tensor) -> Tensor:
        """Standardise the columns of numbers; class numbers stay as they are."""
        columns = [
            head.encode(column[:, None])[:, 0] if isinstance(head, RegressionHead) else column
            for head, column in zip(self.heads, target.unbind(1), strict=True)
        ]
        return torch.stack(columns, dim=1).float()

    def losses(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each row and target before weighting, (rows, targets)."""
        columns = zip(self.heads, self.parts(outputs), target.unbind(1), strict=True)
        return torch.stack([head.loss(part, _of(head, column)) for head, part, column in columns], dim=1)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """The weighted sum of the losses of all targets."""
        losses = self.losses(outputs, target)
        return (losses * losses.new_tensor(self.weights)).sum(1)

    def combine(self, outputs: Tensor) -> Tensor:
        """Each head's own way of combining members."""
        parts = outputs.split([head.n_outputs for head in self.heads], dim=-1)  # type: ignore[no-untyped-call]
        return torch.cat([head.combine(part) for head, part in zip(self.heads, parts, strict=True)], dim=1)

    def activate(self, outputs: Tensor) -> Tensor:
        """Probabilities and values side by side."""
        parts = zip(self.heads, self.parts(outputs), strict=True)
        return torch.cat([head.activate(part).reshape(len(outputs), -1) for head, part in parts], dim=1)

    def parts(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs that belong to each head."""
        sizes = [head.n_outputs for head in self.heads]
        return tuple(outputs.split(sizes, dim=1))  # type: ignore[no-untyped-call]


def _of(head: Head, column: Tensor) -> Tensor:
    if isinstance(head, SoftmaxHead):
        return column.long()
    return column if isinstance(head, BinaryHead) else column[:, None]
