"""Anomalies of a series by forecast: what lies beyond the doubt in its own forecast."""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.seeding import isolated_seed
from netwright.data import SequenceBatch
from netwright.estimators.foretelling import PastAndFuture, RebuildAndForetell
from netwright.nets import CompositeLSTM
from netwright.sequence.detectors.series_detector import SeriesDetector
from netwright.training import Objective, Samples, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class SeriesAnomalyDetector(SeriesDetector):
    """Find steps of a series that lie beyond the doubt in their forecast.

    Use it to watch measurements that come one by one: an LSTM foretells each step from those before it, and
    what leaves the interval is an alarm. Where the network is unsure, the interval is wide, and there is
    none. The doubt is the model's, by dropout, and the noise of the series.

        anomaly: |x_t - mean_b f_b(x_(t-w) ... x_(t-1))| > z sqrt(var_b f_b + noise^2)
        z: a normal number exceeds it, on either side, with the chance false_alarms

    A step that is an anomaly is replaced by its forecast where it is read to foretell later ones. The noise
    is taken from the median residual, so that anomalies among the training steps do not move it.

    Args:
        window: steps that are read.
        hidden: features of each of the two LSTM layers.
        dropout: between the layers, in training and in the passes.
        passes: of the network with dropout; 1 for none, and no doubt of the model.
        false_alarms: share of usual steps that may be called anomalies, where noise is normal.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = np.sin(np.arange(300) / 3) + rng.normal(0, 0.05, 300)
        >>> x[200] += 3
        >>> recipe = Training(epochs=10, learning_rate=1e-2)
        >>> model = SeriesAnomalyDetector(window=12, hidden=8, training=recipe, random_state=0).fit(x)
        >>> int(model.score_samples(x).argmin()), int(model.predict(x)[200])
        (200, -1)

    Source:
        Zhu and Laptev (2017), "Deep and Confident Prediction for Time Series at Uber", arXiv:1709.01907.
        Differs: one network reads and foretells, without one that is pretrained to encode; residuals of the
        training series give the noise, by their median.
    """

    window: int = 24
    hidden: int = 32
    dropout: float = 0.1
    passes: int = 20
    false_alarms: float = 0.001
    training: Training | None = None
    random_state: Any = None

    @property
    def target_steps(self) -> int:
        """One."""
        return 1

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return CompositeLSTM(sample[0], self.hidden, depth=2, horizon=1, rebuild=False, dropout=self.dropout)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn to foretell."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=RebuildAndForetell()), []

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        return PastAndFuture(inputs, 1, weight)

    def _residuals(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        inputs = PastAndFuture(self.read(self._windows(values)), 1)
        with isolated_seed(0):  # passes of the same call draw the same
            moments = self._ask_inputs(inputs, lambda batch: self._moments(batch.inputs)).double()
        mean = self.scaler_.inverse(moments[..., 0]).numpy()
        scales = np.array(self.scaler_.scales)
        expected, doubt = np.zeros_like(values), np.zeros_like(values)
        expected[self.window :] = mean  # in the units of X, less shift_
        doubt[self.window :] = moments[..., 1].numpy() * scales
        return expected, doubt, np.arange(len(values)) >= self.window

    def _moments(self, batch: SequenceBatch) -> Tensor:
        """Mean and standard deviation of the passes, (batch, features, 2)."""
        dropouts = [module for module in self.network_.modules() if isinstance(module, nn.Dropout)]
        for module in dropouts:
            module.train(self.passes > 1)
        try:
            answers = torch.stack([self.network_(batch.values)[1][:, 0] for _ in range(self.passes)])
        finally:
            for module in dropouts:
                module.eval()
        return torch.stack([answers.mean(0), answers.std(0, correction=0)], -1)
