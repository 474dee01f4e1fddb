"""How the inputs and outputs of a recurrent network stand to each other in time."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError


class Topology(ABC):
    """Lays out what a recurrent network reads, and picks of its outputs those that answer."""

    axes = 3
    """Of the input: 3 for (batch, time, features), 2 for (batch, features)."""

    @property
    def whole(self) -> bool:
        """Whether the inputs are read as they are, so that they may also be read backwards or in pieces."""
        return True

    @abstractmethod
    def lay_out(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return what the layers read, (batch, time, features), and its mask."""

    @abstractmethod
    def pick(self, outputs: Tensor, ends: Tensor, mask: Tensor | None) -> Tensor:
        """Return the outputs that answer, of those of all steps and those after the last real one."""


@final
@dataclass(frozen=True)
class ManyToOne(Topology):
    """Many steps in, one answer out, after the last real step.

    Use it to classify sequences, or to tell one number of each.

        y = W h_T + b

    Example:
        >>> from netwright.nets import RecurrentNetwork
        >>> RecurrentNetwork(3, 2, hidden=4, topology=ManyToOne())(torch.zeros(5, 7, 3)).shape
        torch.Size([5, 2])

    Source:
        Karpathy (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks",
        karpathy.github.io/2015/05/21/rnn-effectiveness.
    """

    def lay_out(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return both as they are.

        Args:
            x: (batch, time, features).
            mask: True where a step is real.
        """
        return x, mask

    def pick(self, outputs: Tensor, ends: Tensor, mask: Tensor | None) -> Tensor:
        """Return the output after the last real step, (batch, features).

        Args:
            outputs: of all steps.
            ends: after the last real step.
            mask: True where a step is real.
        """
        return ends


@final
@dataclass(frozen=True)
class ManyToMany(Topology):
    """As many answers out as there are steps in, each at its step or some steps later.

    Use it to label every step, or to predict the next one. With a delay the network has read so many steps
    more before it answers: what follows counts, as in the words of a sentence. With a delay as long as the
    sequence it reads everything and answers then, as where half of a record tells the other half.

        y_t = W h_(t+delay) + b,  and behind the last real step, delay times, x = 0

    Args:
        delay: steps from an input to its answer.

    Raises:
        InputError: when the delay is below 0.

    Example:
        >>> from netwright.nets import RecurrentNetwork
        >>> RecurrentNetwork(3, 2, hidden=4, topology=ManyToMany(delay=4))(torch.zeros(5, 7, 3)).shape
        torch.Size([5, 7, 2])

    Source:
        Karpathy (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks",
        karpathy.github.io/2015/05/21/rnn-effectiveness.
    """

    delay: int = 0

    def __post_init__(self) -> None:
        if self.delay < 0:
            raise InputError("delay must be at least 0", str(self.delay), "0 answers at once")

    @property
    def whole(self) -> bool:
        """Whether there is no delay."""
        return self.delay == 0

    def lay_out(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return both with steps of zeros behind them.

        Args:
            x: (batch, time, features).
            mask: True where a step is real.
        """
        if not self.delay:
            return x, mask
        x = torch.cat([x, x.new_zeros(x.shape[0], self.delay, *x.shape[2:])], 1)
        return x, None if mask is None else self._longer(mask)

    def pick(self, outputs: Tensor, ends: Tensor, mask: Tensor | None) -> Tensor:
        """Return the output so many real steps later than each step, (batch, time, features).

        Args:
            outputs: of all steps, those behind the last included.
            ends: after the last real step.
            mask: True where a step is real.
        """
        if not self.delay or mask is None:
            return outputs[:, self.delay :]
        real_first = torch.sort((~self._longer(mask)).to(torch.uint8), dim=1, stable=True).indices
        number = (mask.cumsum(1) - 1).clamp(min=0) + self.delay  # of the real step that answers
        return outputs.take_along_dim(real_first.gather(1, number)[..., None], 1)

    def _longer(self, mask: Tensor) -> Tensor:
        return torch.cat([mask, mask.new_ones(mask.shape[0], self.delay)], 1)


@final
@dataclass(frozen=True)
class OneToMany(Topology):
    """One vector in, a sequence out.

    Use it where a thing is told step by step, as a picture in words or a shape in strokes.

        x_1 = v, then 0; or x_t = v at every step,  y_t = W h_t + b

    Args:
        steps: that come out.
        repeat: whether the vector is read at every step, so that it cannot be forgotten, or at the first.

    Raises:
        InputError: when there are no steps.

    Example:
        >>> from netwright.nets import RecurrentNetwork
        >>> RecurrentNetwork(3, 2, hidden=4, topology=OneToMany(steps=6))(torch.zeros(5, 3)).shape
        torch.Size([5, 6, 2])

    Source:
        Karpathy (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks",
        karpathy.github.io/2015/05/21/rnn-effectiveness; the repeated vector: Chollet and others (2015),
        "Keras", https://keras.io.
    """

    steps: int
    repeat: bool = False
    axes = 2

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError("steps must be at least 1", str(self.steps), "count what is to come out")

    @property
    def whole(self) -> bool:
        """Whether the inputs are a sequence: they are not."""
        return False

    def lay_out(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the vector at the first step or at all of them, and the mask as it is.

        Args:
            x: (batch, features).
            mask: True where a step of the output is wanted.
        """
        if self.repeat:
            return x[:, None].expand(-1, self.steps, -1), mask
        later = x.new_zeros(x.shape[0], self.steps - 1, x.shape[1])
        return torch.cat([x[:, None], later], 1), mask

    def pick(self, outputs: Tensor, ends: Tensor, mask: Tensor | None) -> Tensor:
        """Return the outputs of all steps, (batch, steps, features).

        Args:
            outputs: of all steps.
            ends: after the last real step.
            mask: True where a step of the output is wanted.
        """
        return outputs


def check_steps(x: Tensor, n_features: int, topology: Topology) -> None:
    """Refuse what a network with this topology cannot read.

    Args:
        x: its input.
        n_features: that it was built for.
        topology: of inputs and outputs.

    Raises:
        InputError: when x has other axes or features.

    Example:
        >>> check_steps(torch.zeros(2, 6, 3), 3, ManyToOne())
    """
    if x.ndim == topology.axes and x.shape[-1] == n_features:
        return
    axes = "(batch, time, features)" if topology.axes == 3 else "(batch, features)"
    mend = "build the network with n_features, or give the one feature an axis: x[..., None]"
    raise InputError(f"x must be {axes} with {n_features} features", str(tuple(x.shape)), mend)
