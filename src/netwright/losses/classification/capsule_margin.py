"""The margin loss of capsules: each class by itself is long where it is there, and short where it is not."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, check_same_shape, reduce_losses


@final
class CapsuleMarginLoss(nn.Module):
    """Squared lack of length of the capsules of true classes, and squared excess of the others.

    Use it on the lengths that `nets.CapsNet` gives. Classes do not compete, so that a picture may show
    several: the target is then 0 or 1 for each class.

        loss = sum_k T_k max(0, present - l_k)^2 + weight (1 - T_k) max(0, l_k - absent)^2

    Args:
        present: length from which on the capsule of a true class costs nothing.
        absent: length up to which that of another class costs nothing.
        weight: of absent classes, which are many; less than 1 keeps all capsules from shrinking at first.
        reduction: "mean", "sum" or "none".

    Raises:
        InputError: unless 0 <= absent < present <= 1; in a call, when the target is a matrix of another shape
            than the lengths.

    Example:
        >>> import torch
        >>> CapsuleMarginLoss()(torch.tensor([[0.7, 0.3, 0.0]]), torch.tensor([0]))
        tensor(0.0600)

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    def __init__(
        self, present: float = 0.9, absent: float = 0.1, weight: float = 0.5, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if not 0 <= absent < present <= 1:
            came = f"absent={absent}, present={present}"
            raise InputError(
                "margins must be lengths, 0 <= absent < present <= 1", came, "0.1 and 0.9 are usual"
            )
        self.present, self.absent, self.weight = present, absent, weight
        self.reduction = check_reduction(reduction)

    def forward(
        self,
        lengths: Float[Tensor, "batch classes"],
        target: Int[Tensor, "batch"] | Float[Tensor, "batch classes"],
    ) -> Float[Tensor, "*losses"]:
        if target.ndim == 1:
            there = F.one_hot(target.long(), lengths.shape[1]).to(lengths)
        else:
            check_same_shape(lengths, target)
            there = target.to(lengths)
        lacking = F.relu(self.present - lengths).square()
        excess = F.relu(lengths - self.absent).square()
        losses = (there * lacking + self.weight * (1 - there) * excess).sum(1)
        return reduce_losses(losses, self.reduction)
