"""Groups of series without labels, by an LSTM whose outputs are to tell as much as they can."""

from dataclasses import dataclass, replace
from typing import Any, Self, final

import numpy as np
import torch
from sklearn.base import ClusterMixin
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import SequenceSamples
from netwright.estimators import DeepEstimator
from netwright.estimators.series_rows import SeriesReader, admit_series, read_series
from netwright.estimators.twins import TwinHead
from netwright.losses import BinaryInformationGain, ParzenEntropy
from netwright.training import Batch, Objective, Training
from netwright.training.record import Choice

EPOCHS, BATCH_SIZE, LEARNING_RATE = 120, 256, 0.03
NEAR = 0.1
"""Beginnings that end with a loss so near to the best, in bits or nats, have as good a grouping."""

PLACES = 512
"""At which the density of outputs is looked at."""


@final
@dataclass(eq=False, repr=False)
class LSTMClusterer(ClusterMixin, DeepEstimator):  # type: ignore[misc]
    """LSTM that groups series by how they run, without labels.

    Use it where groups differ in what happens in time (which event comes first, how fast things swing)
    rather than in values at fixed steps, which k-means would see. With `losses.BinaryInformationGain` (BINGO)
    the output is a bit, and there are two groups; with `losses.ParzenEntropy` (NEO) outputs gather in
    places, mostly two, and groups are parted where few series are. BINGO wants groups of like sizes, NEO
    leaves that open, and is led astray more easily. Series may differ in length and miss values.

        BINGO: maximise H(mean p) - mean H(p);   NEO: minimise H(y) - log std(y),   y of [h_T ; mean_t h_t]

    It learns from several random beginnings; of those that end with nearly the best loss it keeps the one
    whose grouping agrees best with the others.

    Args:
        objective: `BinaryInformationGain` or `ParzenEntropy`.
        hidden: features of the LSTM's state.
        beginnings: how often it is trained anew.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> rng, kind, time = np.random.default_rng(0), np.arange(80) % 2, np.arange(20)
        >>> X = np.where(kind[:, None] == 1, time, 19 - time) / 10 + rng.normal(0, 0.1, (80, 20))
        >>> model = LSTMClusterer(hidden=4, beginnings=1, random_state=0).fit(X)
        >>> adjusted_rand_score(kind, model.labels_)
        1.0

    Source:
        Klapper-Rybicka, Schraudolph and Schmidhuber (2001), "Unsupervised Learning in LSTM Recurrent Neural
        Networks", doi:10.1007/3-540-44668-0_95.
        Differs: several beginnings, the mean state beside the last one, and what the two losses say.
    """

    objective: type[nn.Module] = BinaryInformationGain
    hidden: int = 8
    beginnings: int = 5
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Check X and return it as samples of series."""
        return admit_series(X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return series standardised."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        reader = SeriesReader(sample[0], 1, self.hidden)
        return nn.Sequential(reader, nn.Tanh()) if self.objective is ParzenEntropy else reader

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from all series at once, as far as that goes, without any held back."""
        wanted = {
            "epochs": EPOCHS,
            "batch_size": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "validation": 0.0,
        }
        left = {name: value for name, value in wanted.items() if getattr(training, name) is None}
        reason = "the loss compares the series of a batch: large ones, few steps"
        own = isinstance(training.loss, Objective)
        loss = training.loss if own else OutputsAlone(self.objective())
        choices = [Choice(name, value, reason) for name, value in left.items()]
        return replace(training, loss=loss, **left), choices  # type: ignore[arg-type]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Group series.

        Args:
            X: series, (rows, time), (rows, time, features) or a list of them.
            y: passed over.

        Raises:
            ValueError: when X or a setting cannot be used; the message says what to do.
        """
        self._check_settings()
        samples = self.admit(X, fitting=True)
        validate_data(self, samples, skip_check_array=True)
        tries: list[tuple[nn.Module, Any, np.ndarray, np.ndarray]] = []
        losses: list[float] = []
        for attempt in range(self.beginnings):
            self._attempt = attempt
            self._learn(samples, torch.zeros(len(samples)), lambda _: TwinHead(1))
            outputs = self._ask_inputs(self.read(samples), self.network_)
            losses.append(float(self.objective()(outputs)))
            answers = outputs.numpy()
            self.borders_ = self._borders(answers[:, 0])
            tries.append((self.network_, self.record_, self.borders_, self._group(answers)))
        del self._attempt
        good = [one for one, loss in zip(tries, losses, strict=True) if loss <= min(losses) + NEAR]
        groupings = [labels for *_, labels in good]
        agreement = [sum(adjusted_rand_score(one, other) for other in groupings) for one in groupings]
        self.network_, self.record_, self.borders_, self.labels_ = good[int(np.argmax(agreement))]
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the group of each series, (rows).

        Args:
            X: series as in `fit`, of any lengths.
        """
        return self._group(self.transform(X))

    def transform(self, X: Any) -> np.ndarray:
        """Return the output, (rows, 1): the logit of a bit, or a place from -1 to 1.

        Args:
            X: series as in `fit`, of any lengths.
        """
        check_is_fitted(self)
        return self._ask(X, self.network_).numpy()

    def _seed(self) -> int:
        return (super()._seed() + self._attempt) % 2**31

    def _check_settings(self) -> None:
        if self.objective not in (BinaryInformationGain, ParzenEntropy):
            came = repr(self.objective)
            raise InputError("objective must be BinaryInformationGain or ParzenEntropy", came, "give a class")
        if min(self.hidden, self.beginnings) < 1:
            came = f"{self.hidden} and {self.beginnings}"
            raise InputError("hidden and beginnings must be at least 1", came, "leave them out")

    def _borders(self, places: np.ndarray) -> np.ndarray:
        """Where groups are parted."""
        return np.zeros(1) if self.objective is BinaryInformationGain else _valleys(places)

    def _group(self, answers: np.ndarray) -> np.ndarray:
        """Numbers of groups."""
        return np.searchsorted(self.borders_, answers[:, 0])


@final
class OutputsAlone(Objective):
    """A loss of the outputs, without any target.

    Args:
        loss: outputs -> number.

    Example:
        >>> batch = Batch(torch.tensor([[-9.0], [9.0]]), torch.zeros(2))
        >>> OutputsAlone(BinaryInformationGain()).loss(nn.Identity(), batch).round(decimals=2)
        tensor(-1.)
    """

    def __init__(self, loss: nn.Module) -> None:
        self.of_outputs = loss

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of the batch."""
        loss: Tensor = self.of_outputs(network(batch.inputs))
        return loss


def _valleys(values: np.ndarray, width: float = 0.2) -> np.ndarray:
    """Where the density of values has its lowest places between heaps."""
    places = np.linspace(values.min(), values.max(), PLACES)
    density = np.exp(-np.square((places[:, None] - values) / width) / 2).sum(1)
    lower = (density[1:-1] < density[:-2]) & (density[1:-1] <= density[2:])
    found: np.ndarray = places[1:-1][lower]
    return found
