"""A label for each step of a sequence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast, final

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import SequenceBatch, SequenceSamples, StepTargets, read_sequences
from netwright.estimators import DeepEstimator
from netwright.estimators.deep_estimator import BLOCK
from netwright.estimators.heads import SoftmaxHead
from netwright.estimators.series_rows import read_series
from netwright.layers import LSTMCell
from netwright.nets import SequenceNetwork
from netwright.nets.recurrent_stack import CellMaker
from netwright.sequence.labelling_objective import LabellingObjective
from netwright.sequence.over_sequences import OverSequences
from netwright.sequence.recipe import settle_recurrent
from netwright.training import Objective, Samples, TensorSamples, Training
from netwright.training.batches import move
from netwright.training.record import Choice
from netwright.training.samples import Rows


@final
@dataclass(eq=False, repr=False)
class SequenceLabeller(DeepEstimator):
    """Recurrent network for a label at each step: N steps in, N answers out.

    Use it to say what happens when: phases of a process, states of a machine, words' kinds. With
    `bidirectional` each answer sees what comes later too. Sequences are read as in `RecurrentClassifier`.

    Long sequences are learned in pieces where `piece` says so: the state is carried from piece to piece, its
    gradient is not, and memory grows with the piece alone. Answers can be had piece by piece too, as data
    arrive: `predict_next` goes on from the state that the piece before left, until `reset_states` is called,
    and together the pieces give what one pass over the whole gives.

        h_t, c_t = cell(x_t, h_(t-1), c_(t-1));   p_t = softmax(W h_t + b)

    After `fit` it has `classes_` and `scaler_`.

    Args:
        cell: (features in, features out) -> cell, as in `RecurrentClassifier`.
        width: features of each cell.
        depth: layers.
        bidirectional: whether each layer reads from both ends.
        dropout: share of each layer's output that the next one does not see in training.
        piece: steps that are learned together; None for whole sequences.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, naming the row that cannot be read or has not a label for each step.

    Example:
        >>> X = [np.random.default_rng(n).normal(size=10 + n % 5) for n in range(60)]
        >>> y = [series.cumsum() > 0 for series in X]  # above where it began?
        >>> model = SequenceLabeller(width=16, training=Training(epochs=30), random_state=0).fit(X, y)
        >>> [len(labels) for labels in model.predict(X[:3])], model.score(X, y) > 0.85
        ([10, 11, 12], True)

    Source:
        Chollet and others (2015), "Keras", https://keras.io: its stateful layers; in pieces: Williams and
        Peng (1990), "An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
        Trajectories", doi:10.1162/neco.1990.2.4.490.
    """

    cell: CellMaker = LSTMCell
    width: int = 64
    depth: int = 1
    bidirectional: bool = False
    dropout: float = 0.0
    piece: int | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Fit the network.

        Args:
            X: sequences, as `netwright.data.read_sequences` takes them.
            y: labels of each step: (rows, time), or a list of arrays of (time,).
            sample_weight: (rows), how much each sequence counts.
            groups: (rows); rows of one group stay on one side of the validation split.

        Raises:
            InputError: when X or y cannot be used; the message says what to do.
        """
        self._check_piece()
        samples = self.admit(X, fitting=True)
        validate_data(self, samples, skip_check_array=True)
        labels = _flat(y, samples)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError("y must hold two classes or more", f"{self.classes_.tolist()}", "check y")
        self._targets = StepTargets(torch.from_numpy(numbers.astype(np.int64)), samples.lengths)
        head = SoftmaxHead(len(self.classes_))
        rows = torch.arange(len(samples))
        try:
            self._learn(samples, rows, lambda _: head, sample_weight=sample_weight, groups=groups)
        finally:
            del self._targets
        self.reset_states()
        return self

    def predict(self, X: Any) -> list[np.ndarray]:
        """Return the likeliest class of each step, an array of (time,) for each sequence.

        Args:
            X: sequences as in `fit`.
        """
        return [self.classes_[part.argmax(1)] for part in self.predict_proba(X)]

    def predict_proba(self, X: Any) -> list[np.ndarray]:
        """Return probabilities of each step, an array of (time, classes) for each sequence.

        Args:
            X: sequences as in `fit`.
        """
        inputs = self._inputs(X)
        order = torch.argsort(inputs.lengths, stable=True)
        parts: list[np.ndarray] = [np.empty(0)] * len(inputs)
        with self._ready(inputs) as device:
            for rows in torch.split(order, BLOCK):
                outputs = self.network_(move(inputs[rows], device)).double().softmax(-1).cpu().numpy()
                for row, part in zip(rows.tolist(), outputs, strict=True):
                    parts[row] = part[: int(inputs.lengths[row])].copy()
        return parts

    def predict_next(self, X: Any) -> list[np.ndarray]:
        """Return the likeliest class of each step of the next piece of each sequence.

        Args:
            X: pieces, one for each sequence, in the order of the pieces before.
        """
        return [self.classes_[part.argmax(1)] for part in self.predict_proba_next(X)]

    def predict_proba_next(self, X: Any) -> list[np.ndarray]:
        """Return probabilities of each step of the next piece of each sequence, and keep the state behind it.

        Args:
            X: pieces, one for each sequence, in the order of the pieces before.

        Raises:
            InputError: when there are more or fewer than before, or the network reads from both ends.
        """
        if self.bidirectional:
            raise InputError("bidirectional must be False for pieces", "True", "use predict on the whole")
        inputs, states = self._inputs(X), getattr(self, "_states", None)
        if states is not None and states[0][0].shape[0] != len(inputs):
            came = f"{len(inputs)} for {states[0][0].shape[0]} sequences"
            raise InputError(
                "X must have a piece of each sequence", came, "call reset_states() to begin anew"
            )
        with self._ready(inputs) as device:
            batch = cast("SequenceBatch", move(inputs[torch.arange(len(inputs))], device))
            network = cast("OverSequences", self.network_)
            outputs, left = network.proceed(batch, move(states, device))
            self._states: Any = left
            probability = outputs.double().softmax(-1).cpu().numpy()
        return [part[:length] for part, length in zip(probability, inputs.lengths.tolist(), strict=True)]

    def reset_states(self) -> None:
        """Forget what pieces came before, so that the next ones begin anew."""
        self._states = None

    def score(self, X: Any, y: Any) -> float:
        """Return the share of all steps whose label is right.

        Args:
            X: sequences.
            y: their labels.
        """
        samples = self.admit(X)
        return float((np.concatenate(self.predict(samples)) == _flat(y, samples)).mean())

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Return sequences as samples."""
        return read_sequences(X)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> SequenceSamples:
        """Return rows of them scaled, and learn how where it is asked for."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open, and put a loss of steps in the place of one of rows."""
        filled, made = settle_recurrent(training)
        if not isinstance(filled.loss, Objective):
            filled = replace(filled, loss=LabellingObjective(filled.loss, self.piece))
        return filled, made

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        sizes = (self.width, self.depth, self.bidirectional, self.dropout)
        return OverSequences(SequenceNetwork(sample[0], n_outputs, self.cell, *sizes, "each"))

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        """Return inputs with the labels of their rows, whose numbers stand in for them until here."""
        return TensorSamples(inputs, cast("Tensor", Rows(self._targets, target)), weight)

    def _inputs(self, X: Any) -> SequenceSamples:
        check_is_fitted(self)
        samples = self.admit(X)
        validate_data(self, samples, skip_check_array=True, reset=False)
        return self.read(samples)

    def _check_piece(self) -> None:
        if self.piece is not None and (self.piece < 1 or self.bidirectional):
            came = "both" if self.bidirectional else str(self.piece)
            mend = "leave one of them out"
            raise InputError("piece must be at least 1, and not with bidirectional", came, mend)


def _flat(y: Any, samples: SequenceSamples) -> np.ndarray:
    """Labels of all steps behind each other."""
    if not isinstance(y, Sequence | np.ndarray) or len(y) != len(samples):
        came = f"{len(y)}" if hasattr(y, "__len__") else type(y).__name__
        raise InputError(f"y must have labels for each of {len(samples)} sequences", came, "give a list")
    parts = [np.asarray(part) for part in y]
    for row, (part, length) in enumerate(zip(parts, samples.lengths.tolist(), strict=True)):
        if part.shape != (length,):
            came = f"shape {part.shape} in row {row}"
            raise InputError(f"y must have a label for each step, {length} in row {row}", came, "mend it")
    return np.concatenate(parts)
