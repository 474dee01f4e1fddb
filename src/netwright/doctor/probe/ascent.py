"""Whether a training goes the wrong way: small steps of its own raise the loss, or lower its opposite."""

import math

import torch

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.training import Change, train

STEPS, REPEATS = 10, 3
SMALL = (1e-2, 1e-3)
"""Factors of the rate at which a step of descent cannot but lower the loss, to first order."""


def ascent(case: Case) -> list[Finding]:
    """Find a loss that is made larger, or one that falls while the error it stands for grows.

    Args:
        case: of a training that is not well.
    """
    place = Place(case.name, case.tape.line)
    case.note_trial("loss_sign", "steps a hundredth and a thousandth as long", STEPS)
    rises = [_rise(case, factor, seed) for factor in SMALL for seed in range(REPEATS)]
    if all(rise > 0 for rise in rises):
        return [
            Finding(
                "loss_sign",
                "error",
                f"Steps in the program's direction, a thousandth as long, raise the loss in {len(rises)} of "
                f"{len(rises)} trials: it climbs.",
                place,
                {"smallest rise": min(rises)},
                "Take out maximize=True, or the minus before the gradient or the step.",
            )
        ]
    opposite = _opposite(case)
    if opposite is None:
        return []
    loss, error = opposite
    return [
        Finding(
            "loss_sign",
            "error",
            f"The loss fell from {loss[0]:.4g} to {loss[1]:.4g} on the first batch, while the error it "
            "stands for grew "
            f"from {error[0]:.4g} to {error[1]:.4g}: its sign is turned round.",
            place,
            {"loss before": loss[0], "after": loss[1], "error before": error[0], "error after": error[1]},
            "Turn the sign of the loss.",
        )
    ]


def _rise(case: Case, factor: float, seed: int) -> float:
    trial = train(case, Change(rate=factor), STEPS, seed, seed)
    return trial.after - trial.before if trial is not None and math.isfinite(trial.after) else -math.inf


def _opposite(case: Case) -> tuple[list[float], list[float]] | None:
    """Loss and error on the first batch before and after training, where one fell and the other doubled."""
    target = case.tape.constants[case.target_place] if case.target_place is not None else None
    losses, errors = [], []
    for copies in (case.start(), case.end()):
        if copies is None or target is None or case.prediction is None:
            return None
        with torch.no_grad():
            played = case.run(case.tape, copies)
            each = case.losses(played.values[case.prediction], target)
        if each is None:
            return None
        losses.append(float(played.loss.sum()))
        errors.append(float(each.mean()))
    fell, grew = losses[1] < losses[0], errors[1] > 2 * errors[0] > 0
    return (losses, errors) if fell and grew and losses[1] < 0 else None
