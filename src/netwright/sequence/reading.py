"""Reading sequences for a network: any form in, scaled samples out, and what takes their batches."""

from typing import Any, Protocol, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.data import SequenceBatch, SequenceSamples, SequenceScaler, read_sequences


class ReadsSequences(Protocol):
    """An estimator that reads sequences, and what it has learned of them.

    Example:
        >>> from netwright.sequence import RecurrentClassifier
        >>> model = RecurrentClassifier(width=2, random_state=0).fit([[0.0, 1.0], [1.0]] * 4, [0, 1] * 4)
        >>> model.scaler_.means
        (0.6666666666666666,)
    """

    scaler_: SequenceScaler


def admit_sequences(X: Any) -> SequenceSamples:
    """Return sequences of any form as samples.

    Args:
        X: as `netwright.data.read_sequences` takes it.

    Raises:
        InputError: naming the row, and the step where there is one, that cannot be read.
    """
    return read_sequences(X)


def take_sequences(
    estimator: ReadsSequences, samples: SequenceSamples, *, rows: np.ndarray | None, fitting: bool
) -> SequenceSamples:
    """Return rows of sequences, scaled as training rows ask, which are learned first where it is asked for.

    Args:
        estimator: gets `scaler_` in fitting.
        samples: as `admit_sequences` returns them.
        rows: row numbers; None for all.
        fitting: whether these are the rows to learn from.
    """
    taken = samples if rows is None else samples.take(torch.as_tensor(rows))
    if fitting:
        estimator.scaler_ = SequenceScaler.of(taken)
    return estimator.scaler_.transform(taken)


@final
class OverSequences(nn.Module):
    """Any network for padded sequences and their mask, as the loop calls it: with one batch.

    Args:
        network: (values, mask=...) -> answers.

    Example:
        >>> from netwright.nets import SequenceNetwork
        >>> batch = read_sequences([[1.0, 2.0], [3.0]])[torch.arange(2)]
        >>> OverSequences(SequenceNetwork(1, 3, width=4))(batch).shape
        torch.Size([2, 3])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: SequenceBatch) -> Float[Tensor, "batch ..."]:
        """Return the answers of a batch."""
        answers: Tensor = self.network(batch.values, mask=batch.mask)
        return answers

    def proceed(self, batch: SequenceBatch, state: Any) -> tuple[Tensor, Any]:
        """Return the answers to the next piece of each sequence, and the state behind it.

        Args:
            batch: pieces.
            state: that the pieces before have left; None at the beginning.
        """
        inner: Any = self.network
        answers, left = inner.proceed(batch.values, state, batch.mask)
        return answers, left
