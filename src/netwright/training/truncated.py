"""Backpropagation through time: recurrent cells are unrolled, and the way back may be cut."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from netwright.core.errors import InputError
from netwright.training.batches import map_tensors
from netwright.training.distribute.shards import is_divided
from netwright.training.objective import Objective, Supervised
from netwright.training.samples import Batch

Cell = Callable[[Tensor, Any], Any]


def unroll(
    cell: Cell, inputs: Tensor, state: Any = None, *, truncate: int | None = None
) -> tuple[Tensor, Any]:
    """Apply a recurrent cell to each step of a sequence in turn, so that autograd can go back through time.

    Use it for cells that are called step by step, such as `nn.GRUCell`, `nn.LSTMCell` or one of your own.

        state_t = cell(x_t, state_(t-1)),  output_t = state_t, or the first part of it

    Args:
        cell: (inputs of one step, state) -> state; a state of several parts begins with the output.
        inputs: (batch, time, ...).
        state: before the first step; None where the cell makes its own.
        truncate: gradients do not pass from one run of so many steps to the one before; None for no cut.

    Returns:
        The outputs, (batch, time, ...), and the last state.

    Raises:
        InputError: when there is no step, or truncate is below 1.

    Example:
        >>> outputs, state = unroll(nn.LSTMCell(3, 4), torch.zeros(2, 5, 3))
        >>> outputs.shape, torch.equal(outputs[:, -1], state[0])
        (torch.Size([2, 5, 4]), True)

    Source:
        Werbos (1990), "Backpropagation through time: what it does and how to do it", doi:10.1109/5.58337;
        the cut: Williams and Peng (1990), "An Efficient Gradient-Based Algorithm for On-Line Training of
        Recurrent Network Trajectories", doi:10.1162/neco.1990.2.4.490.
    """
    _check_steps("truncate", truncate)
    if inputs.ndim < 2 or not inputs.shape[1]:
        raise InputError(
            "inputs must be (batch, time, ...) with at least one step",
            str(tuple(inputs.shape)),
            "add an axis",
        )
    outputs = []
    for step, x in enumerate(inputs.unbind(1)):
        if truncate is not None and step and step % truncate == 0:
            state = map_tensors(state, Tensor.detach)
        state = cell(x, state)
        outputs.append(state if isinstance(state, Tensor) else state[0])
    return torch.stack(outputs, 1), state


@final
class TruncatedBackpropagation(Objective):
    """The mean loss of a recurrent network over sequences, with gradients that go back a few steps only.

    Use it for sequences that are too long to keep all their steps in memory. The network is called as
    `network(inputs, state)`, with None as the first state, and returns outputs and state, as `nn.GRU(...,
    batch_first=True)` does. Each window of the sequence is differentiated as soon as its loss is known, so
    that memory grows with the window and not with the sequence; the state goes on to the next window, its
    gradient does not.

        loss = 1/T sum_windows length * mean loss of the window

    Args:
        loss: (outputs, targets) of one window -> a loss for each row, or one number; as in `Supervised`.
        steps: of a window; the last one may be shorter.
        predict: turns the outputs of the whole sequence into what metrics compare.

    Raises:
        InputError: when steps is below 1; in training, when targets have not one entry for each step.

    Example:
        >>> from netwright.training import TensorSamples, Training
        >>> X = torch.randn(8, 20, 1, generator=torch.Generator().manual_seed(0))
        >>> network = nn.GRU(1, 1, batch_first=True)
        >>> objective = TruncatedBackpropagation(nn.MSELoss(), steps=5)
        >>> samples = TensorSamples(X, 0.1 * X.cumsum(1))
        >>> record = Training(epochs=3, learning_rate=0.1, validation=0).run(network, objective, samples)
        >>> record.epochs[2]["loss"] < record.epochs[0]["loss"]
        True

    Source:
        Williams and Peng (1990), "An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent
        Network Trajectories", doi:10.1162/neco.1990.2.4.490.
        Differs: gradients go back to the beginning of the window instead of as many steps from each.
    """

    def __init__(
        self,
        loss: Callable[[Tensor, Tensor], Tensor],
        steps: int,
        predict: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        _check_steps("steps", steps)
        self.steps = steps
        self._windows = Supervised(loss)
        self._predict = predict

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the mean loss over all steps; its gradient is known already."""
        parameters = [p for p in network.parameters() if p.requires_grad]
        at_once = torch.is_grad_enabled() and not is_divided(parameters[0])
        gradients: list[Tensor | None] = [None] * len(parameters)
        total = torch.zeros((), device=batch.target.device)
        for outputs, target in self._outputs(network, batch.inputs, batch.target):
            part = self._windows.outputs_loss(outputs, Batch(batch.inputs, target, batch.weight))
            part = part * (target.shape[1] / batch.target.shape[1])
            if at_once:
                found = torch.autograd.grad(part, parameters, allow_unused=True)
                gradients = [_sum(pair) for pair in zip(gradients, found, strict=True)]
                part = part.detach()
            total = total + part
        if not at_once:
            return total
        return with_gradient(total, parameters, gradients)

    def predict(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the outputs of all steps, or what the given function makes of them."""
        outputs = torch.cat([part for part, _ in self._outputs(network, batch.inputs, batch.inputs)], 1)
        return outputs if self._predict is None else self._predict(outputs)

    def _outputs(self, network: nn.Module, inputs: Tensor, target: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Give the network's outputs window by window, and the target beside them."""
        if target.ndim < 2 or inputs.shape[1] != target.shape[1]:
            raise InputError(
                "inputs and target must be (batch, time, ...), with a target for each step",
                f"{tuple(inputs.shape)} and {tuple(target.shape)}",
                "cut back whole sequences with unroll instead",
            )
        state = None
        windows = (torch.split(sequence, self.steps, 1) for sequence in (inputs, target))
        for window, beside in zip(*windows, strict=True):
            outputs, state = network(window, state)
            state = map_tensors(state, Tensor.detach)
            yield outputs, beside


def with_gradient(
    value: Tensor, parameters: Sequence[nn.Parameter], gradients: Sequence[Tensor | None]
) -> Tensor:
    """Return a number that autograd takes for a function of parameters with these gradients.

    Use it in an objective of your own that differentiates a loss part by part.

    Args:
        value: the number.
        parameters: on which it hangs.
        gradients: of the number with respect to each; None for zero.

    Example:
        >>> weight = nn.Parameter(torch.ones(2))
        >>> (3 * with_gradient(torch.tensor(5.0), [weight], [torch.tensor([1.0, 2.0])])).backward()
        >>> weight.grad
        tensor([3., 6.])
    """
    known: Tensor = _Known.apply(value, gradients, *parameters)  # type: ignore[no-untyped-call]
    return known


class _Known(torch.autograd.Function):
    """A number whose gradient was found before."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: Sequence[Tensor | None], *_: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *(None if g is None else g * scale for g in ctx.gradients)


def _sum(pair: tuple[Tensor | None, Tensor | None]) -> Tensor | None:
    known = [gradient for gradient in pair if gradient is not None]
    return sum(known[1:], known[0]) if known else None


def _check_steps(name: str, steps: int | None) -> None:
    if steps is not None and steps < 1:
        raise InputError(f"{name} must be at least 1", str(steps), "20 to 200 steps are usual")
