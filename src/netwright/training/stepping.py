"""One step of a player: loss and gradients on a batch, by autograd or by the hand-written fast path."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netwright.core.errors import InputError
from netwright.training.batches import map_tensors
from netwright.training.objective import Objective, Player


class Stepper(ABC):
    """Computes the loss of a player on a batch, and leaves the gradients in its parameters.

    Attributes:
        rows_at_once: how many rows of a batch pass the network together; None for all.
        penalties: what callbacks make of the loss before it is differentiated.
    """

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        self.network, self.objective = network, objective
        self.rows_at_once: int | None = None
        self.penalties: Sequence[Callable[[Player, Tensor], Tensor]] = ()

    def loss(self, player: Player, batch: Any, scale: float) -> Tensor:
        """Return the mean loss over the batch, and leave its gradient times `scale`.

        Args:
            player: whose loss it is.
            batch: this process's part of the rows.
            scale: by how much they count among all processes.

        Raises:
            InputError: when the batch has to be cut into parts and cannot be.
        """
        if self.rows_at_once is None:
            return self.differentiate(player, batch, scale, add=False)
        n_rows = self.objective.n_rows(batch)
        total, seen = torch.zeros((), dtype=torch.float64), 0
        for first in range(0, n_rows, self.rows_at_once):
            rows = slice(first, first + self.rows_at_once)
            part = map_tensors(batch, itemgetter(rows))
            n_part = self.objective.n_rows(part)
            total += self.differentiate(player, part, scale * n_part / n_rows, add=first > 0) * (
                n_part / n_rows
            )
            seen += n_part
        if seen != n_rows:
            raise InputError(
                "a batch must be made of tensors with one entry for each row, to be cut into parts",
                f"parts of {seen} rows from a batch of {n_rows}",
                "leave gradient accumulation out",
            )
        return total

    def move(self, optimizer: Optimizer) -> None:
        """Let the optimizer take its step."""
        optimizer.step()

    @abstractmethod
    def differentiate(self, player: Player, batch: Any, scale: float, *, add: bool) -> Tensor:
        """Return the mean loss, and leave its gradient times `scale`, added to what is there or not."""


@final
class AutogradStepper(Stepper):
    """Differentiates whatever the objective computes.

    Args:
        network: as the objective calls it.
        objective: tells how many rows a batch has.
        precision: in which layers compute.

    Example:
        >>> from netwright.training import Batch, Supervised
        >>> network, objective = nn.Linear(1, 1), Supervised(nn.MSELoss())
        >>> (player,) = objective.players(network)
        >>> batch = Batch(torch.zeros(2, 1), torch.zeros(2, 1))
        >>> AutogradStepper(network, objective).loss(player, batch, 1.0) == network.bias.item() ** 2
        tensor(True)
    """

    def __init__(
        self, network: nn.Module, objective: Objective, precision: torch.dtype = torch.float32
    ) -> None:
        super().__init__(network, objective)
        self.precision = precision

    def differentiate(self, player: Player, batch: Any, scale: float, *, add: bool) -> Tensor:
        """Compute the loss, and let autograd go back through it."""
        if not add:
            for parameter in player.parameters:
                parameter.grad = None
        if self.precision is torch.float32:
            loss = player.loss(self.network, batch)
        else:
            with torch.autocast(player.parameters[0].device.type, self.precision):
                loss = player.loss(self.network, batch)
        total = loss
        for penalty in self.penalties:
            total = penalty(player, total)
        (total if scale == 1 else total * scale).backward()  # type: ignore[no-untyped-call]
        return loss.detach()
