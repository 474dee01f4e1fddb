"""Reconstruction with something else that is to be small beside its error."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

from torch import Tensor, nn

from netwright.training import Batch, Objective, Supervised, Training

Penalty = Callable[[Any, Tensor, Tensor], Tensor]
"""(network, rows, their codes) -> one number with a gradient."""


@final
class PenalisedReconstruction(Objective):
    """The mean error of rows that an autoencoder makes again, and a penalty on its codes.

        loss = mean |x - g(f(x))|^2 + penalty(f, x)

    Args:
        penalty: (network, rows, codes) -> one number.
        loss: (rows made, rows) -> a loss for each row, in place of the squared error.

    Example:
        >>> import torch
        >>> from netwright.nets import AutoencoderNetwork
        >>> network = AutoencoderNetwork(nn.Identity(), nn.Identity())
        >>> objective = PenalisedReconstruction(lambda network, rows, codes: codes.abs().mean())
        >>> objective.loss(network, Batch(torch.ones(4, 3), torch.ones(4, 3)))
        tensor(1.)
    """

    def __init__(self, penalty: Penalty, loss: Callable[[Tensor, Tensor], Tensor] | None = None) -> None:
        self.penalty, self.error = penalty, Supervised(loss or nn.MSELoss())

    def loss(self, network: Any, batch: Batch) -> Tensor:
        """Return the mean error of the batch and the penalty, as one number."""
        codes = network.encode(batch.inputs)
        rebuilt, rows = network.standardise(network.decode(codes)), network.standardise(batch.target)
        error = self.error.outputs_loss(rebuilt, Batch(rows, rows, batch.weight))
        return error + self.penalty(network, batch.inputs, codes)


def with_penalty(training: Training, penalty: Penalty) -> Training:
    """Return the recipe with a penalty beside its loss, unless that is an objective of the user's own.

    Args:
        training: the recipe.
        penalty: (network, rows, codes) -> one number.

    Example:
        >>> type(with_penalty(Training(), lambda network, rows, codes: codes.mean()).loss).__name__
        'PenalisedReconstruction'
    """
    if isinstance(training.loss, Objective):
        return training
    return replace(training, loss=PenalisedReconstruction(penalty, training.loss))
