"""The siamese LSTM that recognises faults of machines by one example."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.data import SequenceSamples
from netwright.estimators import DeepEmbedder
from netwright.estimators.series_rows import SeriesReader, admit_series, read_series
from netwright.estimators.twins import LearnsByPairs, PairObjective
from netwright.training import Objective, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class SiameseFaultDetector(LearnsByPairs, DeepEmbedder):
    """Siamese LSTM: sensor series of one fault get codes near to each other, those of others keep away.

    Use it where machines break in ways that training has not seen: one recording of a new fault is enough to
    find it again (`similarity`, `recognise`). It is fitted to series and what was wrong with each of them,
    "nothing" being a kind like the others. Series may differ in length and miss values.

        code = W [h_T ; mean_t h_t],   d = |code - code'|,   similarity = exp(-d)
        alike:   d^2 / 2,   else max(0, margin - d)^2 / 2,   for all pairs of a batch

    Args:
        width: numbers of a code.
        hidden: features of the LSTM's state.
        margin: distance from which on series of two kinds are left alone.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the series cannot be used.

    Example:
        >>> rng, kinds = np.random.default_rng(0), np.arange(60) % 3
        >>> X = rng.normal(0, 0.3, (60, 20, 2)) + (kinds / 2)[:, None, None] * np.sin(np.arange(20))[:, None]
        >>> model = SiameseFaultDetector(training=Training(epochs=5), random_state=0).fit(X, kinds)
        >>> model.similarity(X, examples=X[:3]).shape
        (60, 3)

    Source:
        Cerliani, "Predictive Maintenance with LSTM Siamese Network", towardsdatascience.com; the loss:
        Hadsell, Chopra and LeCun (2006), "Dimensionality Reduction by Learning an Invariant Mapping",
        doi:10.1109/CVPR.2006.100.
    """

    decodes: ClassVar[bool] = False
    width: int = 16
    hidden: int = 32
    margin: float = 1.0
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> SequenceSamples:
        """Check X and return it as samples of series."""
        if fitting and not (isinstance(self.width, int) and self.width > 0):
            raise InputError("width must be a whole number from 1", repr(self.width), "16 is usual")
        return admit_series(X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Any:
        """Return series standardised."""
        return read_series(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return SeriesReader(sample[0], self.width, self.hidden)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from pairs."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=PairObjective(self.margin)), []

    def similarity(self, X: Any, examples: Any) -> np.ndarray:
        """Return how alike series and examples are, from 0 to 1, (rows, examples).

        Args:
            X: series to judge.
            examples: recordings of faults, which need not have been in `fit`.
        """
        codes, known = (torch.from_numpy(self.transform(one)) for one in (X, examples))
        found: np.ndarray = torch.cdist(codes, known).neg().exp().numpy()
        return found

    def __sklearn_tags__(self) -> Any:
        """Say that it learns from classes, and that values may be missing."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags
