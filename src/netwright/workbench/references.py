"""Honest references: what a constant, a linear model and gradient boosting reach on the same rows."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from netwright.data import TableEncoder

MOST_ROWS = 200_000
"""References learn from at most this many rows, to stay within the memory of a laptop; their notes say so."""

MOST_LEVELS_FOR_TREES = 250
"""scikit-learn's boosting takes categories of up to 255 codes; columns with more are target-encoded."""


@dataclass(frozen=True)
class Reference:
    """A fitted reference.

    Args:
        name: what it is called in the report.
        model: fitted; it takes what the encoder gives.
        note: which of its variants was chosen, and how.
        seconds: time to fit all its variants.

    Example:
        >>> Reference("constant", DummyRegressor(), "the mean", 0.0).name
        'constant'
    """

    name: str
    model: Any
    note: str
    seconds: float


def fit_references(
    encoder: TableEncoder,
    inputs: np.ndarray,
    target: np.ndarray,
    judge: np.ndarray,
    *,
    classify: bool,
    n_rows: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Iterator[Reference]:
    """Fit the references one after the other, each in its variants, and give the better variant.

    The variant is chosen as the epoch of a net is: by its loss on rows that it did not learn from; then it
    is fitted again on all of them.

    Args:
        encoder: fitted on training rows; says which columns hold codes.
        inputs: what it makes of the rows.
        target: of the same rows.
        judge: places of the rows to choose variants by.
        classify: whether the target holds classes.
        n_rows: rows that there are to learn from, where `inputs` holds only some of them; for the notes.
        go_on: asked before each reference; when it says no, the rest is left out.

    Example:
        >>> X, y = np.arange(40.0).reshape(-1, 1), np.arange(40.0)
        >>> table = TableEncoder().fit(X)
        >>> found = fit_references(table, table.transform(X), y, np.arange(0, 40, 5), classify=False)
        >>> [reference.name for reference in found]
        ['constant', 'linear model', 'gradient boosting']
    """
    sample = f"; on {len(target):,} of {n_rows:,} rows" if n_rows and n_rows > len(target) else ""
    for name, variants in _candidates(encoder, classify=classify).items():
        if not go_on():
            return
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            note = next(iter(variants))
            if len(variants) > 1:
                note = _choose(variants, inputs, target, judge, classify=classify)
            model = variants[note].fit(inputs, target)
        yield Reference(name, model, note + sample, time.perf_counter() - start)


def _choose(
    variants: dict[str, BaseEstimator],
    inputs: np.ndarray,
    target: np.ndarray,
    judge: np.ndarray,
    *,
    classify: bool,
) -> str:
    learn = np.setdiff1d(np.arange(len(target)), judge)
    truth, losses = target[judge], {}
    for note, model in variants.items():
        model.fit(inputs[learn], target[learn])
        if classify:
            places = np.clip(np.searchsorted(model.classes_, truth), 0, len(model.classes_) - 1)
            known = model.classes_[places] == truth
            seen = model.predict_proba(inputs[judge])[np.arange(len(places)), places] * known
            losses[note] = -float(np.log(np.clip(seen, 1e-12, None)).mean())
        else:
            losses[note] = float(np.mean((model.predict(inputs[judge]) - truth) ** 2))
    return min(losses, key=lambda note: losses[note])


def _candidates(encoder: TableEncoder, *, classify: bool) -> dict[str, dict[str, BaseEstimator]]:
    if classify:
        constant: dict[str, BaseEstimator] = {"the shares of the classes": DummyClassifier()}
        linear = {
            f"logistic regression, C {c:g}": LogisticRegression(C=c, max_iter=300) for c in (0.01, 0.1, 1)
        }
        boosting: Any = HistGradientBoostingClassifier
    else:
        constant = {"the mean": DummyRegressor()}
        linear = {f"ridge regression, alpha {a:g}": Ridge(alpha=a) for a in (1, 10, 100)}
        boosting = HistGradientBoostingRegressor
    settings: dict[str, dict[str, Any]] = {
        "scikit-learn's defaults": {},
        "smaller steps, a third of the columns at each split": {
            "learning_rate": 0.05, "max_features": 0.3, "min_samples_leaf": 40, "max_iter": 500,
            "early_stopping": True,
        },
    }  # fmt: skip
    trees = {note: _boosting(encoder, boosting(random_state=0, **given)) for note, given in settings.items()}
    lines = {note: make_pipeline(_one_hot(encoder), model) for note, model in linear.items()}
    return {"constant": constant, "linear model": lines, "gradient boosting": trees}


def _one_hot(encoder: TableEncoder) -> ColumnTransformer:
    n_numbers, n_codes = encoder.n_numbers_, len(encoder.cardinalities_)
    codes = list(range(n_numbers, n_numbers + n_codes))
    one_hot = OneHotEncoder(handle_unknown="ignore", min_frequency=5, dtype=np.float32)
    return ColumnTransformer([("codes", one_hot, codes)], remainder="passthrough", sparse_threshold=1.0)


def _boosting(encoder: TableEncoder, model: Any) -> Pipeline:
    n_numbers = encoder.n_numbers_
    many = [n_numbers + c for c, k in enumerate(encoder.cardinalities_) if k > MOST_LEVELS_FOR_TREES]
    few = [n_numbers + c for c, k in enumerate(encoder.cardinalities_) if k <= MOST_LEVELS_FOR_TREES]
    model.set_params(categorical_features=list(range(len(few))) or None)
    steps = [("few", "passthrough", few), ("numbers", "passthrough", list(range(n_numbers)))]
    if many:
        steps.append(("many", TargetEncoder(cv=KFold(5, shuffle=True, random_state=0)), many))
    return make_pipeline(ColumnTransformer(steps), model)
