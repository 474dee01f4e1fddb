"""Whether a training only ended too early: copies that go on as they were come much further."""

import math

from netwright.doctor.case.case import Case
from netwright.doctor.checks.history import curve
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.chance import chance_loss
from netwright.doctor.probe.training import Change, train

REPEATS, FEW_STEPS = 3, 100
GAIN = 0.2
"""Share of what was and could be gained that has to come in every repeat."""


def longer(case: Case, steps: int) -> list[Finding]:
    """Go on from where the program ended, with all its settings, for as many steps again.

    Args:
        case: of a training that is not well, and for which nothing else helped.
        steps: that time allows, or that the program took.
    """
    losses, taken = curve(case), len(case.trainee.history)
    if not len(losses) or steps < taken / 2:
        return []
    steps = FEW_STEPS if taken < FEW_STEPS and case.budget.left else steps
    trials = [train(case, Change(from_end=True), steps, seed, 7 * seed) for seed in range(REPEATS)]
    if any(one is None or not math.isfinite(one.after) for one in trials):
        return []
    after = [one.after for one in trials if one is not None]
    before = [one.before for one in trials if one is not None]
    case.note_trial("too_few_epochs", "nothing changed, from the end on", steps, before[0], tuple(after))
    top = min(float(losses[: max(1, taken // 10)].mean()), chance_loss(case))
    room = top - min(after)
    if room <= 0 or any(one - other < GAIN * room for one, other in zip(before, after, strict=True)):
        return []
    optimizer = case.trainee.optimizer
    return [
        Finding(
            "too_few_epochs",
            "warning",
            f"Training ended after {taken} steps; {steps} more on a copy, with nothing changed, lower the "
            f"loss from {max(before):.3g} to {max(after):.3g} ({REPEATS} of {REPEATS} repeats).",
            Place(case.name, optimizer.step_line if optimizer else case.tape.line),
            {"steps": taken, "more": steps, "loss before": max(before), "loss after": max(after)},
            "Train for longer, or stop later.",
        )
    ]
