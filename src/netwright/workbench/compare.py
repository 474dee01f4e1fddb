"""Baseline, wide and deep: how much the shape of a network matters for a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold

from netwright.core.errors import InputError
from netwright.data import read_target, to_frame
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training

SHAPES = {"baseline": (16,), "wide": (64,), "deep": (16, 16, 16)}
"""Hidden units; wide and deep have about as many weights as each other."""


def compare_networks(
    X: Any,
    y: Any,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    folds: int = 5,
    task: Literal["auto", "classification", "regression"] = "auto",
    training: Training | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Cross-validate multilayer perceptrons of several shapes on the same folds, with the same seed.

    Use it before tuning anything else: where a wider and a deeper network are no better than a small one, by
    more than the folds differ among themselves, the shape is not what is lacking.

    Numbers are judged by the mean squared error in their own units, classes by the log loss; smaller is
    better. Each network is a `tabular.MLPRegressor` or `MLPClassifier`, encoder included, fitted anew on the
    rows of each fold; the folds of classes are stratified.

    Args:
        X: the rows; a data frame of any kind, or a matrix.
        y: the target; rows without one are left out.
        shapes: hidden units of each network by its name; None compares `SHAPES`, a small baseline, a wide
            and a deep network.
        folds: parts into which the rows are cut; each is predicted once.
        task: "auto" goes by the rule of `data.read_target`.
        training: the recipe of all networks; None for automatic choices.
        random_state: seed of the folds and of every network.

    Returns:
        One row for each network, in the order of `shapes`: its hidden units, its number of weights, the
        mean of the losses of the folds, their standard deviation, and the loss of each fold.

    Raises:
        InputError: when there are fewer than two folds or rows than folds.
        TableError: when the target cannot be learned.

    Example:
        >>> X = pd.DataFrame({"x": np.linspace(-2, 2, 80)})
        >>> found = compare_networks(X, X["x"] ** 2, folds=2, training=Training(epochs=3))
        >>> found.columns.tolist()
        ['hidden', 'weights', 'mean squared error', 'spread', 'fold 1', 'fold 2']
        >>> found.index.tolist()
        ['baseline', 'wide', 'deep']

    Source:
        Brownlee (2016), "Regression Tutorial with the Keras Deep Learning Library in Python",
        machinelearningmastery.com.
    """
    target = read_target({"target": y}, "target", task)
    table, values = to_frame(X), target.values
    if len(table) != len(target.rows) + target.n_missing:
        raise InputError(
            "X and y must have as many rows as each other",
            f"{len(table)} and {len(target.rows) + target.n_missing}",
            "give one target for each row",
        )
    if not 2 <= folds <= len(values):
        raise InputError("folds must be at least 2, and at most the rows", str(folds), "5 is usual")
    table = table.iloc[target.rows]
    splitter = KFold if target.classes is None else StratifiedKFold
    cut = list(splitter(folds, shuffle=True, random_state=random_state).split(table, values))
    kind = MLPRegressor if target.classes is None else MLPClassifier
    rows = []
    for hidden in (shapes or SHAPES).values():
        model = kind(hidden=hidden, training=training, random_state=random_state)
        losses = [_loss(model.fit(table.iloc[learn], values[learn]), table.iloc[judge], values[judge])
                  for learn, judge in cut]  # fmt: skip
        rows.append([tuple(hidden), _count_weights(model), np.mean(losses), np.std(losses), *losses])
    name = "mean squared error" if target.classes is None else "log loss"
    columns = ["hidden", "weights", name, "spread", *(f"fold {number + 1}" for number in range(folds))]
    return pd.DataFrame(rows, columns=columns, index=list(shapes or SHAPES))


def _loss(model: Any, X: pd.DataFrame, y: Float[np.ndarray, "rows"] | np.ndarray) -> float:
    if isinstance(model, MLPRegressor):
        return float(mean_squared_error(y, model.predict(X)))
    return float(log_loss(y, model.predict_proba(X), labels=model.classes_))


def _count_weights(model: Any) -> int:
    return sum(weight.numel() for weight in model.network_.parameters())
