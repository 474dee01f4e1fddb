"""A score that was given the network's answers as the truth, and the truth as the answers."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import as_labels
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import ScoreCall

Numbers = NDArray[np.float64]

FEWEST_ROWS = 10
SAME, OTHER = 1 - 1e-9, 0.999
"""Squared correlations: of numbers and the same ones in other units; of numbers and what they foretell."""


def check_exchanged(case: Case) -> Iterator[Finding]:
    """A08: scikit-learn's score took what the network answered as the truth.

    Exact: the first argument is the network's answers to the rows of an evaluation, row by row, in whatever
    units (squared correlation above 1 - 1e-9; equal labels for classes), and the second one is not.

    Args:
        case: whose evaluations, and the scores that were computed.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"; scikit-learn's argument order is
        `score(y_true, y_pred)`.
    """
    for call in case.facts.scores:
        if len(call.truth) < FEWEST_ROWS or call.truth.shape != call.said.shape:
            continue
        if any(_is(answer, call.truth) and not _near(answer, call.said) for answer in _answers(case, call)):
            yield Finding(
                "wrong_metric",
                "warning",
                f"{call.name} is given the network's answers as the truth, and the truth as the answers.",
                Place(case.name or None, call.line),
                {"score": call.name, "rows": len(call.truth)},
                f"Write {call.name}(truth, answers).",
            )
            return


def _answers(case: Case, call: ScoreCall) -> Iterator[Numbers]:
    """What the network answered to as many numbers in an evaluation, as numbers or as labels."""
    calls = [one for each in case.facts.evaluations for one in each.calls if one.module is case.network]
    passes = [[one] for one in calls]
    passes += [
        [one for one in each.calls if one.module is case.network] for each in case.facts.evaluations[-4:]
    ]
    for each in passes:
        try:
            told = [as_labels(one.output, case.task) for one in each]
        except (RuntimeError, IndexError):
            continue
        if sum(one.numel() for one in told) == call.truth.size:
            yield np.concatenate([one.detach().double().cpu().numpy().ravel() for one in told])


def _is(answer: Numbers, given: NDArray[np.generic]) -> bool:
    """Whether what was given is the answer, in whatever units."""
    flat = given.astype(np.float64).ravel()
    return bool(np.array_equal(answer, flat)) or _agreement(answer, flat) > SAME


def _near(answer: Numbers, given: NDArray[np.generic]) -> bool:
    flat = given.astype(np.float64).ravel()
    return bool(np.array_equal(answer, flat)) or _agreement(answer, flat) > OTHER


def _agreement(one: Numbers, other: Numbers) -> float:
    if not (np.isfinite(one).all() and np.isfinite(other).all()) or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)
