"""An encoder and decoder of windows, and the network that forecasts from what the encoder keeps."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers.recurrent.lstm import LSTMCell
from netwright.layers.recurrent.recurrent import Recurrent

PREDICTOR = (32, 16)


@final
class UberNet(nn.Module):
    """An LSTM encoder whose last cell states are an embedding; a decoder for learning it; a predictor.

    The decoder constructs the steps after the window from the embedding alone, by which the encoder learns
    before the predictor does. The predictor sees the embedding and what is known of the steps ahead. The same
    units are dropped at all steps of a window.

    Args:
        features: of each step, in the window and ahead.
        window: steps of the window.
        horizon: steps ahead.
        hidden: units of the encoder's layers.
        dropout: share that is dropped in every hidden layer.

    Example:
        >>> UberNet(features=3, window=5, horizon=2, hidden=(8, 4))(torch.zeros(6, 7, 3)).shape
        torch.Size([6, 1, 2])
    """

    def __init__(
        self,
        features: int,
        window: int,
        horizon: int,
        hidden: Sequence[int] = (32, 16),
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        self.window, self.horizon = window, horizon
        sizes = [features, *hidden]
        cells = [LSTMCell(a, b) for a, b in pairwise(sizes)]
        self.encoder = Recurrent(cells, input_dropout=dropout)
        width = sum(hidden)
        self.decoder = Recurrent(LSTMCell(features, hidden[-1]), return_state=False)
        self.opened = nn.Linear(width, 2 * hidden[-1])
        self.constructed = nn.Linear(hidden[-1], 1)
        sizes = [width + horizon * features, *PREDICTOR]
        layers = [nn.Sequential(nn.Linear(a, b), nn.Tanh(), nn.Dropout(dropout)) for a, b in pairwise(sizes)]
        self.predictor = nn.Sequential(nn.Dropout(dropout), *layers, nn.Linear(PREDICTOR[-1], horizon))

    def embed(self, x: Float[Tensor, "batch steps features"]) -> Float[Tensor, "batch width"]:
        """Return the cell states with which the encoder ends the window."""
        _, states = self.encoder(x[:, : self.window])
        return torch.cat([c for _, c in states], 1)

    def construct(self, x: Float[Tensor, "batch steps features"]) -> Float[Tensor, "batch members horizon"]:
        """Return the steps after the window as the decoder makes them."""
        h, c = torch.tanh(self.opened(self.embed(x))).chunk(2, 1)
        steps = self.decoder(x[:, self.window :], ((h.contiguous(), c.contiguous()),))
        return self.constructed(steps)[:, None, :, 0]

    def forecast(
        self, kept: Float[Tensor, "batch width"], x: Float[Tensor, "batch steps features"]
    ) -> Float[Tensor, "batch members horizon"]:
        """Return what the predictor makes of an embedding and of what is known ahead."""
        ahead = x[:, self.window :].flatten(1)
        return self.predictor(torch.cat([kept, ahead], 1))[:, None]

    def forward(self, x: Float[Tensor, "batch steps features"]) -> Float[Tensor, "batch members horizon"]:
        return self.forecast(self.embed(x), x)
