"""Checks of grey values: divided more than once, or by a division that leaves no fractions."""

from collections import Counter
from collections.abc import Iterator

import torch
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows, row_keys
from netwright.doctor.checks.data_values import FEWEST_ROWS, harmed, place_of
from netwright.doctor.checks.seen import cross_validated_trees, labels_of
from netwright.doctor.finding import Finding


def check_double_scaling(case: Case) -> Iterator[Finding]:
    """P02: values that are bytes (or sixteenths) divided twice, or that were divided as integers.

    Exact by the grid: all values are whole multiples of one step, at most 256 of them, and the largest is no
    more than 1/50, though columns share one scale. Measured data in small units is on no such grid. Harm is
    asked for besides: a warning only where the training went badly or cannot be judged.
    """
    rows = case.train
    if rows is None or not rows.inputs.is_floating_point():
        return
    for name, values in (("inputs", rows.inputs), ("targets", rows.target)):
        if values is None or not values.is_floating_point() or values[0].numel() < 8:
            continue
        found = grid_of(values[:512].detach().double().cpu().flatten())
        if found is None or float(values.max()) > 0.02:
            continue
        step, levels = found
        yield Finding(
            "double_scaling",
            "warning" if harmed(case) else "info",
            f"The {name} go from 0 to {float(values.max()):.3g} in {levels} equal steps: bytes that were "
            "divided "
            "more than once.",
            place_of(case),
            {"largest": float(values.max()), "step": step, "levels": levels},
            "Divide the bytes once, by their largest value.",
        )
        return


def check_integer_division(case: Case) -> Iterator[Finding]:
    """P02: grey values that a division without remainder made to zeros and ones.

    Exact as to what happened: the rows are among what came out of the division. Harm is measured: trees tell
    labels of the rows as they were better than of the rows as they are, by 0.05 and p below 1e-3; else it is
    information, as an image may be made black and white on purpose.
    """
    rows = case.held_out if case.held_out is not None and case.held_out.target is not None else case.train
    labels = labels_of(rows.target, case.task) if rows is not None else None
    if rows is None or labels is None or not case.facts.floored or not _zeros_and_ones(rows.inputs):
        return
    keys = row_keys(rows.inputs)
    for before, after in case.facts.floored:
        if len(before) != len(after) or len(after) < 2 or after[0].numel() != rows.inputs[0].numel():
            continue
        levels = len(set(before[:64].flatten().tolist()))
        if not _zeros_and_ones(after) or levels < 4:
            continue
        origin = _origins(keys, row_keys(after.to(rows.inputs.dtype)))
        known = [number for number, place in enumerate(origin) if place is not None][:600]
        if len(known) < max(FEWEST_ROWS, 0.3 * min(len(keys), 600)):
            continue
        was = Rows(before[[origin[number] for number in known]].reshape(len(known), -1))
        gain, p = _lost_by(was, rows.take(torch.tensor(known)), labels[known])
        yield Finding(
            "double_scaling",
            "warning" if gain >= 0.05 and p < 1e-3 else "info",
            f"A division without remainder leaves 0 and 1 of {levels} levels of grey; as "
            "they "
            f"were, trees tell {100 * gain:.0f} points more of the labels.",
            place_of(case),
            {"levels before": levels, "levels after": 2, "gain": gain, "p": p},
            "Divide with /, after turning the values into floating point.",
        )
        return


def _origins(keys: list[int], there: list[int]) -> list[int | None]:
    """For each row the place of what it was made from, None where that could be several."""
    if keys == there:
        return list(range(len(keys)))
    counts = Counter(there)
    place = {key: number for number, key in enumerate(there) if counts[key] == 1}
    return [place.get(key) for key in keys]


def _zeros_and_ones(values: Tensor) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _lost_by(was: Rows, now: Rows, labels: Tensor) -> tuple[float, float]:
    """What trees tell more of labels by the first rows than by the second, with the paired p."""
    right = []
    for rows in (was, now):
        judged = cross_validated_trees(rows.flat.numpy(), labels.numpy())
        if judged is None:
            return 0.0, 1.0
        right.append(judged.right.astype(float))
    moved = right[0] != right[1]
    if not moved.any():
        return 0.0, 1.0
    wins = int((right[0] > right[1]).sum())
    p = float(stats.binomtest(wins, int(moved.sum()), 0.5, alternative="greater").pvalue)
    return float((right[0] - right[1]).mean()), p


def grid_of(values: Tensor) -> tuple[float, int] | None:
    """Return the step and the number of levels of values that are small whole multiples of one step.

    Args:
        values: (n,), finite.

    Returns:
        None where they are not, or where they are negative, or fewer than 3 or more than 256 levels.

    Example:
        >>> grid_of(torch.tensor([0.0, 0.001, 0.004, 0.002]).double())[1]
        5
    """
    levels = torch.tensor(sorted(set(values.tolist())), dtype=torch.float64)
    levels = levels[levels > 0]
    if not 2 <= len(levels) <= 256 or float(values.min()) < 0 or not bool(torch.isfinite(levels).all()):
        return None
    step = float(torch.diff(torch.cat([torch.zeros(1).double(), levels])).min())
    ratio = levels / step
    if float((ratio - ratio.round()).abs().max()) > 0.02 or float(ratio.max()) > 257:
        return None
    return step, round(float(ratio.max())) + 1
