"""One change tried on copies: how far it brings the loss, and whether that is far enough to say so."""

import math
from dataclasses import dataclass
from statistics import median

import numpy as np

from netwright.doctor.case.case import Case
from netwright.doctor.case.penalties import penalties
from netwright.doctor.probe.chance import chance_loss
from netwright.doctor.probe.remedies import Remedy
from netwright.doctor.probe.training import Batches, Change, Trial, train

REPEATS = 3
GAIN = 0.2
"""Share of what can be gained that a remedy has to gain in every repeat."""
LEFT = 0.2
"""Share of the program's loss that is left where half the gain is enough, however far the program came."""
LEAST_ROOM = 0.1
"""Share of the first loss that counts as what can be gained at least."""
TIMES = 1.5
"""How many times as far as the program itself a remedy has to bring the loss down, in the middle repeat."""


@dataclass(frozen=True)
class Tried:
    """What trials of one change gave, in the program's own unit of loss.

    Args:
        remedy: that was tried.
        before: the loss at first, of each repeat.
        after: the loss at the end, of each repeat; infinite where it broke.
    """

    remedy: Remedy
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The loss in the middle repeat."""
        return median(self.after)


def attempt(case: Case, remedy: Remedy, steps: int, seeds: list[int]) -> Tried | None:
    """Try one change, once for each seed; None where the network cannot be copied or breaks.

    Args:
        case: whose.
        remedy: with the change.
        steps: of each repeat.
        seeds: of the repeats, which also take other batches first.
    """
    stride = max(1, len(case.tapes) // REPEATS)
    done: list[Trial] = []
    for seed in seeds:
        trial = train(case, remedy.change, steps, seed, seed * stride)
        if trial is None:
            return None
        done.append(trial)
    unit = remedy.unit
    after = tuple(one.after / unit if math.isfinite(one.after) else math.inf for one in done)
    case.note_trial(remedy.kind, remedy.said, steps, done[0].before / unit, after)
    return Tried(remedy, tuple(one.before / unit for one in done), after)


def joined(one: Tried, other: Tried) -> Tried:
    """Return all repeats of one change.

    Args:
        one: some repeats.
        other: more of the same change.
    """
    return Tried(one.remedy, one.before + other.before, one.after + other.after)


def tail(case: Case) -> float:
    """Return the loss of one backward pass as the program ended, infinite where it was no number.

    Args:
        case: whose.
    """
    history = case.trainee.history
    width = max(5, len(history) // 10)
    last = np.divide(history.loss[-width:], np.maximum(history.backwards[-width:], 1))
    return float(np.mean(last)) if np.isfinite(last).all() else math.inf


def ended(case: Case) -> float:
    """Return the loss as the program ended, measured as trials are where penalties stand beside it.

    Args:
        case: whose.
    """
    copies = case.end() if penalties(case.tape) else None
    if copies is None:
        return tail(case)
    return Batches(case, Change(), copies, 0).mean_loss()


def wins(case: Case, one: Tried, own: Tried, tried: list[Tried]) -> bool:
    """Return whether a remedy lowers the loss by enough more than the program's own way, in every repeat.

    Args:
        case: whose.
        one: the remedy.
        own: the program's own way, in the same repeats.
        tried: all that was tried, of which the best shows how far the loss can fall.
    """
    floor = min(min(other.after) for other in (*tried, own))
    end, chance = ended(case), chance_loss(case)
    if own.remedy.change.judged is not None:
        end = -math.inf  # the program's own losses are of another kind
    falls, left = [], []
    for mine, theirs, before in zip(one.after, own.after, own.before, strict=True):
        if not math.isfinite(mine):
            return False
        worst = max(theirs, end)
        top = min(before, chance) if math.isfinite(before) else chance
        if not math.isfinite(top):
            top = worst if math.isfinite(worst) else abs(mine) + 1.0
        room = max(abs(top - floor), LEAST_ROOM * abs(top))
        if not _far_enough(mine, theirs, end, room) or (
            _delays(one.remedy) and math.isfinite(end) and end - mine < 0.5 * GAIN * room
        ):
            return False
        own_fall = max(top - worst, 0.0)
        falls.append((top - mine) / own_fall if own_fall > 0 else math.inf)
        left.append(mine / worst if worst > 0 else math.inf)
    return median(falls) >= TIMES or max(left) <= LEFT


def _delays(remedy: Remedy) -> bool:
    """Whether what is mended only delays, as low rates and narrow weights do: it has to come further then."""
    narrow = float(remedy.evidence.get("deviation over PyTorch's", 1.0)) < 1
    return remedy.kind == "lr_too_low" or (remedy.kind == "bad_init" and narrow)


def _far_enough(mine: float, theirs: float, end: float, room: float) -> bool:
    """Whether a trial gains enough over a trial of the program's own way, and over the program itself."""
    gain = max(theirs, end) - mine
    if gain < GAIN * room and (gain < 0.5 * GAIN * room or mine > LEFT * max(theirs, end)):
        return False
    if math.isfinite(end) and theirs - end > 0.5 * room and mine > end:
        return False  # the program went on for so long that a trial says little of it
    return theirs - mine >= 0.5 * GAIN * room
