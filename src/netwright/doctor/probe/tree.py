"""The cause tree: which trials are made, one after the other, when a training is not well."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.checks.history import curve
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.ascent import ascent
from netwright.doctor.probe.beginnings import far_off, first_weights, last_layer_anew
from netwright.doctor.probe.capacity import capacity
from netwright.doctor.probe.chance import chance_loss
from netwright.doctor.probe.longer import longer
from netwright.doctor.probe.remedies import Remedy, other_rate, remedies, steadier
from netwright.doctor.probe.training import Change, train
from netwright.doctor.probe.trying import GAIN, REPEATS, Tried, attempt, joined, tail, wins

MOST_STEPS, FEWEST_STEPS, PILOT_STEPS = 300, 6, 8
FEW_STEPS = 20
"""Steps below which more of them are tried before another rate."""
FEWEST_SEEN = 2
"""Steps of a training that is tried otherwise."""
FEW_UPDATES = 100
"""Steps below which a training whose loss still falls was too short rather than too slow."""
DIRECTIONS = ((0.1, 1e-2, 1e-3, 0.3), (10.0, 100.0, 1e3))
"""Factors of the learning rate: the first of a direction is always tried, the others where it has promise."""
MOST_RATES = 5
"""That are tried as a rule."""
MENDED: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax_before_ce": lambda shares: shares.clamp(min=1e-30).log(),
    "double_sigmoid": lambda shares: torch.logit(shares, eps=1e-7),
}
"""Exact faults that trials of the rate leave out, so that the rate is judged as it would be without them."""
THROWN = 5.0
"""Times the first loss, or that of knowing nothing."""
RESULTS = frozenset({"nan_loss", "diverged", "not_learning", "not_better_than_constant"})
"""Errors that say how it ended, not why."""
LEAST_SECONDS = 8.0
"""For trials of a training that is not well, unless the user has said how long it may take."""


def trials(case: Case, found: list[Finding]) -> list[Finding]:
    """Try what could have been otherwise, where the training is not well or began far from usual.

    All remedies start from the program's first weights and see its batches. Each is scouted once; the best
    are repeated with other seeds and batches, and have to win every time against the program's own way, both
    as a trial goes and as the program itself ended.

    Args:
        case: of a training that has ended.
        found: so far.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working";
        Holden (2017), "My Neural Network isn't working! What should I do?", theorangeduck.com
    """
    unwell = _unwell(case, found)
    if len(case.trainee.history) < FEWEST_SEEN or not (unwell or (other := far_off(case))):
        return []
    case.tried = []
    case.budget.lift(LEAST_SECONDS)
    started = time.thread_time()
    if train(case, Change(), PILOT_STEPS) is None:
        return []
    second = max(time.thread_time() - started, 1e-4) / PILOT_STEPS
    exact = {one.kind for one in found if one.severity == "error"}
    mended = next((MENDED[kind] for kind in exact if kind in MENDED), None)
    wanted = [*remedies(case), *first_weights(case), *last_layer_anew(case)] if unwell else other
    wanted = [] if exact - RESULTS else wanted
    runs = 1 + len(wanted) + MOST_RATES + 3 * (REPEATS - 1)
    taken = max(len(case.trainee.history), FEWEST_STEPS)
    steps = int(min(MOST_STEPS, taken, case.budget.left / (runs * second)))
    if steps < FEWEST_STEPS:
        return []
    if not unwell:
        return _race(case, wanted, steps, rates=False)
    if exact - RESULTS:  # something is surely wrong; what else, as far as one can tell beside it
        return _race(case, wanted, steps, mended)
    return (
        ascent(case)
        or (longer(case, steps) if len(case.trainee.history) < FEW_STEPS else [])
        or _race(case, wanted, steps)
        or _settle(case, steps)
        or longer(case, steps)
        or capacity(case, found)
    )


def _race(
    case: Case,
    wanted: list[Remedy],
    steps: int,
    mended: Callable[[Tensor], Tensor] | None = None,
    *,
    rates: bool = True,
) -> list[Finding]:
    own = attempt(case, Remedy("", Change(judged=mended), "", "", {}), steps, [0])
    if own is None:
        return []
    scouts = [one for remedy in wanted if (one := attempt(case, remedy, steps, [0])) is not None]
    scouts += _scouted_rates(case, own, steps, mended) if rates else []
    promising = sorted((one for one in scouts if wins(case, one, own, scouts)), key=lambda one: one.middle)
    odd = [one for one in promising if not one.remedy.kind.startswith("lr_too")][:2]
    rate = [one for one in promising if one.remedy.kind.startswith("lr_too")][:1]
    if not odd and not rate:
        return []
    seeds = list(range(1, REPEATS))
    again = attempt(case, own.remedy, steps, seeds)
    if again is None:
        return []
    own = joined(own, again)
    for one in (*odd, *rate):
        more = attempt(case, one.remedy, steps, seeds)
        if more is not None and wins(case, whole := joined(one, more), own, scouts):
            return [_early(case, whole, steps) or _finding(case, whole, own, steps)]
    return []


def _scouted_rates(
    case: Case, own: Tried, steps: int, mended: Callable[[Tensor], Tensor] | None
) -> list[Tried]:
    """Lower and higher rates, each direction as far as it leads down."""
    found: list[Tried] = []
    lost = not math.isfinite(own.middle) or own.middle > own.before[0]
    for direction in DIRECTIONS:
        best = own.middle
        for place, factor in enumerate(direction):
            remedy = other_rate(case, factor)
            if remedy is None:
                return found
            remedy = replace(remedy, change=replace(remedy.change, judged=mended))
            if (tried := attempt(case, remedy, steps, [0])) is None:
                break
            found.append(tried)
            lower = factor < 1
            if math.isfinite(best) and tried.middle > best and not (lower and (place or lost)):
                break
            best = min(best, tried.middle)
    return found


def _early(case: Case, best: Tried, tried_steps: int) -> Finding | None:
    """A higher rate would have helped, but the program's own was on its way and ended too early."""
    losses = curve(case)
    if best.remedy.kind != "lr_too_low" or len(losses) < 6:
        return None
    third = max(2, len(losses) // 3)
    start, late, end = losses[:2].mean(), losses[-2 * third : -third].mean(), losses[-third:].mean()
    last = losses[-max(2, len(losses) // 10) :].mean()
    few = len(case.trainee.history) < FEW_UPDATES
    if not few and 3 * tried_steps <= len(losses):
        return None  # a third of the steps at another rate did more than all of them
    if late - end < 0.1 * (start - last) or (start - last < GAIN * (start - best.middle) and not few):
        return None
    steps, rows = len(case.trainee.history), len(case.train) if case.train is not None else 0
    place = case.input_places[0] if case.input_places else None
    batch = len(case.tape.constants[place]) if place is not None and case.tape.constants[place].ndim else 0
    large = few and batch * 4 >= rows > 200
    optimizer = case.trainee.optimizer
    return Finding(
        "batch_too_large" if large else "too_few_epochs",
        "warning",
        f"Training ended after {steps} steps"
        + (f" of {batch} of {rows} rows each" if large else "")
        + f" while the loss still fell, from {late:.3g} to {end:.3g} in the last two thirds.",
        Place(case.name, optimizer.step_line if optimizer else case.tape.line),
        {"steps": steps, "rows of a batch": batch, "rows": rows, "first loss": start, "last loss": last},
        "Take smaller batches." if large else "Train for more epochs.",
    )


def _settle(case: Case, steps: int) -> list[Finding]:
    """Go on from where the program ended at a tenth of the rate: a loss that then falls was thrown about."""
    remedy = steadier(case)
    losses = curve(case)
    if remedy is None or len(losses) < 20 or not tail(case) < math.inf:
        return []
    own = attempt(case, replace(remedy, change=Change(from_end=True)), steps, list(range(REPEATS)))
    less = attempt(case, remedy, steps, list(range(REPEATS)))
    if own is None or less is None:
        return []
    room = losses[: max(3, len(losses) // 50)].mean() - min(*less.after, *own.after)
    gains = [min(theirs, tail(case)) - mine for mine, theirs in zip(less.after, own.after, strict=True)]
    half = losses[len(losses) // 2 :]
    shaky = float(np.std(np.diff(half))) > 0.1 * abs(room)
    if min(gains) < (GAIN if shaky else 2 * GAIN) * abs(
        room
    ):  # a lower rate at the end always helps a little
        return []
    return [
        _finding(
            case,
            replace(less, remedy=replace(remedy, kind="oscillation" if shaky else "lr_too_high")),
            own,
            steps,
        )
    ]


def _unwell(case: Case, found: list[Finding]) -> bool:
    """Whether there is something to explain: a poor outcome, or a loss that broke, grew or stood still."""
    if any(one.kind in ("nan_loss", "diverged") and one.is_alarm for one in found):
        return True
    if case.outcome is not None and case.outcome.poor:
        return True
    losses = curve(case)
    if (case.task.kind == "unknown" and len(case.facts.trainees) > 1) or len(losses) < 10:
        return False
    tenth = max(3, len(losses) // 10)
    start, end = losses[:tenth], losses[-tenth:]
    chance = chance_loss(case)
    level = max(float(losses[0]), chance if math.isfinite(chance) else 0.0)
    if _smooth(losses).max() > THROWN * level > 0 and end.mean() > GAIN * level:
        return True  # it was thrown far up, and has not come far since
    if case.outcome is not None:
        return False
    return bool(end.mean() > start.mean() - 2 * start.std() / math.sqrt(len(start)))


def _smooth(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each three losses in a row."""
    return np.median(np.lib.stride_tricks.sliding_window_view(losses, 3), axis=1)


def _finding(case: Case, best: Tried, own: Tried, steps: int) -> Finding:
    remedy = best.remedy
    optimizer = case.trainee.optimizer
    return Finding(
        remedy.kind,
        "warning",
        f"With {remedy.said}, the loss after {steps} steps on a copy is {best.middle:.4g}, against "
        f"{own.middle:.4g} as it is ({REPEATS} of {REPEATS} repeats); the program ended at "
        f"{tail(case):.4g}.",
        Place(case.name, optimizer.line if optimizer else case.tape.line),
        {**remedy.evidence, "loss at first": own.before[0], "steps": steps},
        remedy.remedy,
    )
