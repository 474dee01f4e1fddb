"""The first loss beside that of knowing nothing."""

import math
from collections.abc import Iterator

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.chance import chance_loss

TIMES = 3.0
BATCHES = 5


def first_loss(case: Case) -> tuple[float, float] | None:
    """Return the mean loss of the first batches before any step, and that of the best constant answer.

    Args:
        case: whose.

    Returns:
        None where one of them is not known.
    """
    copies = case.start()
    chance = chance_loss(case)
    if copies is None or not 0 < chance < math.inf:
        return None
    losses = [float(played.loss.sum()) for _, played in case.played(copies, BATCHES)]
    mean = sum(losses) / len(losses)
    return (mean, chance) if math.isfinite(mean) else None


def check_first_loss(case: Case) -> Iterator[Finding]:
    """M06: before any step the loss is more than three times that of the best constant answer.

    A classifier of k even classes should begin near log k. Information: many a network unlearns its first
    answers in a few steps. A trial with the last layer drawn anew says whether it harms.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    told = first_loss(case) if case.task.kind in ("classes", "binary") else None
    if told is None or told[0] <= TIMES * told[1]:
        return
    optimizer = case.trainee.optimizer
    yield Finding(
        "bad_initial_loss",
        "info",
        f"The first loss is {told[0]:.3g}, and knowing nothing costs {told[1]:.3g}: the first answers are "
        "sure and wrong.",
        Place(case.name, optimizer.line if optimizer else case.tape.line),
        {"first loss": told[0], "of knowing nothing": told[1]},
        "Make the last layer small, and start its bias from the frequencies of the classes.",
    )
