"""The LSTM autoencoder of series, which also foretells how they go on."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import numpy as np
import torch
from sklearn.utils.validation import validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import SequenceBatch, SequenceSamples
from netwright.estimators import DeepEmbedder
from netwright.estimators.foretelling import PastAndFuture, RebuildAndForetell, rows_error
from netwright.estimators.series_rows import admit_series, read_series
from netwright.estimators.twins import TwinHead
from netwright.nets import CompositeLSTM
from netwright.training import Objective, Samples, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class LSTMAutoencoder(DeepEmbedder):
    """LSTM autoencoder: vectors of series, from which these can be rebuilt and their future be told.

    Use it where series, films as frames laid out, or sensor recordings have few labels or none: a linear
    model on the vectors sees at once how a series moves, which raw values do not say. Rebuilding keeps what
    was there, and foretelling keeps what goes on; with `horizon=0` it is the autoencoder alone. Series may
    differ in length and miss values.

        code = h_T of the encoder;   minimise mean |x - rebuilt|^2 + mean |future - foretold|^2

    While it learns, the last `horizon` steps of each series are its future; `transform` reads all steps.

    Args:
        width: numbers of a code, features of the LSTM's state.
        horizon: steps that are foretold; 0 for none.
        conditional: whether the decoders read their last answer, in training the truth.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used, or one is no longer than horizon.

    Example:
        >>> rng, time = np.random.default_rng(0), np.arange(24)
        >>> X = np.sin(0.5 * time + rng.uniform(0, 6, (80, 1)))
        >>> model = LSTMAutoencoder(width=8, horizon=4, training=Training(epochs=3), random_state=0).fit(X)
        >>> model.transform(X).shape, model.predict_future(X).shape
        ((80, 8), (80, 4, 1))

    Source:
        Srivastava, Mansimov and Salakhutdinov (2015), "Unsupervised Learning of Video Representations using
        LSTMs", arXiv:1502.04681.
    """

    decodes: ClassVar[bool] = False
    width: int = 32
    horizon: int = 4
    conditional: bool = False
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Check X and return it as samples of series."""
        if fitting and not (isinstance(self.width, int) and self.width > 0):
            raise InputError("width must be a whole number from 1", repr(self.width), "32 is usual")
        samples = admit_series(X, fitting=fitting)
        if fitting:
            shortest = int(samples.lengths.min())
            if not (isinstance(self.horizon, int) and 0 <= self.horizon < shortest):
                expected = f"horizon must be a whole number from 0 to below the shortest series, {shortest}"
                raise InputError(expected, repr(self.horizon), "give longer series, or foretell less")
        return samples

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return series standardised."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn from series, without labels.

        Args:
            X: series, (rows, time), (rows, time, features) or a list of them.
            y: passed over.
            sample_weight: (rows), how much each series counts.

        Raises:
            ValueError: when X cannot be used; the message says what to do.
        """
        samples = self.admit(X, fitting=True)
        validate_data(self, samples, skip_check_array=True)
        self._learn(
            samples, torch.zeros(len(samples)), lambda _: TwinHead(self.width), sample_weight=sample_weight
        )
        return self

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return CompositeLSTM(sample[0], self.width, horizon=self.horizon, conditional=self.conditional)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn to rebuild and to foretell."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=RebuildAndForetell()), []

    def transform(self, X: Any) -> np.ndarray:
        """Return codes, (rows, width), in float32.

        Args:
            X: series as in `fit`, of any lengths.
        """
        network: Any = self.network_
        codes: np.ndarray = self._ask(X, lambda block: network.encode(block.values, block.mask)).numpy()
        return codes

    def predict_future(self, X: Any) -> np.ndarray:
        """Return how series go on, (rows, horizon, features), in their own units.

        Args:
            X: series as in `fit`, of any lengths.
        """
        network: Any = self.network_
        foretold = self._ask(X, lambda block: network(block.values, block.mask)[1])
        values: np.ndarray = self.scaler_.inverse(foretold).numpy()
        return values

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return how badly each series is rebuilt, (rows): mean squared error, in standard deviations.

        Args:
            X: series as in `fit`, of any lengths.
        """
        network: Any = self.network_

        def errors(block: SequenceBatch) -> Tensor:
            return rows_error(network(block.values, block.mask)[0], block.values, block.lengths)

        found: np.ndarray = self._ask(X, errors).numpy()
        return found

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        return PastAndFuture(inputs, self.horizon, weight)

    def __sklearn_tags__(self) -> Any:
        """Say that values may be missing."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
