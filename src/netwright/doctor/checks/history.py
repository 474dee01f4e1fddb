"""Checks of how the loss went: no number, growing, to and fro, learned by heart, or ended too early."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import better
from netwright.doctor.case.validation import validation_steps
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.breaking import first_broken

SURE = 1e-4
ALIKE = 1e-2
"""Spread of the answers over that at first, below which those of a network at chance count as one."""
SHORTFALL = 0.15
"""Share of what a reference gains over the constant that a network has to miss."""


def curve(case: Case) -> NDArray[np.float64]:
    """Return the losses of all steps, those that are numbers.

    Args:
        case: whose.
    """
    losses = np.asarray(case.trainee.history.loss, dtype=np.float64)
    return losses[np.isfinite(losses)]


def check_loss_is_number(case: Case) -> Iterator[Finding]:
    """T01: the first loss that is no number, and the first thing on its way that was none.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    history = case.trainee.history
    broken = [step for step, loss in enumerate(history.loss) if not math.isfinite(loss)]
    if len(broken) < max(1, 0.02 * len(history)) or not broken:
        return
    first = broken[0]
    name, line = first_broken(case, first)
    where = f"; it was first seen in {name}" if name else ""
    yield Finding(
        "nan_loss",
        "error",
        f"The loss is {history.loss[first]} at step {first} of {len(history)}{where}.",
        Place(name or case.name, line or case.tape.line),
        {"step": first, "steps without a number": len(broken), "loss before": _before(history.loss, first)},
        "Look there for log(0), a division by 0, sqrt(0) or an overflow; then for a rate that is too high.",
    )


def _before(losses: list[float], step: int) -> float:
    return losses[step - 1] if step else math.nan


