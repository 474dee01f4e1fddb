"""What encoders that are taught read: rows of texts, grades and labels."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets import PairClassifier


class Classified(nn.Module):
    """Cross-entropy of a classifier of texts, or of pairs of them.

    Args:
        classifier: vectors -> scores of the classes.
    """

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, *vectors_and_labels: Tensor) -> Tensor:
        """The loss of a batch: vectors of each column, and the labels."""
        *vectors, labels = vectors_and_labels
        return nn.functional.cross_entropy(self.classifier(*vectors), labels)


def classified_pairs(width: int, n_classes: int, hidden: Sequence[int] = (), *, product: bool) -> Classified:
    """Return the loss of labelled pairs.

    Args:
        width: of each vector.
        n_classes: of the pairs.
        hidden: units of the classifier's hidden layers.
        product: whether it sees the product of the vectors.
    """
    return Classified(PairClassifier(width, n_classes, hidden, product))


def columns_of(X: Any, widths: Sequence[int] = (2,)) -> list[list[str]]:
    """Return rows of texts as columns.

    Args:
        X: rows of several texts each: a list of tuples, an array or a frame.
        widths: how many texts a row may have.

    Raises:
        InputError: when a row has another number, or something else in it.

    Example:
        >>> columns_of([("a", "b"), ("c", "d")])
        [['a', 'c'], ['b', 'd']]
    """
    wanted = " or ".join(map(str, widths))
    rows = X.to_numpy() if hasattr(X, "to_numpy") else X
    if isinstance(rows, str | bytes) or not isinstance(rows, Iterable):
        raise InputError(f"X must be rows of {wanted} texts", type(X).__name__, "give a list of tuples")
    listed = [one if isinstance(one, str) else tuple(one) for one in rows]
    if not listed:
        raise InputError(f"X must be rows of {wanted} texts", "none", "give at least one")
    width = len(listed[0]) if len(listed[0]) in widths and not isinstance(listed[0], str) else widths[0]
    for number, row in enumerate(listed):
        if isinstance(row, str) or len(row) != width or not all(isinstance(text, str) for text in row):
            raise InputError(
                f"each row of X must have {wanted} texts, the same number in all rows",
                f"{row!r:.60} in row {number}",
                "mend or drop that row",
            )
    return [[str(text) for text in column] for column in zip(*listed, strict=True)]


def grades_of(y: Any, n_rows: int) -> Tensor:
    """Return grades of pairs as numbers.

    Args:
        y: from -1 to 1, as cosines are.
        n_rows: that there are.

    Raises:
        InputError: when there are not as many, or one is no number from -1 to 1.
    """
    grades = np.asarray(y, np.float32)
    _check_rows(grades, n_rows)
    if not (np.abs(grades) <= 1).all():
        bad = int(np.flatnonzero(~(np.abs(grades) <= 1))[0])
        raise InputError(
            "grades must be from -1 to 1, as cosines are",
            f"{grades[bad]} in row {bad}",
            "scale them, say y / 5",
        )
    return torch.from_numpy(grades)


def labels_of(y: Any, n_rows: int) -> tuple[NDArray[Any], Tensor]:
    """Return the classes that come, sorted, and the number of each row's one.

    Args:
        y: labels.
        n_rows: that there are.

    Raises:
        InputError: when there are not as many, or all are the same.
    """
    labels = np.asarray(y)
    _check_rows(labels, n_rows)
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise InputError(
            "y must have two classes or more", f"only {classes[0]!r}", "give rows of another class"
        )
    return classes, torch.from_numpy(numbers.astype(np.int64))


def _check_rows(values: NDArray[Any], n_rows: int) -> None:
    if values.shape != (n_rows,):
        came = f"shape {values.shape}"
        raise InputError(f"y must have one value for each of {n_rows} rows", came, "give as many")
