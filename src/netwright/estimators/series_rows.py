"""Series for networks that read them step by step: admitted, scaled as fitted, and read to one vector."""

from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import SequenceBatch, SequenceSamples, SequenceScaler, read_sequences
from netwright.layers import LSTMCell, Recurrent


def admit_series(X: Any, *, fitting: bool = False) -> SequenceSamples:
    """Return series as samples, two or more where they are going to be learned from.

    Args:
        X: as `netwright.data.read_sequences` takes it.
        fitting: whether it is going to be learned from.

    Raises:
        InputError: when X is nothing of the kind, or one series alone is to be learned from.

    Example:
        >>> len(admit_series([[1.0, 2.0, 3.0], [4.0]], fitting=True))
        2
    """
    samples = read_sequences(X)
    if fitting and len(samples) < 2:
        raise InputError("X must have at least 2 series, n_samples >= 2", "n_samples = 1", "give more")
    return samples


def read_series(
    estimator: BaseEstimator, X: SequenceSamples, *, rows: np.ndarray | None = None, fitting: bool = False
) -> SequenceSamples:
    """Return rows with each feature standardised, as fitted on training rows.

    Args:
        estimator: gets the fitted `scaler_`.
        X: what `admit_series` returned.
        rows: which; all of them when None.
        fitting: whether to fit the scaler first.

    Example:
        >>> from netwright.sequence import SiameseFaultDetector
        >>> X = admit_series(np.arange(6.0).reshape(2, 3))
        >>> read_series(SiameseFaultDetector(), X, fitting=True).values.mean().round(decimals=3)
        tensor(0.)
    """
    samples = X if rows is None else X.take(torch.as_tensor(rows))
    if fitting:
        estimator.scaler_ = SequenceScaler.of(samples)
    scaled: SequenceSamples = estimator.scaler_.transform(samples)
    return scaled


@final
class SeriesReader(nn.Module):
    """An LSTM reads series, and a vector is made of its last state and its mean one.

    Use it where series of any lengths are compared or grouped as wholes.

        v = W [h_T ; mean_t h_t] + b

    Args:
        n_features: of each step.
        width: of the vector.
        hidden: of the LSTM.

    Example:
        >>> batch = SequenceBatch(torch.zeros(2, 5, 3), torch.tensor([5, 5]))
        >>> SeriesReader(3, width=4)(batch).shape
        torch.Size([2, 4])
    """

    def __init__(self, n_features: int, width: int, hidden: int = 32) -> None:
        super().__init__()
        self.reader = Recurrent(LSTMCell(n_features, hidden))
        self.vector = nn.Linear(2 * hidden, width)

    def forward(self, batch: SequenceBatch) -> Float[Tensor, "batch width"]:
        outputs, ((last, _),) = self.reader(batch.values, mask=batch.mask)  # zero where no step is
        mean = outputs.sum(1) / batch.lengths[:, None]
        vectors: Tensor = self.vector(torch.cat([last, mean], 1))
        return vectors

    def encode(self, batch: SequenceBatch) -> Float[Tensor, "batch width"]:
        """Return the vectors.

        Args:
            batch: of series.
        """
        vectors: Tensor = self(batch)
        return vectors
