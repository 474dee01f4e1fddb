"""Logits: the form of probabilities that calibration stretches and shifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import (
    class_labels,
    label_codes,
    read_column,
    read_scores,
    read_weight,
    require_rows,
    summing_to_one,
)


@dataclass(frozen=True, eq=False)
class Logits:
    """A prediction as logits: log-odds of the second of two classes, or one column a class.

    Args:
        values: of shape (rows,) for two classes, else (rows, classes).
        given: the checked prediction in the same shape, before any logarithm.
        as_pair: whether two columns came, so that two must go back.

    Example:
        >>> read_logits([0.5, 0.5], from_logits=False).values.tolist()
        [0.0, 0.0]
    """

    values: Float[np.ndarray, "rows *classes"]
    given: Float[np.ndarray, "rows *classes"]
    as_pair: bool

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return 2 if self.values.ndim == 1 else self.values.shape[1]

    def require(self, n_classes: int) -> None:
        """Raise where there are other classes than in `fit`."""
        if self.n_classes != n_classes:
            raise InputError(
                f"prediction must be of the {n_classes} classes of fit",
                str(self.n_classes),
                "pass the same classes",
            )

    def give_back(self, second: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows *classes"]:
        """Return the second class's probability in the form that came in."""
        return np.stack([1 - second, second], axis=1) if self.as_pair else second


def read_logits(prediction: ArrayLike, *, from_logits: bool) -> Logits:
    """Return a prediction as logits; several classes' probabilities become their logarithms.

    Probabilities stay one step of their own type away from 0 and 1, so that saturated ones stay finite.
    """
    numbers, resolution = read_scores(prediction, bounded=not from_logits)
    as_pair = numbers.ndim == 2 and numbers.shape[1] == 2
    if from_logits:
        given = numbers[:, 1] - numbers[:, 0] if as_pair else numbers
        return Logits(given, given, as_pair)
    given = summing_to_one(numbers) if numbers.ndim == 2 else numbers
    given = given[:, 1] if as_pair else given
    probability = np.clip(given, resolution, 1 - resolution)
    values = np.log(probability) - np.log1p(-probability) if probability.ndim == 1 else np.log(probability)
    return Logits(values, given, as_pair)


def read_answers(
    truth: ArrayLike, logits: Logits, classes: Sequence[Any] | None, sample_weight: ArrayLike | None
) -> tuple[Int[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    """Return class codes and weights that fit the logits."""
    labels = read_column(truth, "truth")
    if labels.ndim == 2:
        raise InputError("truth must be one label a row", "a matrix", "calibrate one label at a time")
    require_rows(len(labels), len(logits.values), "prediction")
    weight = read_weight(sample_weight, len(labels))
    codes = label_codes(labels, class_labels(labels, logits.n_classes, classes))
    return codes, np.ones(len(labels)) if weight is None else weight
