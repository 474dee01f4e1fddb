"""One layer of a stack at work: its forward and backward pass for one number of rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor


class Step(ABC):
    """A layer's two passes over buffers of its own.

    Buffers hold what the backward pass reads, so `backward` answers the last `forward` alone.

    Attributes:
        keeps_output: whether the backward pass reads what the forward pass gave, so that the next step must
            not write over it.
    """

    keeps_output: ClassVar[bool] = False

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output in training mode."""

    @abstractmethod
    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        """Leave the gradients of the parameters, and return that of the input where it is wanted.

        Args:
            gradient: of the loss with respect to the output; it may be written over unless the step is last.
            add: whether gradients of parameters are added to what is there.
        """


class Arena:
    """Gives out buffers in a fixed order: the same ones again, cut shorter, for fewer rows.

    Args:
        capacity: rows of the largest batch.
        like: a tensor of the wanted type and device.

    Example:
        >>> import torch
        >>> arena = Arena(4, torch.zeros(1))
        >>> whole = arena.reopen(4).take(3)
        >>> arena.reopen(2).take(3).data_ptr() == whole.data_ptr()
        True
    """

    def __init__(self, capacity: int, like: Tensor) -> None:
        self.capacity, self.rows = capacity, capacity
        self._like = like
        self._blocks: list[Tensor] = []
        self._next = 0

    def reopen(self, rows: int) -> "Arena":
        """Begin again with the first buffer, cut to so many rows."""
        self.rows, self._next = rows, 0
        return self

    def take(self, *shape: int) -> Tensor:
        """Return the next buffer, (rows, *shape)."""
        if self._next == len(self._blocks):
            self._blocks.append(self._like.new_empty((self.capacity, *shape)))
        self._next += 1
        return self._blocks[self._next - 1][: self.rows]


@dataclass(frozen=True)
class Site:
    """Where in the stack a step stands.

    Args:
        arena: gives buffers.
        span: of parameters that lie side by side the values and the gradient, as plain vectors.
        width: numbers for each row that come in.
        first: whether nothing below has parameters, so that the input's gradient is not wanted.
        last: whether the gradient that comes in is the caller's, and must stay as it is.
        free: whether the step may write over its input.
    """

    arena: Arena
    span: Callable[[Sequence[Tensor]], tuple[Tensor, Tensor]]
    width: int
    first: bool
    last: bool
    free: bool

    def values(self, parameter: Tensor) -> tuple[Tensor, Tensor]:
        """Return values and gradient of a parameter in its shape."""
        values, gradient = self.span([parameter])
        return values.view_as(parameter), gradient.view_as(parameter)

    def optional(self, parameter: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        """Return values and gradient of a parameter that may be missing."""
        return (None, None) if parameter is None else self.values(parameter)


def collect(gradient: Tensor | None, found: Tensor, add: bool) -> None:
    """Write or add what was found to a parameter's gradient, if there is such a parameter.

    Args:
        gradient: where it belongs, or None.
        found: what this batch gave.
        add: whether it is added.

    Example:
        >>> import torch
        >>> gradient = torch.ones(2)
        >>> collect(gradient, torch.tensor([1.0, 2.0]), add=True)
        >>> gradient
        tensor([2., 3.])
    """
    if gradient is None:
        return
    if add:
        gradient.add_(found)
    else:
        gradient.copy_(found)
