"""The contract of metrics: a pure number from truth and prediction."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from netwright.contracts.claims import claim, name_of, untouched_streams


def check_metric(
    function: Callable[..., float],
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    weighted: bool = True,
    tolerance: float = 1e-5,
) -> None:
    """Claim that a function is a metric: pure, deterministic, blind to the order of rows, fair to weights.

    Use it in the tests of a metric of your own. It checks that `function(truth, prediction)` is one finite
    float, changes neither argument, gives the same twice and draws no global random number; that the order
    of rows does not matter; that a weight of 2 equals the row twice, and weights of 1 none; that float32 is
    close to float64; and that too few predictions raise a ValueError.

    Args:
        function: called as `function(truth, prediction)` and with `sample_weight=`.
        truth: what a user would pass, ten rows or more.
        prediction: with as many rows.
        weighted: False for a metric without `sample_weight`.
        tolerance: how close float32 must be to float64, relative to the larger of 1 and the score.

    Raises:
        AssertionError: in one sentence that names the function and what broke.

    Example:
        >>> from netwright.metrics import brier_score
        >>> check_metric(brier_score, [0, 1] * 5, np.linspace(0.1, 0.9, 10))
    """
    answers, guesses = np.asarray(truth), np.asarray(prediction)
    score = _pure(function, answers, guesses)
    order = np.random.default_rng(0).permutation(len(answers))
    mixed = function(answers[order], guesses[order])
    claim(_close(mixed, score, 1e-9), function, f"depends on the order of the rows: {score} becomes {mixed}")
    if weighted:
        _weights(function, answers, guesses, score)
    if guesses.dtype.kind == "f":
        short = function(answers, guesses.astype(np.float32))
        double = function(answers, guesses.astype(np.float32).astype(np.float64))
        claim(_close(short, double, tolerance), function, f"gives {short} in float32 and {double} in float64")
    _refusal(function, answers, guesses)


def _pure(function: Callable[..., float], truth: Any, prediction: Any) -> float:
    kept_truth, kept_prediction = truth.copy(), prediction.copy()
    with untouched_streams(function, "scoring"):
        score = function(truth, prediction)
    claim(isinstance(score, float), function, f"must give a float, gave {type(score).__name__}")
    claim(math.isfinite(score), function, f"must give a finite number, gave {score}")
    claim(np.array_equal(truth, kept_truth), function, "changes truth in place; work on a copy")
    claim(
        np.array_equal(prediction, kept_prediction), function, "changes prediction in place; work on a copy"
    )
    again = function(truth, prediction)
    claim(again == score, function, f"is not deterministic: {score}, then {again}")
    return score


def _weights(function: Callable[..., float], truth: Any, prediction: Any, score: float) -> None:
    ones = function(truth, prediction, sample_weight=np.ones(len(truth)))
    claim(_close(ones, score, 1e-9), function, f"gives {ones} with weights of 1 and {score} without weights")
    weight = np.random.default_rng(1).integers(1, 3, len(truth))
    rows = np.repeat(np.arange(len(truth)), weight)
    once, twice = function(truth, prediction, sample_weight=weight), function(truth[rows], prediction[rows])
    claim(
        _close(once, twice, 1e-9),
        function,
        f"gives {once} where rows weigh 2 and {twice} where the same rows come twice",
    )


def _refusal(function: Callable[..., float], truth: Any, prediction: Any) -> None:
    try:
        function(truth, prediction[:1])
    except ValueError as error:
        claim(bool(str(error).strip()), function, "refuses a prediction of other length without saying why")
    except Exception as error:
        raise AssertionError(
            f"{name_of(function)} must raise a ValueError for a prediction of other length, raised {error!r}"
        ) from error
    else:
        claim(False, function, "must raise a ValueError for a prediction of other length, raised nothing")  # noqa: FBT003


def _close(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))
