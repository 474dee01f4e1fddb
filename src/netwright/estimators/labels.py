"""What a classifier's target says: one class a row, several labels a row, or probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d
from torch import Tensor

from netwright.core.errors import InputError
from netwright.estimators.heads import BinaryHead, Head, SigmoidHead, SoftmaxHead


@dataclass(frozen=True)
class Labels:
    """A classifier's target, read.

    Args:
        kind: "single" (one class a row), "multi" (an indicator matrix), "soft" (probabilities that add up to
            1 in a row), "soft-multi" (a probability for each label by itself).
        classes: the classes, or the names of the labels.
        target: class numbers, (rows), or values from 0 to 1, (rows, classes).

    Example:
        >>> read_labels(np.array(["b", "a", "b"])).target
        tensor([1., 0., 1.])
    """

    kind: str
    classes: np.ndarray
    target: Tensor

    def head(self) -> Head:
        """Return the head that learns these labels."""
        if self.kind in ("multi", "soft-multi"):
            return SigmoidHead(len(self.classes))
        return BinaryHead() if self.target.is_floating_point() and self.target.ndim == 1 else self._softmax()

    def _softmax(self) -> Head:
        return SoftmaxHead(len(self.classes))

    def numbers(self) -> np.ndarray | None:
        """Return a class number for each row: of soft labels the likeliest class.

        It is None where rows have several labels, or where a class is the likeliest in hardly any row.
        """
        if self.kind in ("multi", "soft-multi"):
            return None
        if self.kind == "single":
            return self.target.long().numpy()
        likeliest: np.ndarray = self.target.argmax(1).numpy()
        return likeliest if np.bincount(likeliest, minlength=len(self.classes)).min() > 1 else None


def read_labels(y: Any) -> Labels:
    """Read the target of a classifier.

    Args:
        y: (rows) of any labels; (rows, labels) of 0 and 1; or (rows, classes) of probabilities. A data
            frame's columns name the labels.

    Raises:
        InputError: when there is only one class, or a value is missing.
        ValueError: when y is no target of a classification.

    Example:
        >>> read_labels([[0.2, 0.8], [0.5, 0.5]]).kind
        'soft'
    """
    names = np.asarray(y.columns) if isinstance(y, pd.DataFrame) else None
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] > 1:
        return _read_matrix(values, names)
    values = column_or_1d(values, warn=True)
    if pd.isna(values).any():
        raise InputError(
            "y must have a value in each row",
            f"a missing one in row {int(np.flatnonzero(pd.isna(values))[0]) + 1}",
            "leave such rows out; y contains NaN",
        )
    check_classification_targets(values)
    classes, numbers = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise InputError("y must have at least two classes", f"only the class {classes[0]}", "add others")
    kind = torch.float32 if len(classes) == 2 else torch.int64
    return Labels("single", classes, torch.as_tensor(numbers, dtype=kind))


def _read_matrix(values: np.ndarray, names: np.ndarray | None) -> Labels:
    labels = np.arange(values.shape[1]) if names is None else names
    if type_of_target(values) == "multilabel-indicator":
        return Labels("multi", labels, torch.from_numpy(values.astype(np.float32)))
    numbers = values.astype(np.float64)
    if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1):
        raise InputError(
            "a y of several columns must hold 0 and 1 or probabilities",
            f"values from {numbers.min():g} to {numbers.max():g}",
            "give one column of classes, or use MLPMultiOutput for several targets",
        )
    kind = "soft" if np.allclose(numbers.sum(1), 1, atol=1e-6) else "soft-multi"
    return Labels(kind, labels, torch.as_tensor(numbers, dtype=torch.float32))
