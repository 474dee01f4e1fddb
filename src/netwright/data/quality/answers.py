"""Columns that know the answer: each alone predicts the target, and nothing else in the table does."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from netwright.data.columns.kinds import inspect_column
from netwright.data.columns.values import Dates, Numbers, Words
from netwright.data.quality.finding import TableFinding
from netwright.data.target import Target
from netwright.data.wording import shown

N_FOLDS = 3
SAMPLE = 4000
MIN_ROWS = 50
MIN_ERRORS = 10  # of the constant predictor: fewer say nothing about a skill of 0.99
KNOWS = 0.99
EASY = 0.90


def find_answers(frame: Any, target: Target) -> list[TableFinding]:
    """Return a finding for each column that knows the answer.

    Each column alone predicts held-out rows of a sample (a tree for numbers and dates, the commonest answer
    per level for categories). Its skill is the share of the constant predictor's errors that it avoids (for
    numbers: R2). A column knows the answer where its skill is at least 0.99 and that of a forest on all
    columns without such skill stays below 0.90: where others tell the answer too, the task is merely easy.

    Args:
        frame: the table, with or without the target.
        target: what is predicted.

    Example:
        >>> import pandas as pd
        >>> from netwright.data import read_target
        >>> rng = np.random.default_rng(0)
        >>> delay, wind = rng.normal(size=(2, 200))
        >>> table = pd.DataFrame({"wind": wind, "delay": delay, "late": delay > 0.5})
        >>> [finding.columns for finding in find_answers(table, read_target(table, "late"))]
        [('delay',)]

    Source:
        Kaufman et al. (2012), "Leakage in Data Mining: Formulation, Detection, and Avoidance",
        doi:10.1145/2382577.2382579.
    """
    rng = np.random.default_rng(0)
    picked = np.sort(rng.permutation(len(target.rows))[:SAMPLE])
    classes = target.classes is not None
    y = np.unique(target.values[picked], return_inverse=True)[1] if classes else target.values[picked]
    folds = rng.permutation(len(y)) % N_FOLDS
    if len(y) < MIN_ROWS or (classes and len(y) - np.bincount(y).max() < MIN_ERRORS):
        return []
    columns = _columns(frame, target, picked)
    skills = {
        name: _skill(y, _predict_alone(values, y, folds, classes), folds, classes)
        for name, values in columns.items()
    }
    suspects = [name for name, skill in skills.items() if skill >= KNOWS]
    rest = [values for name, values in columns.items() if name not in suspects]
    if not suspects or (
        rest and _skill(y, _predict_together(rest, y, folds, classes), folds, classes) >= EASY
    ):
        return []
    return [_finding(name, target.name, skills[name]) for name in suspects]


def _finding(name: str, target: str, skill: float) -> TableFinding:
    message = (
        f"{shown(name)} alone predicts {shown(target)} almost without error (skill {skill:.3f} of 1), "
        "while the other columns together do not: it probably holds the answer."
    )
    remedy = f"if it is not known at the time of prediction, leave it out (--exclude {name})"
    return TableFinding("knows the answer", "warning", message, (name,), (), remedy)


def _columns(frame: Any, target: Target, picked: Int[np.ndarray, "rows"]) -> dict[str, Numbers | Words]:
    """Return the columns that an encoder would use, for the picked rows, dates as days."""
    chosen: dict[str, Numbers | Words] = {}
    for name in frame.columns:
        if name == target.name:
            continue
        kind, values = inspect_column(name, frame[name].iloc[target.rows[picked]])
        if kind.left_out:
            continue
        if isinstance(values, Dates):
            days = (values.array - np.datetime64("1970-01-01", "us")) / np.timedelta64(1, "D")
            values = Numbers(np.asarray(days, dtype=np.float64))
        chosen[name] = values
    return chosen


def _predict_alone(
    values: Numbers | Words, y: np.ndarray, folds: Int[np.ndarray, "rows"], classes: bool
) -> np.ndarray:
    """Return each row's prediction by one column, learnt on the other folds."""
    if isinstance(values, Words):
        return _predict_by_level(values, y, folds, classes)
    tree = DecisionTreeClassifier if classes else DecisionTreeRegressor
    X = values.array[:, None].astype(np.float32)
    return _cross_predict(tree(min_samples_leaf=2, random_state=0), X, y, folds)


def _predict_by_level(
    words: Words, y: np.ndarray, folds: Int[np.ndarray, "rows"], classes: bool
) -> np.ndarray:
    codes = words.codes + 1  # missing values are a level of their own
    n_levels = len(words.levels) + 1
    out = np.empty(len(y), dtype=np.float64)
    for fold in range(N_FOLDS):
        train = folds != fold
        if classes:
            table = np.zeros((n_levels, int(y.max()) + 1))
            np.add.at(table, (codes[train], y[train]), 1)
            table += 1e-3 * table.sum(axis=0) / train.sum()  # an unseen level gets the commonest class
            answers = table.argmax(axis=1).astype(np.float64)
        else:
            counts = np.bincount(codes[train], minlength=n_levels)
            sums = np.bincount(codes[train], weights=y[train], minlength=n_levels)
            answers = np.where(counts > 0, sums / np.maximum(counts, 1), y[train].mean())
        out[~train] = answers[codes[~train]]
    return out


def _predict_together(
    columns: list[Numbers | Words], y: np.ndarray, folds: Int[np.ndarray, "rows"], classes: bool
) -> np.ndarray:
    X = np.stack(
        [
            values.array if isinstance(values, Numbers) else values.codes.astype(np.float64)
            for values in columns
        ],
        axis=1,
    ).astype(np.float32)
    forest = RandomForestClassifier if classes else RandomForestRegressor
    return _cross_predict(forest(n_estimators=30, min_samples_leaf=2, random_state=0, n_jobs=1), X, y, folds)


def _cross_predict(
    model: Any, X: np.ndarray, y: np.ndarray, folds: Int[np.ndarray, "rows"]
) -> Float[np.ndarray, "rows"]:
    out = np.empty(len(y), dtype=np.float64)
    for fold in range(N_FOLDS):
        train = folds != fold
        out[~train] = model.fit(X[train], y[train]).predict(X[~train])
    return out


def _skill(y: np.ndarray, predicted: np.ndarray, folds: Int[np.ndarray, "rows"], classes: bool) -> float:
    """Return the share of the constant predictor's errors (or squared errors) that is avoided."""
    errors = constant = 0.0
    for fold in range(N_FOLDS):
        test = folds == fold
        if classes:
            commonest = np.bincount(y[~test]).argmax()
            errors += float((predicted[test] != y[test]).sum())
            constant += float((y[test] != commonest).sum())
        else:
            errors += float(((predicted[test] - y[test]) ** 2).sum())
            constant += float(((y[test] - y[~test].mean()) ** 2).sum())
    return 1 - errors / constant if constant else 0.0
