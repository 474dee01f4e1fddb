"""The recurrent forecaster: one step at a time, a whole sequence, or windows that shift."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.estimators import DeepForecaster
from netwright.layers.recurrent.cell import Cell
from netwright.layers.recurrent.lstm import LSTMCell
from netwright.nets.forecast_net import ForecastNet
from netwright.training import Training

Mode = Literal["point", "sequence", "windows"]
MEMBERS = 3


@final
@dataclass(eq=False, repr=False)
class RecurrentForecaster(DeepForecaster):
    """A recurrent network beside statistical paths that forecasts one or many series, with honest bands.

    Use it as the first choice for series: what exponential smoothing and regressions on lags can say, they
    say; the network adds what they miss, and only as far as that held on steps it had not learned from. With
    many series one network learns from all of them. See `DeepForecaster` for what `fit` takes and how its
    bands are made.

        forecast_(t,h) = sum_k w_k path_k(t, h) + gate * spread_h * net(window_t, known ahead)_h

    Args:
        horizon: steps ahead.
        window: steps that the network sees; None to choose by season and autocorrelation.
        season: steps of a season, 1 for none; None to find it.
        cell: (inputs, hidden) -> recurrent cell, such as `GRUCell` of `netwright.layers`.
        hidden: units of each of its three members.
        dropout: share set to zero in training.
        mode: "direct" forecasts all steps at once; "recursive" one, and takes it for what was seen.
        anchored: whether the statistical paths are there; without them the network stands on the last value
            and, where there is a season, on the last season.
        training: the recipe; its `validation` is the share of the latest steps that judge.
        random_state: seed.

    Raises:
        InputError: in `fit`, when a series cannot be used, or is too short for the horizon.

    Example:
        >>> import numpy as np
        >>> t = np.arange(120)
        >>> sales = 20 + 0.3 * t + 5 * np.sin(2 * np.pi * t / 12)
        >>> model = RecurrentForecaster(horizon=6, random_state=0).fit(sales)
        >>> next_ones = 56 + 0.3 * t[:6] + 5 * np.sin(2 * np.pi * t[:6] / 12)
        >>> np.abs(model.predict() - next_ones).max() < 0.5
        np.True_
        >>> model.trace(sales, "windows").shape
        (96,)

    Source:
        the three ways to go on: Aungiers (2016), "LSTM Neural Network for Time Series Prediction",
        jakob-aungiers.com; the network beside exponential smoothing: Smyl (2020), "A hybrid method of
        exponential smoothing and recurrent neural networks for time series forecasting",
        doi:10.1016/j.ijforecast.2019.03.017; bands: Stankeviciute, Alaa and van der Schaar (2021),
        "Conformal Time-Series Forecasting", NeurIPS 34.
    """

    horizon: int = 12
    window: int | None = None
    season: int | None = None
    cell: Callable[[int, int], Cell] = LSTMCell
    hidden: int = 16
    dropout: float = 0.1
    mode: Literal["direct", "recursive"] = "direct"
    anchored: bool = True
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return the network: three members over windows of `sample`, (steps, features)."""
        return ForecastNet(
            self.cell,
            features=sample[1],
            window=sample[0] - n_outputs,
            horizon=n_outputs,
            hidden=self.hidden,
            members=MEMBERS,
            dropout=self.dropout,
        )

    def trace(self, y: Any, mode: Mode = "point") -> np.ndarray:
        """Return forecasts along a series, from the step after the first window to its end.

        "point" forecasts each step from all true ones before it. "sequence" sees the first window alone, and
        then takes its own forecasts for what was seen. "windows" does so over the horizon, and then begins
        again from what was true.

        Args:
            y: (time), as in `fit`.
            mode: how forecasts go on.

        Raises:
            InputError: when the series is not longer than the window, or the mode is another.
        """
        values = np.asarray(y, dtype=np.float64)
        first = self.window_
        if values.ndim != 1 or len(values) <= first:
            came = f"shape {values.shape}"
            raise InputError(f"y must be one series of more than {first} steps", came, "give more of it")
        if mode == "point":
            ahead: np.ndarray = self.forecasts_of(y)[first - 1 : -1, 0]
            return ahead
        if mode not in ("sequence", "windows"):
            raise InputError("mode must be point, sequence or windows", repr(mode), "choose one")
        stride = len(values) if mode == "sequence" else self.horizon
        found = [
            self.predict(min(stride, len(values) - start), y=y[:start])
            for start in range(first, len(values), stride)
        ]
        return np.concatenate(found)

    def _steps(self) -> int:
        if self.mode not in ("direct", "recursive"):
            raise InputError("mode must be direct or recursive", repr(self.mode), "choose one")
        return self.horizon if self.mode == "direct" else 1

    def _simple(self) -> bool:
        return not self.anchored
