"""Outliers by reconstruction: what an autoencoder cannot make again is unlike what it has seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import nn

from netwright.data import TableEncoder
from netwright.estimators import DeepOutlierDetector
from netwright.estimators.numbers import check_hidden, picture_front
from netwright.layers import OneHotColumns
from netwright.nets import ConvDecoder, ConvEncoder, ReconstructionError
from netwright.nets.autoencoder import dense_autoencoder
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class AutoencoderDetector(DeepOutlierDetector):
    """Find rows that are unlike the others, such as frauds or faults, by how badly they are made again.

    Use it where columns hang together: a row is found whose numbers are each usual but do not belong to each
    other. It is fitted to rows most of which are usual, best to such alone; where unusual ones are among
    them, few epochs (10) keep it from learning these by heart. Tables may have categories, dates and gaps;
    pictures get convolutions. `explain` says which columns
    make a row strange.

        strangeness(x) = mean over numbers of (x - g(f(x)))^2,   outlier where above the threshold

    Args:
        width: numbers of a code; few, so that only what is common can be made again.
        hidden: units of each hidden layer, for pictures maps of each stage; None for (16,), or (16, 32).
        contamination: share of the training rows that the threshold calls outliers.
        table: how columns become numbers; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(400, 1)) @ np.ones((1, 5))  # columns agree
        >>> X[0] = [1, 1, 1, 1, -1]  # each number is usual, but not these together
        >>> model = AutoencoderDetector(width=1, contamination=0.01, random_state=0).fit(X)
        >>> model.predict(X)[:3].tolist()
        [-1, 1, 1]
        >>> int(model.explain(X)[0].argmax())
        4

    Source:
        Valkov (2017), "Credit Card Fraud Detection using Autoencoders in Keras", curiousily.com.
    """

    width: int = 8
    hidden: Sequence[int] | None = None
    contamination: float = 0.1
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        if len(sample) == 3:
            maps = check_hidden((16, 32) if self.hidden is None else self.hidden)
            coders = ConvEncoder(sample, self.width, maps), ConvDecoder(sample, self.width, maps)
            return ReconstructionError(*coders, picture_front(self.centre_, self.scale_))
        front = OneHotColumns(self.table_.n_numbers_, self.table_.cardinalities_)
        units = check_hidden((16,) if self.hidden is None else self.hidden)
        return ReconstructionError(*dense_autoencoder([front.n_outputs], self.width, units), front)

    def explain(self, X: Any) -> np.ndarray:
        """Return how strange each number of each row is: squared errors, in standard deviations.

        Columns are those of `table_.feature_names_`, categories by their levels one after the other; for
        pictures the answer has their shape.

        Args:
            X: rows as in `fit`.
        """
        errors: np.ndarray = self._ask(X, lambda block: self.network_.errors(block)).numpy()  # type: ignore[operator]
        return errors
