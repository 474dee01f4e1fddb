"""The network of a recurrent forecaster: members that read the window, and look at each step ahead."""

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers.recurrent.cell import Cell
from netwright.layers.recurrent.recurrent import Recurrent

PLACE = 8
"""Numbers by which a step ahead is known."""


@final
class ForecastNet(nn.Module):
    """What is to be added to a forecast at each step ahead, from the window before it, by several members.

    Each member reads the window by a recurrent cell; what it ends with, what is known of a step ahead and the
    step's own place go through one hidden layer, the same for all steps. A linear path from the window stands
    beside it. Both begin at zero, so that nothing is added before something is learned.

        out_h = v tanh(U [state, ahead_h, place_h]) + (W window)_h

    Args:
        cell: (inputs, hidden) -> cell.
        features: of each step, in the window and ahead.
        window: steps of the window.
        horizon: steps ahead.
        hidden: units of a member's cell.
        members: how many there are.
        dropout: share of the state, and of the hidden layer, set to zero in training.

    Example:
        >>> from netwright.layers import LSTMCell
        >>> net = ForecastNet(LSTMCell, features=3, window=5, horizon=2, hidden=4, members=2)
        >>> net(torch.zeros(6, 7, 3)).shape
        torch.Size([6, 2, 2])
    """

    def __init__(
        self,
        cell: Callable[[int, int], Cell],
        features: int,
        window: int,
        horizon: int,
        hidden: int = 16,
        members: int = 3,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.window, self.horizon = window, horizon
        self.readers = nn.ModuleList(
            Recurrent(cell(features, hidden), return_sequences=False, return_state=False)
            for _ in range(members)
        )
        self.places = nn.ParameterList(
            nn.Parameter(0.1 * torch.randn(horizon, PLACE)) for _ in range(members)
        )
        self.mixers = nn.ModuleList(nn.Linear(hidden + features + PLACE, hidden) for _ in range(members))
        self.outs = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(members))
        self.linears = nn.ModuleList(nn.Linear(window, horizon) for _ in range(members))
        self.dropout = nn.Dropout(dropout)
        for layer in (*self.outs, *self.linears):
            nn.init.zeros_(layer.weight)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Float[Tensor, "batch steps features"]) -> Float[Tensor, "batch members horizon"]:
        past, ahead = x[:, : self.window], x[:, self.window :]
        found = []
        for reader, place, mixer, out, linear in zip(
            self.readers, self.places, self.mixers, self.outs, self.linears, strict=True
        ):
            state = self.dropout(reader(past))
            known = torch.cat(
                [
                    state[:, None].expand(-1, self.horizon, -1),
                    ahead,
                    place.expand(len(x), -1, -1),
                ],
                -1,
            )
            added = out(self.dropout(torch.tanh(mixer(known))))[..., 0]
            found.append(added + linear(past[..., 0]))
        return torch.stack(found, 1)