def check_diverged(case: Case) -> Iterator[Finding]:
    """T11: the loss ends above twice where it began, or rises steadily (Mann-Kendall, p < 1e-6).

    Losses below zero at some time have no such scale and are judged by the trend alone; so is no program of
    several players, whose losses need not fall.
    """
    losses = curve(case)
    if len(losses) < 20 or (len(case.facts.trainees) > 1 and case.task.kind == "unknown"):
        return
    start, end = _mean(losses[: max(3, len(losses) // 50)]), _mean(losses[-max(5, len(losses) // 10) :])
    lowest = float(np.min(_smooth(losses)))
    trend = stats.kendalltau(np.arange(len(losses)), losses)
    rising = trend.statistic > 0.3 and trend.pvalue < 1e-6
    grown = losses.min() >= 0 and end > 2 * start and end > 2 * lowest
    poor = case.outcome is not None and case.outcome.poor
    turned = poor and end - lowest > 0.3 * (start - lowest) > 0 and _turn_is_sure(losses)
    if not (grown or turned or (rising and end > start + 3 * float(np.std(losses[:20])))):
        return
    yield Finding(
        "diverged",
        "error" if grown and end > 10 * start else "warning",
        f"The loss went from {start:.4g} over {lowest:.4g} to {end:.4g}.",
        Place(case.name, case.tape.line),
        {"first": start, "lowest": lowest, "last": end, "tau": float(trend.statistic)},
        "Take a smaller learning rate, or cut the gradients' norm; look at the sign of the loss.",
    )


def _turn_is_sure(losses: NDArray[np.float64]) -> bool:
    """Whether the last tenth lies above the lowest tenth for certain."""
    width = max(5, len(losses) // 10)
    smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
    low = int(smooth.argmin())
    found = stats.mannwhitneyu(losses[-width:], losses[low : low + width], alternative="greater")
    return bool(found.pvalue < SURE)


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.mean(values))


def _smooth(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    width = max(1, len(losses) // 20)
    return np.convolve(losses, np.ones(width) / width, mode="valid")


def check_overfit(case: Case) -> Iterator[Finding]:
    """A04: held-out loss turned well before the end and rose by a fifth, and the training rows are far ahead.

    Both are needed: a net that knows its training rows by heart and does well on others is healthy.
    """
    outcome, losses = case.outcome, validation_losses(case)
    if outcome is None or not outcome.held_out or outcome.on_train is None or len(losses) < 4:
        return
    lowest = int(np.argmin(losses))
    risen = losses[-1] / max(losses[lowest], 1e-12)
    gap = outcome.train_gap
    sure = _gap_is_sure(case)
    if lowest > 0.6 * (len(losses) - 1) or risen < 1.2 or gap < 0.1 or not sure:
        return
    reference = max(one.score for one in (outcome.constant, *outcome.references))
    harmful = outcome.network.score < reference + 0.02 or risen > 1.5
    yield Finding(
        "overfit",
        "warning" if harmful else "info",
        f"The held-out loss was lowest after evaluation {lowest + 1} of {len(losses)} and has risen by "
        f"{100 * (risen - 1):.0f} % since, while the training rows score {gap:.2f} higher.",
        Place(case.name, case.validation.calls[0].line if case.validation else None),
        {
            "lowest held-out loss": float(losses[lowest]),
            "last held-out loss": float(losses[-1]),
            "score on training rows": outcome.on_train.score,
            "score on held-out rows": outcome.network.score,
        },
        "Stop early and keep the best weights, regularise, make the network smaller, or find more rows.",
    )


def _gap_is_sure(case: Case) -> bool:
    outcome = case.outcome
    if outcome is None or outcome.on_train is None:
        return False
    found = stats.ttest_ind(
        outcome.on_train.goods, outcome.network.goods, equal_var=False, alternative="greater"
    )
    return bool(found.pvalue < 1e-3)


def validation_losses(case: Case) -> list[float]:
    """Return the mean loss on held-out rows of each evaluation pass of the program, in order.

    Args:
        case: whose training rows are known.
    """
    return [loss for _, loss in validation_curve(case)]


def validation_curve(case: Case) -> list[tuple[int, float]]:
    """Return (steps before it, mean loss on held-out rows) of each evaluation pass of the program, in order.

    Args:
        case: whose training rows are known.
    """
    found = [(step, _loss(case, answer, target)) for step, answer, target in validation_steps(case)]
    return [(step, loss) for step, loss in found if loss is not None]


def _loss(case: Case, output: Tensor, target: Tensor) -> float | None:
    if case.task.kind == "classes" and output.ndim < 2:
        return None
    try:
        each = case.losses(output, target)
    except (RuntimeError, ValueError, IndexError):
        return None
    return None if each is None else float(each.mean())


def check_collapsed(case: Case) -> Iterator[Finding]:
    """T16: the same answer to every row, though rows and targets differ and a reference tells them apart."""
    outcome = case.outcome
    copies = case.end()
    if outcome is None or not outcome.at_chance or copies is None or case.train is None:
        return
    rows = case.train.part(512)
    prediction = case.predict(copies, rows)
    if prediction is None or not torch.isfinite(prediction).all():
        return
    first = case.start()
    before = case.predict(first, rows) if first is not None else None
    spread = float(prediction.double().std(0).mean())
    initial = float(before.double().std(0).mean()) if before is not None else 1.0
    labels = torch.unique(prediction.argmax(1)) if case.task.kind == "classes" else None
    one_label = labels is not None and labels.numel() == 1
    if not (spread < ALIKE * max(initial, 1e-12) or one_label):
        return
    yield Finding(
        "collapsed_output",
        "warning",
        "The network gives one answer to all rows, while "
        f"{outcome.best.name} can reach {outcome.best.score:.3g} on the same rows.",
        Place(case.name, case.call.line if case.call else None),
        {"spread of the answers": spread, "at first": initial, outcome.best.name: outcome.best.score},
        "Look at the findings above; otherwise at the learning rate and at dead units.",
    )


def check_chance(case: Case) -> Iterator[Finding]:
    """A01: on held-out rows no better than a constant, while a reference certainly is."""
    outcome = case.outcome
    if outcome is None or not outcome.at_chance:
        return
    kind = "not_better_than_constant" if outcome.held_out else "not_learning"
    yield Finding(
        kind,
        "error",
        f"The network scores {outcome.network.score:.3g}, a constant {outcome.constant.score:.3g}, "
        f"{outcome.best.name} {outcome.best.score:.3g}.",
        Place(case.name, case.tape.line),
        {one.name: one.score for one in (outcome.network, outcome.constant, *outcome.references)},
        "Something else than size or time is wrong; look at rows, targets and loss one by one.",
    )


def check_underfit(case: Case) -> Iterator[Finding]:
    """A02: below a reference on held-out rows, and on its own training rows no better than that."""
    outcome = case.outcome
    if outcome is None or outcome.at_chance or not outcome.below_reference or outcome.on_train is None:
        return
    best = outcome.best
    short = (best.score - outcome.network.score) / max(best.score - outcome.constant.score, 1e-12)
    if outcome.on_train.score >= best.score or better(best, outcome.network) > SURE or short < SHORTFALL:
        return
    yield Finding(
        "underfit",
        "warning",
        f"The network scores {outcome.network.score:.3g} and {outcome.on_train.score:.3g} on its training "
        "rows; "
        f"{best.name} can reach {best.score:.3g}.",
        Place(case.name, case.tape.line),
        {"network": outcome.network.score, "on training rows": outcome.on_train.score, best.name: best.score},
        "Train for longer, at another rate, or with a wider network.",
    )
