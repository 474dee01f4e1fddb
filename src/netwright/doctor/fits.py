"""A fit that is over, read by what it knows of itself: its rows, its answers and its curves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import stats

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import Judged, Outcome, judge
from netwright.doctor.case.rows import Rows
from netwright.doctor.case.task import Task
from netwright.doctor.cause import rooted
from netwright.doctor.checks.data_shift import check_shift
from netwright.doctor.checks.history import check_chance, check_underfit
from netwright.doctor.finding import Finding
from netwright.doctor.observe.facts import Facts, Trainee
from netwright.doctor.observe.tape import Tape

CHECKS = (check_shift, check_chance, check_underfit)
FEWEST_EPOCHS = 8
"""Of a curve that is read."""
STILL, LEAST, SURE, GAP = 0.1, 0.05, 1e-4, 0.1
"""Share of the whole fall that the last third has, and of the first loss that the whole fall has; level of
the test; by how much training rows are ahead."""


@dataclass(frozen=True)
class Fitted:
    """What a fit knows of itself when it is over.

    Args:
        numbers: whether numbers are predicted, rather than classes.
        inputs: (training rows, columns) as the network takes them, or a sample of them.
        target: of these rows: numbers, or places of classes.
        answers: of the network for these rows, alike.
        held_inputs: (rows, columns) that nothing was learned from.
        held_target: of these.
        held_answers: name of a model -> its answers for these; "net", "constant", and further references.
        curve: loss of each epoch, on validation rows where there are any.
        cut_short: whether the run ended because its epochs or its time were over.
        alike: whether held-out rows were drawn from the same rows as the training rows, as by chance.
    """

    numbers: bool
    inputs: ArrayLike
    target: ArrayLike
    answers: ArrayLike
    held_inputs: ArrayLike
    held_target: ArrayLike
    held_answers: Mapping[str, ArrayLike]
    curve: tuple[float, ...] = ()
    cut_short: bool = False
    alike: bool = True


def examine_fit(fitted: Fitted) -> list[Finding]:
    """Say what is wrong with a fit, without training anything: roots first.

    Held-out rows of another kind than the training rows; a network that is no better than a constant while
    a reference is, or that falls short of one on its own training rows; one that knows its training rows by
    heart; and a loss that still fell when the time was over.

    Args:
        fitted: what the fit knows.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(200, 1))
        >>> classes = (rows[:, 0] > 0).astype(int)
        >>> held = {"net": np.zeros(200), "constant": np.zeros(200), "linear model": classes}
        >>> [one.kind for one in examine_fit(Fitted(False, rows, classes, classes * 0, rows, classes, held))]
        ['not_better_than_constant']
    """
    case = _case(fitted)
    found = [
        finding
        for check in CHECKS
        if case.outcome is not None and (fitted.alike or check is not check_shift)
        for finding in check(case)
    ]
    if case.outcome is not None:
        found += [*_by_heart(case.outcome), *_too_early(fitted, case.outcome)]
    return rooted(found)


def _case(fitted: Fitted) -> Case:
    task = Task("numbers" if fitted.numbers else "classes")
    train = Rows(_tensor(fitted.inputs), _tensor(fitted.target))
    held = Rows(_tensor(fitted.held_inputs), _tensor(fitted.held_target))
    tape = Tape((), 0, 0.0, (), ())
    found = Case(
        Facts(), Trainee(None), [tape], None, "", None, task, None, None, None, (), train, held, Budget(0.0)
    )
    judged = {
        name: _judged(name, answers, held, train, task) for name, answers in fitted.held_answers.items()
    }
    net, constant = judged.pop("net", None), judged.pop("constant", None)
    on_train = _judged("net", fitted.answers, train, train, task)
    if net is not None and constant is not None:
        references = tuple(one for one in judged.values() if one is not None)
        found.outcome = Outcome(net, constant, references, on_train, held_out=True, task=task)
    return found


def _judged(name: str, answers: ArrayLike, rows: Rows, like: Rows, task: Task) -> Judged | None:
    if rows.target is None or like.target is None:
        return None
    return judge(name, _tensor(answers), rows.target, task, like.target)


def _tensor(values: ArrayLike) -> torch.Tensor:
    found = torch.as_tensor(np.asarray(values))
    return found.float() if found.is_floating_point() else found.long()


def _by_heart(outcome: Outcome) -> list[Finding]:
    """A network far better on its training rows than elsewhere, where a reference is better."""
    if not outcome.below_reference or outcome.on_train is None or outcome.train_gap < GAP:
        return []
    ahead = stats.ttest_ind(
        outcome.on_train.goods, outcome.network.goods, equal_var=False, alternative="greater"
    )
    if outcome.on_train.score < outcome.best.score or ahead.pvalue >= SURE:
        return []
    return [
        Finding(
            "overfit",
            "warning",
            f"The network scores {outcome.on_train.score:.3g} on its training rows and "
            f"{outcome.network.score:.3g} on others; {outcome.best.name} can reach {outcome.best.score:.3g}.",
            evidence={"on training rows": outcome.on_train.score, "on others": outcome.network.score},
            remedy="Regularise, make the network smaller, or find more rows.",
        )
    ]


def _too_early(fitted: Fitted, outcome: Outcome) -> list[Finding]:
    """A loss that still fell when the epochs or the time were over, of a network below a reference."""
    curve = np.asarray(fitted.curve, dtype=np.float64)
    if not fitted.cut_short or len(curve) < FEWEST_EPOCHS or not np.isfinite(curve).all():
        return []
    third = len(curve) // 3
    late = curve[-2 * third : -third].mean() - curve[-third:].mean()
    falling = stats.kendalltau(np.arange(len(curve)), curve, alternative="less").pvalue < SURE
    whole = curve[0] - curve.min()
    if not outcome.below_reference or not falling or late < STILL * whole or whole < LEAST * abs(curve[0]):
        return []
    return [
        Finding(
            "too_few_epochs",
            "warning",
            f"The loss still fell when training ended after {len(curve)} epochs, and {outcome.best.name} "
            f"can score {outcome.best.score:.3g}, the network {outcome.network.score:.3g}.",
            evidence={"fall in the last third": late, "whole fall": whole},
            remedy="Train for more epochs.",
            explains=("underfit",),
        )
    ]
