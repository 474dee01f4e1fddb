"""What is told of a run beside the findings: time, curves, scores, trials, and what was looked at."""

from typing import Any

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.case import Case
from netwright.doctor.checks.history import validation_curve
from netwright.doctor.looked import looked_at
from netwright.doctor.observe.facts import Facts

MOST_POINTS = 200
"""Of a curve."""


def run_told(facts: Facts, cases: list[Case], clock: Budget, *, full: bool = True) -> dict[str, Any]:
    """Return the facts of a run for a person, as plain values.

    Args:
        facts: of the run.
        cases: that were judged; curves, scores and trials are those of the first one.
        clock: of the examination.
        full: whether the outcome was looked at.

    Example:
        >>> run_told(Facts(seconds=2.0), [], Budget(1.0))["steps"]
        0
    """
    told: dict[str, Any] = {
        "seconds": round(facts.seconds, 3),
        "examination_seconds": round(clock.seconds - clock.left, 3),
        "steps": sum(len(trainee.history) for trainee in facts.trainees),
        "stopped": facts.stop,
        "script_error": facts.crash,
        "watch_error": facts.gave_up,
        "checked": looked_at(cases, full=full),
    }
    for case in cases[:1]:
        told |= {"task": case.task.kind, "loss": case.task.loss, **_curves(case), "tried": case.tried or []}
        if case.outcome is not None:
            outcome = case.outcome
            models = (outcome.network, outcome.constant, *outcome.references)
            told["scores"] = {one.name: round(one.score, 6) for one in models}
            told["held_out"] = outcome.held_out
    return told


def _curves(case: Case) -> dict[str, Any]:
    """Losses of every so many steps, and (step, loss) on held-out rows."""
    losses = case.trainee.history.loss
    every = max(1, -(-len(losses) // MOST_POINTS))
    try:
        held_out = validation_curve(case)
    except Exception:  # whatever answers of somebody else's network raise in a loss
        held_out = []
    thinned = held_out[:: max(1, -(-len(held_out) // MOST_POINTS))]
    return {
        "losses": losses[::every],
        "steps_between": every,
        "held_out_losses": [list(one) for one in thinned],
    }
