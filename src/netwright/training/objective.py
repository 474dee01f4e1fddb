"""What a training run makes smaller: one loss for one player, or several players with a loss each."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.closed_forms import answer, closed_form
from netwright.training.samples import Batch


@dataclass(frozen=True)
class Player:
    """Someone who moves its own parameters to make its own loss smaller.

    Args:
        name: how the record calls it; the losses of players other than the first are recorded under
            "<name>_loss".
        parameters: what it may move, and nobody else.
        loss: (network, batch) -> number.
        steps: its optimizer steps for each step of the loop.
        learning_rate: factor on the rate of the run.

    Example:
        >>> net = nn.Linear(2, 1)
        >>> Player("net", tuple(net.parameters()), lambda network, batch: network(batch).sum()).steps
        1
    """

    name: str
    parameters: tuple[nn.Parameter, ...]
    loss: Callable[[nn.Module, Any], Tensor]
    steps: int = 1
    learning_rate: float = 1.0


class Objective(ABC):
    """Maps a network and a batch to the loss, for one player or several.

    A subclass gives `loss`; one with several players (a GAN) gives `players` as well. What validation and
    metrics need, `n_rows`, `predict` and `truth`, has defaults for a `Batch`.

    Example:
        >>> class Absolute(Objective):
        ...     def loss(self, network, batch):
        ...         return (network(batch.inputs) - batch.target).abs().mean()
        >>> import torch
        >>> Absolute().loss(nn.Identity(), Batch(torch.ones(2, 1), torch.zeros(2, 1)))
        tensor(1.)
    """

    @abstractmethod
    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """Return the mean loss of the batch, a number with gradient."""

    def players(self, network: nn.Module) -> tuple[Player, ...]:
        """Return who moves what; by default one player moves every parameter that takes a gradient."""
        parameters = tuple(p for p in network.parameters() if p.requires_grad)
        return (Player("network", parameters, self.loss),)

    def n_rows(self, batch: Any) -> int:
        """Return how many rows the batch has, which is how much it counts in the mean over an epoch."""
        n_rows: int = batch.target.shape[0]  # the length of a tensor takes twenty times as long
        return n_rows

    def predict(self, network: nn.Module, batch: Any) -> Tensor:
        """Return what metrics compare with the truth; by default what the network gives."""
        prediction: Tensor = network(batch.inputs)
        return prediction

    def judge(self, network: nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
        """Return loss and prediction; a subclass that can do so gives both from one pass of the network."""
        return self.loss(network, batch), self.predict(network, batch)

    def truth(self, batch: Any) -> Tensor:
        """Return what metrics compare the prediction with; by default the target."""
        target: Tensor = batch.target
        return target


class OutputObjective(Objective):
    """An objective of one player whose loss is a function of the network's outputs and the batch alone.

    A subclass gives `outputs_loss`. Such a loss can be differentiated apart from the network, which the
    loop's hand-written fast path needs; where its gradient has a closed form, `outputs_gradient` gives it.

    Example:
        >>> import torch
        >>> class Absolute(OutputObjective):
        ...     def outputs_loss(self, outputs, batch):
        ...         return (outputs - batch.target).abs().mean()
        >>> batch = Batch(torch.ones(2, 1), torch.zeros(2, 1))
        >>> Absolute().loss(nn.Identity(), batch)
        tensor(1.)
        >>> Absolute().outputs_gradient(batch.inputs, batch)[1]
        tensor([[0.5000],
                [0.5000]])
    """

    @abstractmethod
    def outputs_loss(self, outputs: Tensor, batch: Any) -> Tensor:
        """Return the mean loss of what the network gave for the batch in training.

        Args:
            outputs: of the network for `batch.inputs`.
            batch: inputs, targets and weights.
        """

    def outputs_gradient(self, outputs: Tensor, batch: Any) -> tuple[Tensor, Tensor]:
        """Return the mean loss and its gradient with respect to the outputs; by default, autograd's.

        Args:
            outputs: of the network for `batch.inputs`; they stay as they are.
            batch: inputs, targets and weights.
        """
        leaf = outputs.detach().requires_grad_()
        with torch.enable_grad():
            loss = self.outputs_loss(leaf, batch)
        (gradient,) = torch.autograd.grad(loss, leaf)
        return loss.detach(), gradient

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """Return the mean loss of the batch."""
        return self.outputs_loss(network(batch.inputs), batch)


@final
class Supervised(OutputObjective):
    """The mean loss between the network's outputs and the targets, with row weights.

        loss = 1/n sum_i w_i * l(f(x_i), y_i)

    Weights are relative to 1: scaled so that their mean over all training rows is 1, a weight of 2 is the
    same as the row standing there twice.

    Args:
        loss: (prediction, target) -> a loss for each row, or one number for the batch. A torch loss with a
            `reduction` is asked for its unreduced form, so that weights work; what it gives beyond rows is
            averaged.
        predict: turns the network's outputs into what metrics compare, such as probabilities.

    Raises:
        InputError: in training, when rows have weights and the loss gives only one number.

    Example:
        >>> import torch
        >>> objective = Supervised(nn.MSELoss())
        >>> batch = Batch(torch.tensor([[1.0], [2.0]]), torch.zeros(2, 1), torch.tensor([1.0, 3.0]))
        >>> objective.loss(nn.Identity(), batch)
        tensor(6.5000)
    """

    def __init__(
        self,
        loss: Callable[[Tensor, Tensor], Tensor],
        predict: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self._rows = _unreduced(loss)
        self._closed = closed_form(loss)
        self._predict = predict

    def outputs_loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return the weighted mean loss of the outputs."""
        rows = self._rows(outputs, batch.target)
        if rows.ndim > 1:
            rows = rows.flatten(1).mean(1)
        if batch.weight is None:
            return rows.mean()
        if rows.ndim == 0:
            raise InputError(
                "loss must give a loss for each row when rows have weights",
                "one number for the batch",
                "return the losses unreduced, or fit without sample_weight and class_weight",
            )
        return (rows * batch.weight).mean()

    def outputs_gradient(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and its gradient with respect to the outputs, in closed form where there is one."""
        closed = self._closed and answer(self._closed, outputs, batch.target, batch.weight)
        return closed or super().outputs_gradient(outputs, batch)

    def predict(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the outputs, or what the given function makes of them."""
        return self._answer(network(batch.inputs))

    def judge(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return loss and prediction from one pass of the network."""
        outputs = network(batch.inputs)
        return self.outputs_loss(outputs, batch), self._answer(outputs)

    def _answer(self, outputs: Tensor) -> Tensor:
        return outputs if self._predict is None else self._predict(outputs)


def count_work(parameters: Iterable[nn.Parameter], batch_size: int) -> float:
    """Estimate the floating-point operations of one training step of a feed-forward network.

    Each weight of a matrix takes part in one multiplication and addition forward and two backward.

    Args:
        parameters: of the network.
        batch_size: rows in a step.

    Example:
        >>> count_work(nn.Linear(10, 10).parameters(), batch_size=2)
        1200.0
    """
    return 6.0 * batch_size * sum(p.numel() for p in parameters if p.ndim > 1)


def _unreduced(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    if isinstance(loss, nn.Module) and hasattr(loss, "reduction"):
        loss = copy.deepcopy(loss)
        setattr(loss, "reduction", "none")  # noqa: B010  (mypy takes a module's attributes for tensors)
    return loss
