"""Checks of schedules: a rate that falls while there is still much to learn."""

import math
from collections.abc import Iterator

import numpy as np

from netwright.doctor.case.case import Case
from netwright.doctor.checks.history import curve
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.training import Change, train

STEPS, REPEATS = 40, 3


def check_schedule(case: Case) -> Iterator[Finding]:
    """T14: the rate fell below a thousandth of its highest in the first third, and the loss stood still.

    Copies that go on from the end at the highest rate have to lower the loss in three of three repeats, by a
    tenth of what the program itself has gained.
    """
    rates = np.asarray(case.trainee.history.learning_rate)
    losses = curve(case)
    if len(rates) < 30 or not np.isfinite(rates).all() or rates.max() <= 0 or len(losses) != len(rates):
        return
    low = np.flatnonzero(rates < 1e-3 * rates.max())
    low = low[low > int(rates.argmax())]
    if not len(low) or low[0] > 0.35 * len(rates) or rates[low[0] :].max() > 1e-2 * rates.max():
        return
    change = Change(fixed=float(rates.max()), from_end=True)
    again = [train(case, change, STEPS, seed, 7 * seed) for seed in range(REPEATS)]
    gains = [
        one.before - one.after if one is not None and math.isfinite(one.after) else -math.inf for one in again
    ]
    if min(gains) < 0.1 * max(float(losses[:3].mean() - losses[-10:].mean()), 1e-9):
        return
    yield Finding(
        "lr_schedule",
        "warning",
        f"The learning rate fell from {rates.max():.3g} to under a thousandth of it by step {low[0]} of "
        f"{len(rates)}; at the highest rate, {STEPS} more steps on a copy lower the loss by "
        f"{min(gains):.3g}.",
        Place(case.name, case.trainee.optimizer.line if case.trainee.optimizer else None),
        {"highest rate": float(rates.max()), "step": int(low[0]), "last rate": float(rates[-1])},
        "Let the schedule last for the whole training; step it once per epoch if it counts epochs.",
    )
