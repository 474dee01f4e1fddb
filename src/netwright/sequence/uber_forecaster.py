"""The encoder-decoder forecaster with Monte Carlo dropout and three kinds of doubt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.estimators import DeepForecaster
from netwright.estimators.forecasting.samples import KnownSteps, Look
from netwright.nets.uber_net import UberNet
from netwright.training import Batch, Record, TensorSamples, Training

ROWS = 64
"""Windows whose passes are computed together."""


class ForecastDoubt(NamedTuple):
    """Standard deviations of forecasts, each (..., horizon) in units of the series.

    Args:
        model: what dropout in the predictor moves.
        misspecification: what dropout in the encoder adds to that.
        noise: what nobody can foresee.

    Example:
        >>> ForecastDoubt(0.3, 0.0, 0.4).total
        0.5
    """

    model: Any
    misspecification: Any
    noise: Any

    @property
    def total(self) -> Any:
        """All of them together: the root of the summed squares."""
        return (self.model**2 + self.misspecification**2 + self.noise**2) ** 0.5


@final
@dataclass(eq=False, repr=False)
class UberForecaster(DeepForecaster):
    """An LSTM encoder with a forecasting network behind it, whose dropout tells how far it may be trusted.

    Use it where it matters why a forecast is doubtful: `doubt` tells the predictor's own, what the encoder
    adds, and the noise that stays. The encoder first learns, with a decoder, to construct the
    steps that follow a window; then the predictor learns on its embedding and on what is known ahead. A fit
    is asked again and again with dropout on, and bands come from the spread of the answers and the noise of
    held-out steps, conformally calibrated.

        doubt^2 = var of passes with dropout in encoder and predictor + mean squared error on held-out steps

    Args:
        horizon: steps ahead.
        window: steps that the encoder sees; None to choose.
        season: steps of a season, 1 for none; None to find it.
        hidden: units of the encoder's layers.
        dropout: share that is dropped, in learning and in asking.
        passes: how often is asked.
        training: the recipe, of encoder and predictor each.
        random_state: seed.

    Raises:
        InputError: in `fit`, when a series cannot be used, or is too short for the horizon.

    Example:
        >>> t = np.arange(160)
        >>> trips = 50 + 10 * np.sin(2 * np.pi * t / 7) + np.random.default_rng(0).normal(size=160)
        >>> model = UberForecaster(horizon=7, hidden=(8, 8), passes=20, random_state=0).fit(trips)
        >>> model.predict().shape, model.doubt().model.shape
        ((7,), (7,))

    Source:
        Zhu and Laptev (2017), "Deep and Confident Prediction for Time Series at Uber", arXiv:1709.01907.

    Differs:
        windows are taken relative to their last value instead of their first, and the network learns what the
        last season misses; the predictor has two hidden layers instead of three; bands are calibrated.
    """

    simple: ClassVar[bool] = True
    gated: ClassVar[bool] = False

    horizon: int = 7
    window: int | None = None
    season: int | None = None
    hidden: Sequence[int] = (32, 16)
    dropout: float = 0.05
    passes: int = 100
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return the network for windows of `sample`, (steps, features)."""
        return UberNet(sample[1], sample[0] - n_outputs, n_outputs, tuple(self.hidden), self.dropout)

    def doubt(self, *, y: Any = None, X: Any = None) -> ForecastDoubt:
        """Return the three kinds of doubt about the steps ahead.

        Args:
            y: as in `predict`.
            X: as in `predict`.
        """
        panel = self._panel(y, X)
        kinds: list[list[np.ndarray]] = [[], [], []]
        for look in self._looks(panel):
            inputs = look.inputs(np.array([len(look.z) - 1]), self.window_)
            for kind, value in zip(kinds, self._kinds(inputs), strict=True):
                kind.append(np.sqrt(value[0]) * look.line.spread)
        return ForecastDoubt(*(panel.shaped(kind) for kind in kinds))

    def _run(self, network: nn.Module, learn: TensorSamples, held: TensorSamples, seed: int) -> Record:
        assert isinstance(network, UberNet)  # noqa: S101  (what build gave)
        self.recipe().run(network, _Construct(), learn, held, seed=seed)
        record = super()._run(network, learn, held, seed)
        self.seed_: int = seed
        self.network_ = network.cpu().eval()
        missed = held.target - self._ask_inputs(held.inputs, lambda rows: self.network_(rows).mean(1))
        self.noise_: np.ndarray = missed.square().nanmean(0).numpy()
        return record

    def _expected(self, look: Look, inputs: Tensor) -> np.ndarray:
        expected: np.ndarray = np.sqrt(sum(self._kinds(inputs))) * look.line.spread
        return expected

    def _kinds(self, inputs: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Variances of the three kinds, each (windows, horizon), in units of the expected error."""
        both, model = [], []
        with isolated_seed(self.seed_), torch.inference_mode():
            for start in range(0, len(inputs), ROWS):
                rows = inputs[start : start + ROWS]
                both.append(self._spread(rows, encoder=True))
                model.append(self._spread(rows, encoder=False))
        whole, own = torch.cat(both).double().numpy(), torch.cat(model).double().numpy()
        own = np.minimum(own, whole)
        return own, whole - own, np.broadcast_to(self.noise_.astype(np.float64), whole.shape)

    def _spread(self, rows: Tensor, *, encoder: bool) -> Tensor:
        """The variance of the answers to the same windows, with dropout in the predictor and maybe before."""
        network: Any = self.network_
        many = rows.repeat(self.passes, 1, 1)
        network.predictor.train()
        network.encoder.train(encoder)
        try:
            kept = network.embed(many) if encoder else network.embed(rows).repeat(self.passes, 1)
            answers = network.forecast(kept, many).view(self.passes, len(rows), -1)
        finally:
            network.eval()
        variance: Tensor = answers.var(0)
        return variance


class _Construct(KnownSteps):
    """What the encoder learns by: the decoder's construction of the steps after the window."""

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the mean loss of what the decoder makes."""
        assert isinstance(network, UberNet)  # noqa: S101  (what build gave)
        known = ~batch.target.isnan()
        made = network.construct(batch.inputs)[:, 0]
        losses = nn.functional.huber_loss(made[known], batch.target[known], reduction="sum", delta=self.delta)
        return losses / known.sum().clamp(min=1)
