"""Checks of what is done to rows on their way: augmentation that destroys, padding that drowns."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import Outcome
from netwright.doctor.case.rows import Rows
from netwright.doctor.checks.data_values import harmed
from netwright.doctor.checks.order_of_rows import drawn_anew
from netwright.doctor.checks.seen import cross_validated_trees, labels_of
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.references import clean, features

FEWEST_ROWS = 100
PADDED = 0.8


def check_augmentation(case: Case) -> Iterator[Finding]:
    """D14: augmented training rows no longer show what their label is about.

    The data set gives another row each time an item is read, or no row ever comes again. Trees are
    cross-validated on the training rows as the network sees them, and on the held-out rows, equally many:
    bounds are that the augmented rows lose more than half of the skill above the constant, p below 1e-4, and
    that the network, which has learned from them, has no more than 0.8 of the trees' skill on rows as they
    are, neither on augmented rows nor on held-out ones. Strong augmentation that a network masters is well.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    held, train = case.held_out, case.train
    if held is None or train is None or case.outcome is None:
        return
    n_rows, own = min(len(held), len(train), 1000), _own_skill(case.outcome)
    if n_rows < FEWEST_ROWS or own > 0.8 or not drawn_anew(case):
        return
    seen, real = _skill(clean(train.part(n_rows)), case), _skill(clean(held.part(n_rows)), case)
    if seen is None or real is None or real[0] < 0.3 or seen[0] > 0.5 * real[0]:
        return
    p = float(stats.mannwhitneyu(real[1], seen[1], alternative="greater").pvalue)
    if p > 1e-4 or own > 0.8 * real[0]:
        return
    yield Finding(
        "destructive_augmentation",
        "warning",
        f"Augmented training rows keep {100 * max(seen[0], 0) / real[0]:.0f} % of what a simple model can "
        f"tell from rows as they are, and the network tells no more than {100 * own:.0f} % of either.",
        Place(None, case.trainee.loader.line if case.trainee.loader is not None else None),
        {"skill on augmented rows": seen[0], "skill on rows as they are": real[0], "network": own, "p": p},
        "Weaken the augmentation, and look at some rows: can you still tell their label?",
    )


def _own_skill(outcome: Outcome) -> float:
    """The network's skill above the constant, on augmented or on held-out rows, whichever is more."""
    chance = outcome.constant.score
    scores = [one.score for one in (outcome.on_train, outcome.network) if one is not None]
    return (max(scores) - chance) / max(1 - chance, 1e-9)


def _skill(rows: Rows, case: Case) -> tuple[float, NDArray[np.float64]] | None:
    """Cross-validated skill of trees, 0 for the constant and 1 at best, and which rows they tell."""
    labels = labels_of(rows.target, case.task)
    if labels is None or len(rows) < FEWEST_ROWS:
        return None
    y = labels.numpy()
    told = cross_validated_trees(features(rows, rows)[0], y)
    if told is None:
        return None
    right, counts = told.right.astype(np.float64), np.unique(y, return_counts=True)[1]
    chance = counts.max() / counts.sum()
    return float((right.mean() - chance) / (1 - chance)), right


def check_padding(case: Case) -> Iterator[Finding]:
    """D18: most of the input is padding at the ends of rows, and the network takes it for content.

    Exact: more than 80 % of all places belong to runs of one id (or of zeros) at the ends of rows of many
    lengths, and the answer changes when more of the same is appended or it is cut off. A network that masks
    or packs gives the same answer. A warning where the training went badly or cannot be judged.
    """
    rows = case.train
    if rows is None or rows.inputs.ndim not in (2, 3) or len(rows) < 20:
        return
    if rows.inputs.ndim == 2 and rows.inputs.is_floating_point():
        return
    told = padded(rows.inputs)
    if told is None or told[0] < PADDED:
        return
    share, axis, pad = told
    ends = rows.inputs.select(axis, -1).reshape(len(rows), -1)
    few = rows.take((ends == pad).all(1).nonzero().flatten()).part(32)
    told_apart = [_reads_on(case, copies, few, axis) for copies in (case.start(), case.end())]
    if not any(told_apart):
        return
    yield Finding(
        "padding_dominates",
        "warning" if harmed(case) else "info",
        f"{100 * share:.0f} % of the input is padding, and the network's answers change when more is "
        "appended: it "
        "is not masked.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {"share of padding": share, "padding": pad, "places": rows.inputs.shape[axis]},
        "Mask or pack the padding, pad to the longest row of a batch, and batch rows of like length.",
    )


def _reads_on(case: Case, copies: Copies | None, rows: Rows, axis: int) -> bool:
    """Whether answers change when the ends of rows, which are padding, come a few times more, or go."""
    if copies is None or not len(rows):
        return False
    steps = rows.inputs.shape[axis]
    pad = rows.inputs.narrow(axis, steps - 1, 1)
    real = (rows.inputs != pad).movedim(axis, 1).flatten(2) if rows.inputs.ndim > 2 else rows.inputs != pad
    real = real.any(2) if real.ndim > 2 else real
    n_real = int(real.any(0).nonzero().max()) + 1 if bool(real.any()) else steps
    first = case.predict(copies, rows)
    for length in {steps + max(4, steps // 4), n_real} - {steps}:
        second = case.predict(copies, _of_length(rows, axis, length))
        if first is None or second is None or first.shape != second.shape:
            continue
        if _moved(first, second):
            return True
    return False


def _of_length(rows: Rows, axis: int, length: int) -> Rows:
    """The rows cut off, or with what stands at their ends repeated."""
    steps = rows.inputs.shape[axis]

    def fitted(values: Tensor) -> Tensor:
        if values.ndim <= axis or values.shape[axis] != steps:
            return values
        if length < steps:
            return values.narrow(axis, 0, length)
        last = values.narrow(axis, steps - 1, 1)
        return torch.cat([values, last.repeat_interleave(length - steps, axis)], axis)

    return Rows(fitted(rows.inputs), rows.target, None, tuple(fitted(one) for one in rows.others))


def _moved(first: Tensor, second: Tensor) -> bool:
    return bool((first - second).abs().max() > 1e-3 * first.abs().max().clamp(min=1e-9))


def padded(inputs: Tensor) -> tuple[float, int, float] | None:
    """Return the share of places that are padding, the axis of time, and the padding.

    Args:
        inputs: (rows, time) ids, or (rows, time, channels) or (rows, channels, time) numbers.

    Returns:
        None without padding: where rows do not end alike, or end all at the same place.

    Example:
        >>> padded(torch.tensor([[5, 0, 0, 0], [4, 3, 0, 0], [6, 0, 0, 0]]))[1:]
        (1, 0.0)
    """
    best: tuple[float, int, float] | None = None
    for axis in (1,) if inputs.ndim == 2 else (1, 2):
        steps = inputs if inputs.ndim == 2 else inputs.transpose(1, axis)
        pad = float(steps[:, -1].flatten().mode()[0])
        same = (steps == pad) if inputs.ndim == 2 else (steps == pad).all(2)
        lengths = same.shape[1] - same.flip(1).cumprod(1).sum(1)
        share = float(1 - lengths.double().mean() / same.shape[1])
        if len(set(lengths.tolist())) >= min(5, max(2, len(lengths) // 2)) and (
            best is None or share > best[0]
        ):
            best = (share, axis, pad)
    return best
