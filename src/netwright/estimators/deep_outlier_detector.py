"""The abstract outlier detector: rows in, and how unlike the others each of them is."""

from abc import ABC
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import TableEncoder
from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.heads import Head
from netwright.estimators.numbers import admit_pictures, are_pictures, centre_and_scale, to_numbers, to_tensor
from netwright.estimators.tables import admit_table, read_table


class DeepOutlierDetector(OutlierMixin, DeepEstimator, ABC):  # type: ignore[misc]
    """What detectors of unusual rows share: a network whose one number says how strange a row is.

    Rows are a table, with categories, dates and gaps as classifiers take them, or pictures, in any form that
    `netwright.data.read_images` takes. A final detector has the fields `contamination` and `table` and gives
    `build`: a network whose answer, (rows, 1), is 0 or more, and which learns by making it small. After `fit`
    it has `offset_`, so chosen that `contamination * rows` of the training rows, rounded, lie below it; of
    rows that are equally strange at the limit, none is called an outlier.

    Example:
        >>> from netwright.tabular import AutoencoderDetector
        >>> from netwright.training import Training
        >>> X = np.random.default_rng(0).normal(size=(50, 4))
        >>> model = AutoencoderDetector(contamination=0.1, training=Training(epochs=2), random_state=0)
        >>> isinstance(model, DeepOutlierDetector), int((model.fit_predict(X) == -1).sum())
        (True, 5)
    """

    contamination: float
    table: TableEncoder | None
    offset_: float
    centre_: np.ndarray
    scale_: float

    def admit(self, X: Any, *, fitting: bool = False) -> Any:
        """Check X and return it as a table or as pictures."""
        known = () if fitting else getattr(self, "sample_shape_", ())
        if are_pictures(X):
            return admit_pictures(X, fitting=fitting, known=known)
        if len(known) > 1:
            raise InputError("X must be pictures, as in fit", "a table", "give pictures, or fit again")
        return admit_table(X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return a table as numbers and codes, or pictures as they are."""
        if not isinstance(X, Tensor):
            return read_table(self, X, rows=rows, fitting=fitting)
        pictures = to_tensor(to_numbers(X, rows))
        if fitting:
            self.centre_, self.scale_ = centre_and_scale(pictures)
        return pictures

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the network to rows most of which are usual.

        Args:
            X: a table, or pictures.
            y: passed over.
            sample_weight: (rows), how much each row counts.

        Raises:
            ValueError: when X cannot be used; the message says what to do.
        """
        if not (isinstance(self.contamination, (float, int)) and 0 < self.contamination <= 0.5):
            raise InputError(
                "contamination must be above 0 and at most 0.5", repr(self.contamination), "0.1 is usual"
            )
        admitted = self.admit(X, fitting=True)
        validate_data(self, admitted, skip_check_array=True)
        self._learn(
            admitted, torch.zeros(len(admitted)), lambda _: StrangenessHead(), sample_weight=sample_weight
        )
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.offset_ = threshold(self.score_samples(X), self.contamination, weight)
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the strangeness of each row, (rows): the lower, the more it is an outlier.

        Args:
            X: rows as in `fit`.
        """
        scores: np.ndarray = -self._outputs(X)[:, 0].numpy()
        return scores

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores less the threshold, (rows): below 0 are outliers.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        scores: np.ndarray = self.score_samples(X) - self.offset_
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 for what is usual and -1 for outliers, (rows).

        Args:
            X: rows as in `fit`.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)


@final
@dataclass(frozen=True)
class StrangenessHead(Head):
    """A network whose answer is its own loss.

    Example:
        >>> StrangenessHead().loss(torch.tensor([[2.0]]), torch.zeros(1))
        tensor([2.])
    """

    @property
    def n_outputs(self) -> int:
        """One number."""
        return 1

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """The answer itself."""
        return outputs[:, 0]

    def combine(self, outputs: Tensor) -> Tensor:
        """The mean."""
        return outputs.mean(1)

    def activate(self, outputs: Tensor) -> Tensor:
        """The strangeness of each row."""
        return outputs[:, 0]


def threshold(
    scores: Float[np.ndarray, " rows"],
    contamination: float,
    weight: Float[np.ndarray, " rows"] | None = None,
) -> float:
    """Return the score below which the wanted share of rows lies, to the row.

    Args:
        scores: of the training rows.
        contamination: the share, rounded to whole rows.
        weight: how much each row counts; a row of weight 2 stands there twice.

    Example:
        >>> scores = np.array([5.0, 1.0, 4.0, 2.0])
        >>> (scores < threshold(scores, 0.5)).sum()
        np.int64(2)
    """
    weight = np.ones(len(scores)) if weight is None else weight
    order = np.argsort(scores, kind="stable")
    standing = np.cumsum(weight[order])  # rows up to this one, as they are repeated
    place = np.searchsorted(standing, round(contamination * standing[-1]), side="right")
    return float(scores[order[min(place, len(order) - 1)]])
