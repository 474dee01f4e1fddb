"""The cause tree: which trials are made, one after the other, when a training is not well."""

import math
import time
from dataclasses import dataclass
from statistics import median

from netwright.doctor.case.case import Case
from netwright.doctor.checks.history import curve
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.remedies import FACTORS, Remedy, remedies
from netwright.doctor.probe.training import Change, Trial, train

REPEATS = 3
MOST_STEPS, FEWEST_STEPS = 120, 12
GAIN = 0.2
"""Share of what can be gained that a remedy has to gain in every repeat."""
TIMES = 1.5
"""By how much more than the program's own setting a remedy has to lower the loss, in the middle repeat."""
LEAST_SECONDS = 6.0
"""For trials of a training that is not well."""


@dataclass(frozen=True)
class Tried:
    """What trials of one change gave.

    Args:
        remedy: that was tried.
        trials: its repeats.
    """

    remedy: Remedy
    trials: tuple[Trial, ...]

    @property
    def after(self) -> float:
        """The loss in the middle repeat, infinite where it broke."""
        return median(one.after if math.isfinite(one.after) else math.inf for one in self.trials)


def trials(case: Case, found: list[Finding]) -> list[Finding]:
    """Try what could have been otherwise, where the training is not well and no exact finding says why.

    All remedies start from the program's first weights and see its batches; the one that helps most names
    the kind. It has to win in every repeat.

    Args:
        case: of a training that has ended.
        found: so far.
    """
    if not _unwell(case, found) or len(case.trainee.history) < FEWEST_STEPS // 2:
        return []
    case.budget.seconds = max(case.budget.seconds, case.budget.seconds - case.budget.left + LEAST_SECONDS)
    started = time.perf_counter()
    first = train(case, Change(), FEWEST_STEPS)
    if first is None:
        return []
    second = max(time.perf_counter() - started, 1e-4) / (FEWEST_STEPS + 8)
    wanted = list(remedies(case))
    runs = REPEATS * (1 + len(wanted) + len(FACTORS))
    steps = int(min(MOST_STEPS, len(case.trainee.history), case.budget.left / (runs * second) - 8))
    if steps < FEWEST_STEPS // 2:
        return []
    own = _try(case, Remedy("", Change(), "", "", {}), steps)
    if own is None:
        return []
    tried = [one for remedy in wanted if (one := _try(case, remedy, steps)) is not None]
    tried += _rates(case, steps)
    won = [one for one in tried if _wins(case, one, own, tried)]
    best = min(won, key=lambda one: (_rank(one), one.after), default=None)
    return [_finding(case, best, own, steps)] if best is not None else []


def _unwell(case: Case, found: list[Finding]) -> bool:
    """Whether there is something to explain: a poor outcome, or a loss that broke, grew or stood still."""
    if any(one.kind in ("nan_loss", "diverged") and one.is_alarm for one in found):
        return True
    if case.outcome is not None:
        return case.outcome.poor
    losses = curve(case)
    if case.task.kind == "unknown" and len(case.facts.trainees) > 1 or len(losses) < 10:
        return False
    tenth = max(3, len(losses) // 10)
    start, end = losses[:tenth], losses[-tenth:]
    return bool(end.mean() > start.mean() - 2 * start.std() / math.sqrt(len(start)))


def _try(case: Case, remedy: Remedy, steps: int) -> Tried | None:
    stride = max(1, len(case.tapes) // REPEATS)
    done = [train(case, remedy.change, steps, seed, seed * stride) for seed in range(REPEATS)]
    kept = tuple(one for one in done if one is not None)
    return Tried(remedy, kept) if len(kept) == REPEATS else None


def _rates(case: Case, steps: int) -> list[Tried]:
    """Other learning rates; first one repeat of each, then the rest of the best below and above."""
    if case.trainee.optimizer is None:
        return []
    rate = float(case.trainee.optimizer.groups[0].get("lr", 1e-3))
    if case.trainee.history.learning_rate and max(case.trainee.history.learning_rate) > rate:
        rate = max(case.trainee.history.learning_rate)
    own = float(case.trainee.optimizer.groups[0].get("lr", 1e-3)) or 1e-3
    scouts: dict[float, float] = {}
    for factor in FACTORS:
        trial = train(case, Change(rate=factor * rate / own), steps)
        scouts[factor] = trial.after if trial is not None and math.isfinite(trial.after) else math.inf
    found = []
    for kind, side in (
        ("lr_too_high", [f for f in FACTORS if f < 0.5]),
        ("lr_too_low", [f for f in FACTORS if f > 5]),
    ):
        factor = min(side, key=scouts.__getitem__)
        words = "lower" if kind == "lr_too_high" else "higher"
        remedy = Remedy(
            kind,
            Change(rate=factor * rate / own),
            f"a rate of {rate * factor:.2g} in place of {rate:.2g}",
            f"Take a {words} learning rate, about {rate * factor:.2g}.",
            {"learning rate": rate, "tried": rate * factor},
        )
        done = _try(case, remedy, steps)
        found += [done] if done is not None else []
    return found


def _rank(tried: Tried) -> int:
    """A remedy that names what is odd about the program goes before a mere change of the rate."""
    return int(tried.remedy.kind.startswith("lr_too"))


def _wins(case: Case, one: Tried, own: Tried, tried: list[Tried]) -> bool:
    """Whether a remedy lowers the loss by enough more than the program's own way, in every repeat."""
    scale = _unit(case, one)
    floor = min(other.after / _unit(case, other) for other in (*tried, own))
    fell = []
    for mine, theirs in zip(one.trials, own.trials, strict=True):
        before = theirs.before
        room = before - floor
        if not math.isfinite(before) or before > 1e6 * max(abs(floor), 1e-9):
            room = before = max(abs(theirs.after) if math.isfinite(theirs.after) else 1.0, 1.0)
        after = theirs.after if math.isfinite(theirs.after) else math.inf
        gained = after - mine.after / scale
        if not gained >= GAIN * abs(room):
            return False
        own_fall = max(before - after, 0.0) if math.isfinite(after) else 0.0
        fell.append((before - mine.after / scale) / own_fall if own_fall > 0 else math.inf)
    return median(fell) >= TIMES


def _unit(case: Case, one: Tried) -> float:
    """By what a trial's loss is divided to be one of the program's: targets of another scale, or a mean."""
    before = one.trials[0].before
    if one.remedy.kind == "target_scale":
        return 1.0 / float(one.remedy.evidence["deviation"]) ** 2
    if one.remedy.kind == "loss_reduction":
        return 1.0 / float(one.remedy.evidence["rows of a batch"])
    return 1.0 if math.isfinite(before) else 1.0


def _finding(case: Case, best: Tried, own: Tried, steps: int) -> Finding:
    remedy = best.remedy
    optimizer = case.trainee.optimizer
    unit = _unit(case, best)
    before, after, theirs = best.trials[0].before / unit, best.after / unit, own.after
    return Finding(
        remedy.kind,
        "warning",
        f"With {remedy.said}, the loss after {steps} steps on a copy is {after:.4g}, against {theirs:.4g} as it "
        f"is ({REPEATS} of {REPEATS} repeats).",
        Place(case.name, optimizer.line if optimizer else case.tape.line),
        {**remedy.evidence, "loss at first": before, "steps": steps},
        remedy.remedy,
    )
