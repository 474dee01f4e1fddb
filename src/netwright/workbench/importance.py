"""Permutation importance: how much worse the predictions become when one column is shuffled."""

from typing import Any

import numpy as np
import pandas as pd

from netwright.metrics import SCORE_TABLE, scores
from netwright.report import Importance

MOST_ROWS = 2000
REPEATS = 5


def permutation_importance(
    model: Any, X: pd.DataFrame, truth: np.ndarray, *, task: Any, headline: str, seed: int = 0
) -> tuple[Importance, ...]:
    """Shuffle each column of rows that the model has not seen, and tell how much the headline score falls.

    Args:
        model: a fitted estimator of netwright's.
        X: held-out rows; at most 2,000 of them are used.
        truth: their targets.
        task: "binary", "multiclass" or "regression".
        headline: name of the score, as in `metrics.scores`.
        seed: of the shuffling.

    Example:
        >>> from netwright.tabular import MLPRegressor
        >>> X = pd.DataFrame({"used": np.linspace(0, 1, 120), "noise": np.random.default_rng(0).random(120)})
        >>> model = MLPRegressor(hidden=(16,), random_state=0).fit(X, X["used"])
        >>> found = permutation_importance(model, X, X["used"], task="regression", headline="r2")
        >>> found[0].column
        'used'

    Source:
        Breiman (2001), "Random Forests", doi:10.1023/A:1010933404324; Fisher, Rudin and Dominici (2019),
        "All Models are Wrong, but Many are Useful", arXiv:1801.01489.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(X))[:MOST_ROWS])
    X, truth = X.iloc[rows].reset_index(drop=True), np.asarray(truth)[rows]
    sign = 1.0 if SCORE_TABLE[headline].greater_is_better else -1.0
    whole = sign * score_of(model, X, truth, task=task)[headline]
    found = []
    for name in X.columns:
        if name in model.table_.left_out_:
            continue
        falls = []
        for _ in range(REPEATS):
            shuffled = X.copy(deep=False)
            shuffled[name] = X[name].to_numpy()[rng.permutation(len(X))]
            shuffled[name] = shuffled[name].astype(X[name].dtype)
            falls.append(whole - sign * score_of(model, shuffled, truth, task=task)[headline])
        found.append(Importance(str(name), float(np.mean(falls)), float(np.std(falls))))
    return tuple(sorted(found, key=lambda one: -one.mean))


def score_of(model: Any, X: Any, truth: np.ndarray, *, task: Any) -> dict[str, float]:
    """Return the panel of scores of a model on rows with known targets.

    Args:
        model: fitted.
        X: rows as the model takes them.
        truth: their targets.
        task: "binary", "multiclass" or "regression".

    Example:
        >>> from sklearn.dummy import DummyRegressor
        >>> model = DummyRegressor().fit([[0], [1]], [1.0, 3.0])
        >>> score_of(model, [[0], [1]], np.array([1.0, 3.0]), task="regression")["r2"]
        0.0
    """
    if task == "regression":
        return scores(task, truth, model.predict(X))
    probability = model.predict_proba(X)
    prediction = model.classes_[probability.argmax(1)]
    return scores(task, truth, prediction, probability, classes=list(model.classes_))
