"""The contract of estimators for tables: scikit-learn's own, and what a user of networks needs besides."""

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils.estimator_checks import check_estimator as sklearn_check_estimator

from netwright.contracts.claims import claim, name_of, untouched_streams


def check_estimator(estimator: Any) -> None:
    """Claim that an estimator is one for scikit-learn, repeats bit by bit, and survives being put away.

    Use it in the tests of an estimator of your own that takes tables. It runs scikit-learn's
    `check_estimator` and allows no failure; then it checks that a clone fitted with the same seed gives equal
    bits, that fitting moves no global random stream, that pickling keeps the predictions, and, for a
    `DeepEstimator`, that saving and loading keeps them.

    Args:
        estimator: under test, with settings that make it quick; it is left as it was.

    Raises:
        AssertionError: in one sentence that names the estimator and what broke.

    Example:
        >>> from sklearn.naive_bayes import GaussianNB
        >>> check_estimator(GaussianNB())
    """
    results = sklearn_check_estimator(estimator, on_skip=None, on_fail=None)
    for result in results:
        failed = result["status"] in ("failed", "xfail")
        claim(not failed, estimator, f"fails scikit-learn's {result['check_name']}: {result['exception']!r}")
    check_repeats(estimator)


def check_repeats(estimator: Any, X: Any = None, y: Any = None) -> None:
    """Claim the part of `check_estimator` that scikit-learn does not: equal bits, streams, pickling, saving.

    Use it where scikit-learn's checks do not apply, as for estimators of images or texts.

    Args:
        estimator: under test; it is left as it was.
        X: what it fits; by default 60 rows of 4 numbers.
        y: the target; by default three classes for a classifier, else numbers.

    Raises:
        AssertionError: in one sentence that names the estimator and what broke.

    Example:
        >>> from sklearn.naive_bayes import GaussianNB
        >>> check_repeats(GaussianNB())
    """
    if X is None:
        X = np.random.default_rng(0).normal(size=(60, 4))
        y = np.arange(60) % 3 if is_classifier(estimator) else X[:, 0] - X[:, 1] ** 2
    fitted = _seeded(estimator)
    with untouched_streams(estimator, "fit"):
        fitted.fit(X, y)
    expected = _answers(fitted, X)
    with untouched_streams(estimator, "predict"):
        _claim_equal(estimator, expected, _answers(fitted, X), "when asked twice")
    _claim_equal(estimator, expected, _answers(fitted.fit(X, y), X), "when fitted again with the same seed")
    again = _seeded(estimator).fit(X, y)
    _claim_equal(estimator, expected, _answers(again, X), "from a clone with the same seed")
    _claim_equal(estimator, expected, _answers(_pickled(again), X), "after pickling")
    _claim_equal(estimator, expected, _answers(_saved(again), X), "after saving and loading")


def _seeded(estimator: Any) -> Any:
    copied = clone(estimator)
    return copied.set_params(random_state=0) if "random_state" in copied.get_params() else copied


def _answers(estimator: Any, X: Any) -> dict[str, np.ndarray]:
    asked = [
        name
        for name in ("predict", "predict_proba", "decision_function", "transform")
        if hasattr(estimator, name)
    ]
    claim(bool(asked), estimator, "must have predict or transform")
    return {name: np.asarray(getattr(estimator, name)(X)) for name in asked}


def _claim_equal(
    estimator: Any, expected: dict[str, np.ndarray], found: dict[str, np.ndarray], when: str
) -> None:
    for name, values in expected.items():
        same = name in found and np.array_equal(values, found[name])
        claim(same, estimator, f"gives other bits in {name} {when}")


def _pickled(estimator: Any) -> Any:
    try:
        return pickle.loads(pickle.dumps(estimator))  # noqa: S301
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise AssertionError(f"{name_of(estimator)} cannot be pickled after fit: {error}") from error


def _saved(estimator: Any) -> Any:
    from netwright.estimators import DeepEstimator, load, save  # contracts of layers need not open them

    if not isinstance(estimator, DeepEstimator):
        return estimator
    with tempfile.TemporaryDirectory() as folder:
        try:
            save(estimator, Path(folder) / "model")
            return load(Path(folder) / "model", classes=[type(estimator)])
        except ValueError as error:
            raise AssertionError(f"{name_of(estimator)} cannot be saved and loaded: {error}") from error
