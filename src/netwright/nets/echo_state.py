"""The echo state network: a reservoir that stays at random, and a readout that is solved in one step."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import Cell, Recurrent
from netwright.layers.recurrent.cell import State


@final
class EchoStateNetwork(nn.Module):
    """A large random recurrent network that is not trained, and a linear readout that is.

    Use it where an answer is wanted in a moment, with little data: only a ridge regression is solved, by
    `solve_readout`, and no gradient goes through time. It serves smooth, chaotic or noisy series well, and
    long memories badly.

        s_t = (1 - leak) s_(t-1) + leak tanh(W_in x_t + b + W s_(t-1)),   |largest eigenvalue of W| = radius
        y_t = V [x_t, s_t] + c,   (V, c) = argmin sum_t |y_t - target_t|^2 + ridge |V|^2

    With a radius below 1 the reservoir usually forgets how it began, so that its state is an echo of the
    input alone. The reservoir is drawn from torch's random stream and kept in the state dict.

    Args:
        features: of each step.
        n_outputs: numbers at each step.
        hidden: units of the reservoir.
        radius: of the spectrum of W; towards 1, and beyond it, memories are longer.
        leak: share of the state that is new at each step; small where the series is slow.
        density: share of the connections within the reservoir that there are.
        input_scale: W_in and b are uniform from -input_scale to input_scale; small keeps units linear.

    Raises:
        InputError: when a setting is out of range.

    Example:
        >>> network, x = EchoStateNetwork(features=1, n_outputs=1, hidden=50), torch.randn(2, 100, 1)
        >>> network.solve_readout(x, x.roll(3, 1), washout=10)
        >>> network(x).shape
        torch.Size([2, 100, 1])

    Source:
        Jaeger (2001), "The "echo state" approach to analysing and training recurrent neural networks", GMD
        Report 148, German National Research Center for Information Technology.
    """

    def __init__(
        self,
        features: int,
        n_outputs: int,
        hidden: int = 200,
        radius: float = 0.9,
        leak: float = 1.0,
        density: float = 0.1,
        input_scale: float = 0.5,
    ) -> None:
        super().__init__()
        if not (radius >= 0 and 0 < leak <= 1 and 0 < density <= 1):
            came = f"{radius}, {leak} and {density}"
            mend = "0.9, 1 and 0.1 are usual"
            raise InputError("radius must be 0 or more, leak and density above 0 up to 1", came, mend)
        self.reservoir = Recurrent(_ReservoirCell(features, hidden, radius, leak, density, input_scale))
        self.readout = nn.Linear(features + hidden, n_outputs)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch time outputs"]:
        y: Tensor = self.readout(self.echoes(x, mask=mask))
        return y if mask is None else torch.where(mask[..., None], y, 0)

    def echoes(
        self,
        x: Float[Tensor, "batch time features"],
        state: State | None = None,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time echoes"]:
        """What the readout reads: the input of each step, and the reservoir's state behind it.

        Args:
            x: steps.
            state: the reservoir's, before the first of them; None for zeros.
            mask: True where a step is real.
        """
        x = x if mask is None else torch.where(mask[..., None], x, 0)
        states, _ = self.reservoir(x, None if state is None else (state,), mask)
        return torch.cat([x, states.to(x.dtype)], -1)

    @torch.no_grad()
    def solve_readout(
        self,
        x: Float[Tensor, "batch time features"],
        target: Float[Tensor, "batch time outputs"],
        ridge: float = 1e-6,
        washout: int = 0,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> None:
        """Set the readout to the ridge regression of the target on the echoes, solved in float64.

        Args:
            x: steps.
            target: what shall be given at each of them.
            ridge: weight of the penalty on V; the constant c has none.
            washout: steps at the beginning of each row that are left out, until the reservoir has forgotten
                how it began.
            mask: True where a step is real.

        Raises:
            InputError: when no step is left.
        """
        used = torch.ones_like(x[..., 0], dtype=torch.bool) if mask is None else mask
        used = used & (used.long().cumsum(1) > washout)
        if not bool(used.any()):
            raise InputError("rows must be longer than washout", f"{x.shape[1]} and {washout}", "lower it")
        rows, wanted = self.echoes(x, mask=mask)[used].double(), target[used].double()
        centre, level = rows.mean(0), wanted.mean(0)
        rows, wanted = rows - centre, wanted - level
        penalty = ridge * torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)
        solved = torch.linalg.solve(rows.T @ rows + penalty, rows.T @ wanted)
        self.readout.weight.copy_(solved.T)
        self.readout.bias.copy_(level - centre @ solved)


@final
class _ReservoirCell(Cell):
    """One step of the reservoir; its weights are no parameters."""

    reading: Tensor
    offset: Tensor
    recurring: Tensor

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        radius: float,
        leak: float,
        density: float,
        input_scale: float,
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.leak = leak
        self.register_buffer("reading", torch.empty(hidden_size, input_size).uniform_(-1, 1) * input_scale)
        self.register_buffer("offset", torch.empty(hidden_size).uniform_(-1, 1) * input_scale)
        recurring = torch.empty(hidden_size, hidden_size).uniform_(-1, 1)
        recurring = recurring * (torch.rand(hidden_size, hidden_size) < density)
        largest = torch.linalg.eigvals(recurring.double()).abs().max()
        self.register_buffer("recurring", (recurring * (radius / largest.clamp_min(1e-12))).float())

    def project(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time hidden"]:
        return F.linear(x, self.reading, self.offset)

    def step(self, x: Tensor, state: State, seen: Tensor) -> State:
        new = torch.tanh(x + F.linear(seen, self.recurring))
        return ((1 - self.leak) * state[0] + self.leak * new,)
