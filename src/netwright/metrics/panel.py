"""The usual scores of a task, in a fixed order."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Int, Shaped
from numpy.typing import ArrayLike
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    recall_score,
    root_mean_squared_error,
)

from netwright.core.errors import InputError
from netwright.metrics.brier import brier_score
from netwright.metrics.calibration_error import classwise_calibration_error, expected_calibration_error
from netwright.metrics.log_score import log_loss
from netwright.metrics.precision_recall import average_precision
from netwright.metrics.reading import (
    UndefinedScoreError,
    class_labels,
    distinct,
    label_codes,
    read_column,
    read_numbers,
    read_weight,
    require_rows,
)
from netwright.metrics.roc import roc_auc

Task = Literal["binary", "multiclass", "multilabel", "regression"]


def scores(
    task: Task,
    truth: ArrayLike,
    prediction: ArrayLike,
    probability: ArrayLike | None = None,
    classes: Sequence[Any] | None = None,
    *,
    sample_weight: ArrayLike | None = None,
) -> dict[str, float]:
    """Return the usual panel of scores for a task; `SCORE_TABLE` says what each means.

    Use it to compare models on the same held-out rows: the names and their order are the same each time.

        binary       roc_auc, average_precision, log_loss, brier_score, accuracy, balanced_accuracy, f1,
                     expected_calibration_error
        multiclass   the same with f1_macro for f1
        multilabel   roc_auc, average_precision, log_loss, brier_score, exact_match, label_accuracy, f1_macro,
                     classwise_calibration_error
        regression   r2, rmse, mae, median_absolute_error

    A score that these rows leave undefined, as ROC AUC where all are of one class, is NaN.

    Args:
        task: what is predicted.
        truth: labels or numbers, one a row; or one column a label or target.
        prediction: predicted labels or numbers, of the same shape.
        probability: the second class's, or one column a class or label; without it the scores that need it
            are left out.
        classes: all labels, in the order of probability's columns; the second is the positive one.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where the arguments do not fit.

    Example:
        >>> scores("regression", [1.0, 2.0, 3.0], [1.0, 2.0, 5.0])["r2"]
        -1.0
    """
    if task == "regression":
        return _regression(truth, prediction, sample_weight)
    if task == "multilabel":
        return _multilabel(truth, prediction, probability, sample_weight)
    if task not in ("binary", "multiclass"):
        raise InputError(
            "task must be binary, multiclass, multilabel or regression", repr(task), "choose one"
        )
    return _classification(task, truth, prediction, probability, classes, sample_weight)


def _classification(
    task: Task,
    truth: ArrayLike,
    prediction: ArrayLike,
    probability: ArrayLike | None,
    classes: Sequence[Any] | None,
    sample_weight: ArrayLike | None,
) -> dict[str, float]:
    answers, guesses = read_column(truth, "truth"), read_column(prediction, "prediction")
    require_rows(len(answers), len(guesses), "prediction")
    columns = None if probability is None else np.asarray(probability)
    if columns is not None and task == "binary" and columns.ndim == 2 and columns.shape[1] == 2:
        columns = columns[:, 1]
    names = _class_names(
        task, [*distinct(answers, "truth"), *distinct(guesses, "prediction")], columns, classes
    )
    codes, chosen = label_codes(answers, names), label_codes(guesses, names, "prediction")
    weight = read_weight(sample_weight, len(codes))
    found, calibration = {}, {}
    if columns is not None:
        found = _probability_scores(codes, columns, range(len(names)), weight)
        error = expected_calibration_error(codes, columns, classes=range(len(names)), sample_weight=weight)
        calibration = {"expected_calibration_error": error}
    return found | _label_scores(task, codes, chosen, weight) | calibration


def _class_names(
    task: Task,
    seen: list[Any],
    columns: Shaped[np.ndarray, "rows *classes"] | None,
    classes: Sequence[Any] | None,
) -> list[Any]:
    if classes is not None:
        names = list(classes)
    elif task == "binary":
        names = class_labels(np.array(seen), 2, None)
    elif columns is not None and columns.ndim == 2:
        names = class_labels(np.array(seen), columns.shape[1], None)
    else:
        names = distinct(np.array(seen), "truth")
    if len(names) < 2 or (task == "binary" and len(names) != 2):
        raise InputError(
            f"classes must be {'two' if task == 'binary' else 'two or more'} labels for a {task} task",
            str(len(names)),
            "pass classes= with all labels in the order of probability's columns",
        )
    return names


def _probability_scores(
    truth: Int[np.ndarray, "rows *labels"],
    probability: Shaped[np.ndarray, "rows *classes"],
    classes: Sequence[Any] | None,
    weight: Any,
) -> dict[str, float]:
    parts: dict[str, Callable[..., float]] = {
        "roc_auc": roc_auc,
        "average_precision": average_precision,
        "log_loss": log_loss,
        "brier_score": brier_score,
    }
    found = {}
    for name, part in parts.items():
        try:
            found[name] = part(truth, probability, classes=classes, sample_weight=weight)
        except UndefinedScoreError:
            found[name] = float("nan")
    return found


def _label_scores(
    task: Task, codes: Int[np.ndarray, "rows"], chosen: Int[np.ndarray, "rows"], weight: Any
) -> dict[str, float]:
    present = np.unique(codes if weight is None else codes[weight > 0])
    settings: dict[str, Any] = {"sample_weight": weight, "zero_division": 0}
    found = {
        "accuracy": float(accuracy_score(codes, chosen, sample_weight=weight)),
        "balanced_accuracy": float(recall_score(codes, chosen, labels=present, average="macro", **settings)),
    }
    if task == "binary":
        return found | {"f1": float(f1_score(codes, chosen, **settings))}
    return found | {"f1_macro": float(f1_score(codes, chosen, average="macro", **settings))}


def _multilabel(
    truth: ArrayLike, prediction: ArrayLike, probability: ArrayLike | None, sample_weight: ArrayLike | None
) -> dict[str, float]:
    matrix, chosen = np.asarray(truth), np.asarray(prediction)
    for argument, values in (("truth", matrix), ("prediction", chosen)):
        if values.ndim != 2 or values.shape != matrix.shape or not np.isin(values, (0, 1)).all():
            raise InputError(
                f"{argument} must be a 0/1 matrix of rows and labels",
                f"shape {values.shape}",
                "one column a label",
            )
    matrix, chosen = matrix.astype(np.int64), chosen.astype(np.int64)
    weight = read_weight(sample_weight, len(matrix))
    found: dict[str, float] = {}
    calibration: dict[str, float] = {}
    if probability is not None:
        columns = np.asarray(probability)
        found = _probability_scores(matrix, columns, None, weight)
        calibration = {
            "classwise_calibration_error": classwise_calibration_error(matrix, columns, sample_weight=weight)
        }
    right = matrix == chosen
    f1 = f1_score(matrix, chosen, average="macro", sample_weight=weight, zero_division=0)
    labels = {
        "exact_match": float(np.average(right.all(axis=1), weights=weight)),
        "label_accuracy": float(np.average(right.mean(axis=1), weights=weight)),
        "f1_macro": float(f1),
    }
    return found | labels | calibration


def _regression(truth: ArrayLike, prediction: ArrayLike, sample_weight: ArrayLike | None) -> dict[str, float]:
    target, guess = read_numbers(truth, "truth"), read_numbers(prediction, "prediction")
    require_rows(len(target), len(guess), "prediction")
    if target.shape != guess.shape:
        raise InputError(f"prediction must have truth's shape {target.shape}", f"{guess.shape}", "match them")
    weight = read_weight(sample_weight, len(target))
    r2 = r2_score(target, guess, sample_weight=weight) if len(target) > 1 else float("nan")
    return {
        "r2": float(r2),
        "rmse": float(root_mean_squared_error(target, guess, sample_weight=weight)),
        "mae": float(mean_absolute_error(target, guess, sample_weight=weight)),
        "median_absolute_error": float(median_absolute_error(target, guess, sample_weight=weight)),
    }
