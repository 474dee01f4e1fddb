"""How an embedder of tables learns from a target: classes or numbers, as a classifier or regressor would."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_array, check_consistent_length, validate_data
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import CategoryColumn
from netwright.data.target import MAX_WHOLE_CLASSES, ROWS_PER_CLASS
from netwright.estimators import DeepEstimator
from netwright.estimators.heads import RegressionHead
from netwright.estimators.labels import read_labels

TASKS = ("auto", "classification", "regression")


def learn_target(
    estimator: DeepEstimator,
    X: Any,
    y: Any,
    task: str,
    *,
    sample_weight: Any = None,
    groups: Any = None,
    time: Any = None,
) -> None:
    """Fit the network of an estimator to classes or to numbers, whichever the target is.

    Args:
        estimator: gets `network_`, `head_`, `record_`, and `classes_` where the target is classes.
        X: the table.
        y: (rows) of labels or numbers, or (rows, targets) of numbers.
        task: "classification", "regression", or "auto", which goes by the rule of `data.read_target`.
        sample_weight: (rows), how much each row counts.
        groups: (rows); rows of one group stay on one side of the validation split.
        time: (rows); the latest rows become the validation rows.

    Raises:
        InputError: when the task is unknown.
        ValueError: when X or y cannot be used; the message says what to do.
    """
    X = estimator.admit(X, fitting=True)
    validate_data(estimator, X, y, skip_check_array=True)
    taken = {"sample_weight": sample_weight, "groups": groups, "time": time}
    if _is_classes(y, task):
        labels = read_labels(y)
        check_consistent_length(X, labels.target)
        numbers = labels.numbers()
        classes = None if numbers is None else labels.classes[numbers]
        estimator.classes_ = labels.classes
        estimator._learn(X, labels.target, lambda _: labels.head(), classes=classes, **taken)
        return
    values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    check_consistent_length(X, values)
    estimator.__dict__.pop("classes_", None)  # of an earlier fit
    target = torch.as_tensor(values.reshape(len(values), -1).copy())
    estimator._learn(X, target, RegressionHead.of, **taken)


def level_names(column: Any) -> list[str]:
    """Return what each code of a fitted column of codes stands for.

    Args:
        column: a `CategoryColumn` or a `DayColumn`.

    Example:
        >>> level_names(CategoryColumn("colour", ["red"], n_tail=1, n_rare=0, missing_seen=True))
        ['red', '(rare)', '(missing)']
    """
    if isinstance(column, CategoryColumn):
        return column.code_names
    return [*np.datetime_as_string(column.days.astype("datetime64[D]")).tolist(), "(rare)"]


def looked_up(vectors: Any, codes: np.ndarray) -> list[np.ndarray]:
    """Return the vectors of the levels of each column.

    Args:
        vectors: an `nn.Embedding` for each column.
        codes: (rows, columns).

    Example:
        >>> looked_up([torch.nn.Embedding(3, 2)], np.zeros((5, 1)))[0].shape
        (5, 2)
    """
    return [_weights(one)[codes[:, column].astype(np.int64)] for column, one in enumerate(vectors)]


def _weights(embedding: Any) -> np.ndarray:
    weight: Tensor = embedding.weight
    values: np.ndarray = weight.detach().numpy()
    return values


def _is_classes(y: Any, task: str) -> bool:
    if task not in TASKS:
        raise InputError(f"task must be one of {', '.join(TASKS)}", repr(task), "choose one of these")
    if task != "auto":
        return task == "classification"
    target = np.asarray(y)
    if target.ndim == 2 and target.shape[1] > 1:
        return False
    values = pd.Series(target.ravel()).infer_objects().to_numpy()
    if values.dtype.kind not in "fiu":
        return True
    n_distinct = len(np.unique(values))
    few = n_distinct <= min(MAX_WHOLE_CLASSES, len(values) / ROWS_PER_CLASS)
    return n_distinct == 2 or (few and n_distinct > 1 and bool((np.mod(values, 1) == 0).all()))
