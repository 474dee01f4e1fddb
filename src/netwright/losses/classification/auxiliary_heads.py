"""The loss of a network that answers several times: at its end, and from layers in its middle."""

from collections.abc import Callable
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class AuxiliaryHeadsLoss(nn.Module):
    """Loss of the last answer, and a share of the loss of each answer from the middle.

    Use it to train `nets.GoogLeNet` and `nets.InceptionV3` with `aux=True`, which answer with a tuple in
    training; one tensor, as they give in evaluation, has the loss of that alone.

        loss = l(y, t) + weight sum_k l(y_k, t)

    Args:
        loss: (prediction, target) -> loss, one number or one for each row.
        weight: of each auxiliary answer.

    Raises:
        InputError: when the weight is below 0.

    Example:
        >>> import torch
        >>> loss, y = AuxiliaryHeadsLoss(nn.MSELoss()), torch.ones(2, 1)
        >>> loss((y, 2 * y, y), 0 * y)
        tensor(2.5000)

    Source:
        Szegedy et al. (2014), "Going Deeper with Convolutions", arXiv:1409.4842.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor], weight: float = 0.3) -> None:
        super().__init__()
        if weight < 0:
            raise InputError("weight must be 0 or above", str(weight), "0.3 is the paper's")
        self.loss, self.weight = loss, weight

    def forward(
        self,
        prediction: Float[Tensor, "batch *shape"] | tuple[Float[Tensor, "batch *shape"], ...],
        target: Tensor,
    ) -> Float[Tensor, "*losses"]:
        if isinstance(prediction, Tensor):
            return self.loss(prediction, target)
        last, *middle = prediction
        total = self.loss(last, target)
        for answer in middle:
            total = total + self.weight * self.loss(answer, target)
        return total
