"""One step of a player: loss and gradients on a batch, by autograd or by the hand-written fast path."""

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim import LBFGS, Optimizer

from netwright.core.errors import InputError
from netwright.core.listening import listeners, tell_of_loss
from netwright.training.batches import map_tensors
from netwright.training.distribute import World, average, average_gradients
from netwright.training.distribute.shards import is_divided
from netwright.training.objective import Objective, OutputObjective, Player
from netwright.training.showing import show
from netwright.training.stack import FusedStep, Stack

Call = Callable[[Callable[[nn.Module, Any], Any], Any], Any]
"""Takes a function of a network and a batch, and the batch, and returns what the function gives."""


def needs_closure(optimizer: Optimizer) -> bool:
    """Return whether an optimizer computes loss and gradients more than once in a step.

    It says so by an attribute `needs_closure = True`; its `step` is then given a function that computes both
    anew on the same batch, and is stepped in no other way.

    Args:
        optimizer: any.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(1))
        >>> needs_closure(torch.optim.SGD([weight])), needs_closure(torch.optim.LBFGS([weight]))
        (False, True)
    """
    return isinstance(optimizer, LBFGS) or bool(getattr(optimizer, "needs_closure", False))


class Stepper(ABC):
    """Computes the loss of a player on a batch, and leaves the gradients in its parameters.

    Attributes:
        rows_at_once: how many rows of a batch pass the network together; None for all.
        penalties: what callbacks make of the loss before it is differentiated.
    """

    def __init__(self, objective: Objective, world: World) -> None:
        self.objective, self.world = objective, world
        self.rows_at_once: int | None = None
        self._steps: dict[int, FusedStep] = {}
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
            loss = self.differentiate(player, batch, scale, add=False)
        else:
            loss = self._in_parts(player, batch, scale, self.rows_at_once)
        if self.world.size > 1:
            self.average(player)
        return loss

    def move(self, optimizer: Optimizer) -> None:
        """Let an optimizer take its step."""
        step = self._steps.get(id(optimizer))
        if step is None:
            step = self._steps[id(optimizer)] = FusedStep(optimizer)
        step()

    def answer(
        self, optimizer: Optimizer, player: Player, batch: Any, scale: float, hear: Callable[..., None]
    ) -> None:
        """Let an optimizer ask for loss and gradients as often as its step needs.

        Args:
            optimizer: of the player, which needs a closure.
            player: whose loss it is.
            batch: this process's part of the rows.
            scale: by how much they count among all processes.
            hear: called with each loss, and with `first=True` for the first of the step.
        """
        asked = itertools.count()

        def closure() -> float:
            loss = self.loss(player, batch, scale)
            hear(loss, first=next(asked) == 0)
            if self.world.size == 1:
                return loss  # type: ignore[return-value]  # as good as its number
            return self.world.sums([float(loss) * scale])[0] / self.world.size

        optimizer.step(closure)

    @abstractmethod
    def differentiate(self, player: Player, batch: Any, scale: float, *, add: bool) -> Tensor:
        """Return the mean loss, and leave its gradient times `scale`, added to what is there or not."""

    @abstractmethod
    def average(self, player: Player) -> None:
        """Replace the player's gradients by their mean over all processes."""

    def _in_parts(self, player: Player, batch: Any, scale: float, rows_at_once: int) -> Tensor:
        n_rows = self.objective.n_rows(batch)
        smallest = math.floor(n_rows / scale + 1e-6)  # as many parts in every process, for layers that meet
        n_parts = max(1, math.ceil(smallest / rows_at_once))
        total, seen = torch.zeros((), dtype=torch.float64), 0
        for number in range(n_parts):
            rows = slice(n_rows * number // n_parts, n_rows * (number + 1) // n_parts)
            part = map_tensors(batch, itemgetter(rows))
            n_part = self.objective.n_rows(part)
            share = n_part / n_rows
            total += self.differentiate(player, part, scale * share, add=number > 0) * share
            seen += n_part
        if seen != n_rows:
            raise InputError(
                "a batch must be made of tensors with one entry for each row, to be cut into parts",
                f"parts of {seen} rows from a batch of {n_rows}",
                "leave gradient accumulation out",
            )
        return total


@final
class AutogradStepper(Stepper):
    """Differentiates whatever the objective computes.

    Args:
        objective: tells how many rows a batch has.
        world: the processes that average their gradients.
        call: computes something with the network and a batch.
        precision: in which layers compute.

    Example:
        >>> from netwright.training import Batch, Supervised
        >>> network, objective = nn.Linear(1, 1), Supervised(nn.MSELoss())
        >>> (player,) = objective.players(network)
        >>> batch = Batch(torch.zeros(2, 1), torch.zeros(2, 1))
        >>> stepper = AutogradStepper(objective, World(), lambda compute, rows: compute(network, rows))
        >>> stepper.loss(player, batch, 1.0) == network.bias.item() ** 2
        tensor(True)
    """

    def __init__(
        self,
        objective: Objective,
        world: World,
        call: Call,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(objective, world)
        self.call, self.precision = call, precision

    def differentiate(self, player: Player, batch: Any, scale: float, *, add: bool) -> Tensor:
        """Compute the loss, and let autograd go back through it."""
        if not add:
            for parameter in player.parameters:
                parameter.grad = None
        if self.precision is torch.float32:
            loss = self.call(player.loss, batch)
        else:
            with torch.autocast(player.parameters[0].device.type, self.precision):
                loss = self.call(player.loss, batch)
        total = loss
        for penalty in self.penalties:
            total = penalty(player, total)
        (total if scale == 1 else total * scale).backward()
        detached: Tensor = loss.detach()
        return detached

    def average(self, player: Player) -> None:
        """Average what autograd left; the gradients of a divided network come averaged."""
        if not is_divided(player.parameters[0]):
            average_gradients(player.parameters, self.world)


@final
class StackStepper(Stepper):
    """Goes through a plain stack by hand.

    Args:
        objective: whose gradient with respect to the outputs it begins with.
        world: the processes that average their gradients.
        stack: of the network.
        network: itself, for whoever wants to see a step by autograd.

    Example:
        >>> from netwright.training import Batch, Supervised
        >>> network, objective = nn.Linear(1, 1), Supervised(nn.MSELoss())
        >>> (player,) = objective.players(network)
        >>> stepper = StackStepper(objective, World(), Stack.of(network), network)
        >>> _ = stepper.loss(player, Batch(torch.ones(2, 1), torch.zeros(2, 1)), 1.0)
        >>> torch.allclose(network.bias.grad, 2 * network(torch.ones(1)))
        True
    """

    def __init__(self, objective: OutputObjective, world: World, stack: Stack, network: nn.Module) -> None:
        super().__init__(objective, world)
        self.outputs_gradient, self.stack, self.network = objective.outputs_gradient, stack, network

    def differentiate(self, player: Player, batch: Any, scale: float, *, add: bool) -> Tensor:
        """Go forward, ask the objective for the gradient of the outputs, and go back."""
        if listeners and (shown := any(one.wants_graphs for one in listeners)):
            show(self.network, player.loss, batch)
        loss, gradient = self.outputs_gradient(self.stack.forward(batch.inputs), batch)
        self.stack.backward(gradient if scale == 1 else gradient * scale, add=add)
        if listeners and not shown:
            tell_of_loss(float(loss))
        return loss

    def average(self, player: Player) -> None:
        """Average the one gradient of all parameters."""
        if self.stack.flat.grad is not None:
            average(self.stack.flat.grad, self.world)
