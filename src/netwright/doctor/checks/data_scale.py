"""Scales of inputs and targets: a screen, on which trials decide."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place


@dataclass(frozen=True)
class Scale:
    """How values lie.

    Args:
        largest: absolute value.
        spread: largest deviation of a column over the smallest that is not 0.
        offset: largest |mean| of a column in its deviations.
        deviation: median of the columns' deviations.
    """

    largest: float
    spread: float
    offset: float
    deviation: float

    @property
    def suspicious(self) -> bool:
        """Whether a trial is worth its time: beyond 10, deviations 100 times apart, or an offset of 10 of
        them.
        """
        return self.largest > 10 or self.spread > 100 or self.offset > 10 or self.deviation < 0.02


def scale_of(case: Case) -> Scale | None:
    """Return the scale of the inputs; None for tokens, and where the rows are not known.

    Args:
        case: whose.
    """
    rows = case.train
    if rows is None or not rows.inputs.is_floating_point() or len(rows) < 4:
        return None
    return scale(rows.inputs)


def scale(values: Tensor) -> Scale | None:
    """Return the scale of a table's columns, images' channels or series' variables.

    Args:
        values: (rows, ...).

    Example:
        >>> scale(torch.tensor([[0.0, 0.0], [2.0, 200.0]])).spread
        100.0
    """
    table = values.detach().double().cpu()
    if table.ndim >= 4:  # (rows, channels, height, width)
        table = table.transpose(0, 1).flatten(1).T
    elif table.ndim == 3:
        table = table.flatten(0, 1)
    table = table.reshape(len(table), -1)
    table = table[torch.isfinite(table).all(1)]
    if len(table) < 2:
        return None
    deviation = table.std(0, unbiased=False)
    varying = deviation > 1e-12 * table.abs().max().clamp(min=1e-300)
    if not bool(varying.any()):
        return None
    deviation, mean = deviation[varying], table.mean(0)[varying]
    return Scale(
        float(table.abs().max()),
        float(deviation.max() / deviation.min()),
        float((mean.abs() / deviation).max()),
        float(deviation.median()),
    )


def check_target_scale(case: Case) -> Iterator[Finding]:
    """D17, the screen: targets whose mean or deviation is far from the network's first answers.

    Information: whether it harms is for a trial to say. Bound: a deviation, or a mean in deviations of the
    first answers, that is 10 times away.
    """
    rows = case.train
    if case.task.kind != "numbers" or case.task.reconstructs or rows is None or rows.target is None:
        return
    copies = case.start()
    judged = case.judged(copies) if copies is not None else []
    if not judged or not rows.target.is_floating_point():
        return
    answers = torch.cat([one.detach().double().flatten() for one, _ in judged])
    target = rows.target.detach().double().flatten().cpu()
    target = target[torch.isfinite(target)]
    if len(target) < 4 or not bool(torch.isfinite(answers).all()):
        return
    reach = max(float(answers.abs().max()), 1e-3)
    far = max(abs(float(target.mean())), float(target.std())) / reach
    if 0.02 < far < 20:
        return
    yield Finding(
        "target_scale",
        "info",
        f"Targets have mean {float(target.mean()):.3g} and deviation {float(target.std()):.3g}, the "
        "network's "
        f"first answers go no further than {reach:.3g}.",
        Place(case.name or None, case.tape.line),
        {"mean": float(target.mean()), "deviation": float(target.std()), "largest first answer": reach},
        "Standardise the targets with mean and deviation of the training rows, and undo it on the answers.",
    )
