"""What the metrics read at their door: truth, prediction and weights, checked and brought to one form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy.typing import ArrayLike
from pandas import isna

from netwright.core.errors import InputError

SUM_TOLERANCE = 1e-3
"""How far from 1 the probabilities of a row may add up: half-precision softmax errs by less."""


class UndefinedScoreError(InputError):
    """A score does not exist on these rows, such as the ROC AUC of rows of one class alone."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A truth and a prediction that fit each other, in the form that the metrics compute with.

    Args:
        kind: "binary" (prediction is the second class's column), "multiclass" or "multilabel".
        truth: class codes from 0, one a row; for several labels a matrix of 0 and 1.
        prediction: float64, of shape (rows,) or (rows, classes).
        weight: float64, one a row, or None.
        resolution: the smallest step from 1 that the prediction's own type could hold.

    Example:
        >>> read_judged([0, 1], [0.2, 0.9]).kind
        'binary'
    """

    kind: Literal["binary", "multiclass", "multilabel"]
    truth: Int[np.ndarray, "rows *labels"]
    prediction: Float[np.ndarray, "rows *classes"]
    weight: Float[np.ndarray, "rows"] | None
    resolution: float

    def one_hot(self) -> Int[np.ndarray, "rows *classes"]:
        """Return the truth in the prediction's shape."""
        if self.kind != "multiclass":
            return self.truth
        return np.asarray(self.truth[:, None] == np.arange(self.prediction.shape[1]), dtype=np.int64)


def read_judged(
    truth: ArrayLike,
    prediction: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    classes: Sequence[Any] | None = None,
    bounded: bool = True,
    pair_is_binary: bool = True,
) -> Judged:
    """Check a truth and its predicted probabilities or scores, and tell the task from their shapes.

    Args:
        truth: labels, one a row; or a 0/1 matrix of the prediction's shape for several labels a row.
        prediction: one number a row (the second class's), or one column a class or label.
        sample_weight: one number a row, at least 0.
        classes: the labels of the columns in their order; by default codes from 0, else the sorted labels.
        bounded: whether the prediction must be probabilities.
        pair_is_binary: whether a matrix of two columns is read as its second column.

    Raises:
        InputError: naming the argument that does not fit.

    Example:
        >>> read_judged(["no", "yes"], [[0.8, 0.2], [0.1, 0.9]]).truth.tolist()
        [0, 1]
    """
    labels = read_column(truth, "truth")
    scores, resolution = read_scores(prediction, bounded=bounded)
    require_rows(len(labels), len(scores), "prediction")
    weight = read_weight(sample_weight, len(labels))
    if labels.ndim == 2:
        return Judged("multilabel", _indicator(labels, scores.shape), scores, weight, resolution)
    codes = label_codes(labels, class_labels(labels, scores.shape[1] if scores.ndim == 2 else 2, classes))
    if bounded and scores.ndim == 2:
        scores = summing_to_one(scores)
    if scores.ndim == 2 and scores.shape[1] == 2 and pair_is_binary:
        scores = scores[:, 1]
    return Judged("binary" if scores.ndim == 1 else "multiclass", codes, scores, weight, resolution)


def read_scores(prediction: ArrayLike, *, bounded: bool) -> tuple[Float[np.ndarray, "rows *classes"], float]:
    """Return the prediction as float64, within 0 and 1 where it is bounded, and its own type's resolution."""
    scores, resolution = _numbers(read_column(prediction, "prediction"), "prediction")
    if not bounded:
        return scores, resolution
    if scores.min() < -1e-6 or scores.max() > 1 + 1e-6:
        raise InputError(
            "prediction must be probabilities from 0 to 1",
            f"values from {scores.min():g} to {scores.max():g}",
            "apply softmax or sigmoid to logits first",
        )
    return np.clip(scores, 0, 1), resolution


def summing_to_one(scores: Float[np.ndarray, "rows classes"]) -> Float[np.ndarray, "rows classes"]:
    """Check that each row adds up to 1 within `SUM_TOLERANCE`, and make it so exactly."""
    total = scores.sum(axis=1, keepdims=True)
    worst = float(total[np.abs(total - 1).argmax(), 0])
    if abs(worst - 1) > SUM_TOLERANCE:
        raise InputError(
            "prediction's rows must add up to 1 over the classes",
            f"a row that adds up to {worst:g}",
            "apply softmax, or pass truth as a 0/1 matrix if a row may have several labels",
        )
    return np.asarray(scores / total)


def read_column(values: ArrayLike, argument: str) -> Shaped[np.ndarray, "rows *labels"]:
    """Return the values as an array with at least one row; a matrix of one column becomes a vector."""
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or len(array) == 0:
        raise InputError(
            f"{argument} must have at least one row, and one or two axes",
            f"shape {array.shape}",
            "reshape it",
        )
    return array


def read_numbers(values: ArrayLike, argument: str) -> Float[np.ndarray, "rows *columns"]:
    """Return finite numbers as float64, one or two axes."""
    return _numbers(read_column(values, argument), argument)[0]


def read_weight(sample_weight: ArrayLike | None, n_rows: int) -> Float[np.ndarray, "rows"] | None:
    """Return the weights as float64, or None where there are none."""
    if sample_weight is None:
        return None
    weight = read_numbers(sample_weight, "sample_weight")
    if weight.ndim != 1:
        raise InputError("sample_weight must be one number a row", f"shape {weight.shape}", "flatten it")
    require_rows(n_rows, len(weight), "sample_weight")
    if weight.min() < 0 or weight.sum() <= 0:
        raise InputError(
            "sample_weight must be at least 0, and above 0 somewhere",
            f"a minimum of {weight.min():g} and a sum of {weight.sum():g}",
            "leave the rows out instead",
        )
    return weight


def require_rows(expected: int, came: int, argument: str) -> None:
    """Raise where an argument has not as many rows as the truth."""
    if expected != came:
        raise InputError(
            f"{argument} must have the {expected} rows of truth", f"{came}", "pass the same rows to both"
        )


def class_labels(
    labels: Shaped[np.ndarray, "rows"], n_classes: int, classes: Sequence[Any] | None
) -> list[Any]:
    """Return the labels of the prediction's columns, in their order.

    Without `classes` they are the codes from 0 where the truth holds nothing else; otherwise the truth's own
    labels, sorted, where it holds each of them. A truth that leaves this open is refused, not guessed at.
    """
    if classes is not None:
        if len(classes) != n_classes:
            raise InputError(
                f"classes must name the {n_classes} classes of prediction",
                f"{len(classes)}",
                "name each once",
            )
        return list(classes)
    found = distinct(labels, "truth")
    if all(value in range(n_classes) for value in found):
        return list(range(n_classes))
    if len(found) == n_classes:
        return found
    raise InputError(
        f"truth must hold codes from 0 to {n_classes - 1}, or each of {n_classes} labels at least once",
        shortened(found),
        "pass classes= with the labels in the order of prediction's columns",
    )


def label_codes(
    labels: Shaped[np.ndarray, "rows"], classes: Sequence[Any], argument: str = "truth"
) -> Int[np.ndarray, "rows"]:
    """Return each label's position in `classes`."""
    position = {label: code for code, label in enumerate(classes)}
    found, inverse = _unique(labels, argument)
    strangers = [label for label in found if label not in position]
    if strangers:
        raise InputError(
            f"{argument} must hold labels among {shortened(classes)}",
            shortened(strangers),
            "leave those rows out or name all classes",
        )
    codes = np.array([position[label] for label in found], dtype=np.int64)
    return np.asarray(codes[inverse])


def distinct(labels: Shaped[np.ndarray, "rows"], argument: str) -> list[Any]:
    """Return the labels that occur, sorted, as plain values."""
    return _unique(labels, argument)[0]


def shortened(values: Sequence[Any], most: int = 6) -> str:
    """Return a list in one short line."""
    shown = ", ".join(repr(value)[:40] for value in list(values)[:most])
    return f"{shown}, ... ({len(values)} in all)" if len(values) > most else shown


def _unique(labels: Shaped[np.ndarray, "rows"], argument: str) -> tuple[list[Any], Int[np.ndarray, "rows"]]:
    if missing := int(isna(labels).sum()):
        raise InputError(
            f"{argument} must have a label in each row", f"{missing} missing", "leave those rows out"
        )
    try:
        found, inverse = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise InputError(
            f"{argument} must hold labels of one type", "a mixture", "turn all to text or all to numbers"
        ) from error
    return found.tolist(), inverse


def _numbers(values: Shaped[np.ndarray, "..."], argument: str) -> tuple[Float[np.ndarray, "..."], float]:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{argument} must be numbers", f"values of type {values.dtype}", "pass numbers, not labels"
        ) from error
    if not np.isfinite(numbers).all():
        raise InputError(
            f"{argument} must be finite",
            f"{int((~np.isfinite(numbers)).sum())} missing or infinite values",
            "leave those rows out",
        )
    own = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    return numbers, float(np.finfo(own).eps)


def _indicator(
    labels: Shaped[np.ndarray, "rows labels"], shape: tuple[int, ...]
) -> Int[np.ndarray, "rows labels"]:
    if labels.shape != shape:
        raise InputError(
            "prediction must have truth's shape where truth is a matrix",
            f"{shape} for {labels.shape}",
            "match them",
        )
    if not np.isin(labels, (0, 1)).all():
        raise InputError(
            "truth must hold 0 and 1 where it is a matrix",
            "other values",
            "pass one column a label, 1 where it holds",
        )
    return labels.astype(np.int64)
