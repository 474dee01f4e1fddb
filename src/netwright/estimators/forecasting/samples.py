"""What the network of a forecaster sees at an origin: the window before it, and what is known ahead."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.estimators.forecasting.line import FittedLine, ahead_of, fill_from_past
from netwright.training import Batch, Objective

PAST = 4
"""Features of the window: distance from the last value, place in the range, error of the mixture, known."""
BEYOND = 1.5
"""How far the place in the range may leave -1 to 1: a network has seen nothing there."""


@dataclass
class Look:
    """One line with all that a network may see of it.

    Args:
        line: what was learned of it.
        z: (time), in its scale, NaN where missing.
        paths: (time, paths, horizon).
        mixture: (time, horizon).
        covariates: (time + horizon, covariates), 0 where unknown.
    """

    line: FittedLine
    z: np.ndarray
    paths: np.ndarray
    mixture: np.ndarray
    covariates: np.ndarray

    def inputs(self, origins: np.ndarray, window: int) -> Float[Tensor, "origins steps features"]:
        """Return what is seen at these origins: `window` steps back, then the steps ahead.

        Features are distance, range, error and known, which ahead are 0; the paths beside the mixture, which
        back are 0; the covariates.

        Args:
            origins: steps, each the last that is seen.
            window: steps back.
        """
        horizon, n_paths = self.mixture.shape[1], self.paths.shape[1]
        n_covariates = self.covariates.shape[1]
        rows = np.zeros((len(origins), window + horizon, PAST + n_paths + n_covariates), np.float32)
        filled = fill_from_past(self.z, self.line.season)
        unit = self.line.spread[0]
        error = np.r_[0.0, self.z[1:] - self.mixture[:-1, 0]]
        back = origins[:, None] + np.arange(1 - window, 1)
        there = back >= 0
        at = np.maximum(back, 0)
        rows[:, :window, 0] = np.arcsinh((filled[at] - filled[origins][:, None]) / unit) * there
        place = (filled[at] - self.line.centre) / self.line.reach
        rows[:, :window, 1] = np.clip(place, -BEYOND, BEYOND) * there
        rows[:, :window, 2] = np.arcsinh(np.nan_to_num(error[at]) / unit) * there
        rows[:, :window, 3] = np.isfinite(self.z[at]) & there
        beside = (self.paths - self.mixture[:, None])[origins] / self.line.spread
        rows[:, window:, PAST : PAST + n_paths] = np.arcsinh(beside).transpose(0, 2, 1)
        if n_covariates:
            rows[:, :window, PAST + n_paths :] = self.covariates[at] * there[..., None]
            ahead = np.minimum(origins[:, None] + np.arange(1, horizon + 1), len(self.covariates) - 1)
            rows[:, window:, PAST + n_paths :] = self.covariates[ahead]
        return torch.from_numpy(rows)

    def targets(self, origins: np.ndarray) -> Float[Tensor, "origins horizon"]:
        """Return what the mixture misses, in expected errors; NaN where unknown.

        Args:
            origins: steps.
        """
        truth = ahead_of(self.z, self.mixture.shape[1])[origins]
        return torch.from_numpy(((truth - self.mixture[origins]) / self.line.spread).astype(np.float32))


class KnownSteps(Objective):
    """Huber's loss over the steps ahead that are known.

    Args:
        delta: expected errors beyond which an error counts linearly.
    """

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the mean loss of the known steps, of each member."""
        outputs = network(batch.inputs)
        target = batch.target if outputs.ndim == 2 else batch.target[:, None].expand_as(outputs)
        if not network.training and outputs.ndim == 3:
            outputs, target = outputs.mean(1), batch.target
        known = ~target.isnan()
        losses: Any = nn.functional.huber_loss(
            outputs[known], target[known], reduction="sum", delta=self.delta
        )
        return losses / known.sum().clamp(min=1)
