"""Anomalies of a series by reconstruction: what cannot be rebuilt from a short code."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.estimators.foretelling import PastAndFuture, RebuildAndForetell
from netwright.nets import CompositeLSTM
from netwright.sequence.detectors.series_detector import SeriesDetector
from netwright.training import Objective, Samples, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class SeriesReconstructionDetector(SeriesDetector):
    """Find steps of a series that an LSTM autoencoder of its windows cannot rebuild.

    Use it where series cannot be foretold, as when somebody operates the machine, but have a shape: each step
    is rebuilt from windows around it, its future included. `SeriesAnomalyDetector` is for series that come
    step by step.

        r_t = x_t - mean over the windows around t of what is rebuilt
        anomaly: |r_t| > z noise
        z: a normal number exceeds it, on either side, with the chance false_alarms

    Args:
        window: steps that are rebuilt together.
        hidden: features of the LSTM's state, from which all of them are rebuilt.
        false_alarms: share of usual steps that may be called anomalies, where residuals are normal.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = np.sin(np.arange(300) / 3) + rng.normal(0, 0.05, 300)
        >>> x[200] += 3
        >>> model = SeriesReconstructionDetector(window=16, training=Training(epochs=5), random_state=0)
        >>> int(model.fit(x).score_samples(x).argmin())
        200

    Source:
        Malhotra, Ramakrishnan, Anand, Vig, Agarwal and Shroff (2016), "LSTM-based Encoder-Decoder for
        Multi-sensor Anomaly Detection", arXiv:1607.00148.
        Differs: the decoder does not read its answers; the scale of residuals is taken from their median, for
        each feature, and the threshold from a rate of false alarms in place of labelled anomalies.
    """

    window: int = 24
    hidden: int = 16
    false_alarms: float = 0.001
    training: Training | None = None
    random_state: Any = None

    @property
    def target_steps(self) -> int:
        """None."""
        return 0

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return CompositeLSTM(sample[0], self.hidden)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn to rebuild."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=RebuildAndForetell()), []

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        return PastAndFuture(inputs, 0, weight)

    def _residuals(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        inputs = self.read(self._windows(values))
        rebuilt = self._ask_inputs(inputs, lambda batch: self.network_(batch.values)[0])
        pieces = self.scaler_.inverse(rebuilt).double()  # (windows, window, features)
        n_windows, total, count = len(pieces), np.zeros_like(values), np.zeros((len(values), 1))
        for step in range(self.window):
            total[step : step + n_windows] += pieces[:, step].numpy()
            count[step : step + n_windows] += 1
        return total / count, np.zeros_like(values), np.ones(len(values), dtype=bool)
