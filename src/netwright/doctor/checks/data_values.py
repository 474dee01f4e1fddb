"""Checks of the values of rows: broken, constant, or far away from all others."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import row_keys
from netwright.doctor.checks.seen import evaluation_calls
from netwright.doctor.finding import Finding, Place

FEWEST_ROWS = 20
BYTE = 255.0


def place_of(case: Case) -> Place:
    """Return the network and the line where rows enter it.

    Args:
        case: whose.
    """
    return Place(case.name or None, case.call.line if case.call is not None else case.tape.line)


def harmed(case: Case) -> bool:
    """Return whether the training went badly, or whether nobody can say how it went.

    Args:
        case: with its outcome, if that could be measured.
    """
    outcome = case.outcome
    return outcome is None or not outcome.references or outcome.poor


def check_nan_input(case: Case) -> Iterator[Finding]:
    """D01: NaN or infinity among inputs or targets, in a batch whose loss or answer is no number either.

    Exact. A network or loss that copes with gaps by a mask has finite losses and is well; so the first batch
    whose loss is no number must itself hold a broken value. Later ones may be broken by broken weights.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    for tape in case.tapes:
        if np.isfinite(tape.value):
            continue
        broken = {
            "target" if place == case.target_place else "input": one
            for place, one in enumerate(tape.constants)
            if _broken(one) and (place in case.input_places[:1] or place == case.target_place)
        }
        for name, one in broken.items():
            yield _nan_finding(case, name, one, tape.value)
        return
    for call in [call for calls in evaluation_calls(case)[-2:] for call in calls]:
        main = call.inputs[0]
        if _broken(main) and _broken(call.output) and _intact(case):
            yield _nan_finding(case, "held-out input", main, float("nan"))
            return


def _intact(case: Case) -> bool:
    losses = case.trainee.history.loss
    return not losses or bool(np.isfinite(losses[-1]))


def _broken(values: Tensor) -> bool:
    return values.is_floating_point() and not bool(torch.isfinite(values).all())


def _nan_finding(case: Case, name: str, values: Tensor, loss: float) -> Finding:
    flat = values.detach().reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
    bad = ~torch.isfinite(flat)
    columns = bad.any(0).nonzero().flatten().tolist()
    return Finding(
        "nan_input",
        "error",
        f"{int(bad.any(1).sum())} of {len(flat)} rows of a batch hold NaN or infinity in the {name}, "
        f"and its {'answer' if 'held' in name else 'loss'} is no number.",
        place_of(case),
        {
            "broken values": int(bad.sum()),
            "rows": int(bad.any(1).sum()),
            "columns": columns[:16],
            "loss": loss,
            "what": name,
        },
        "Look where the values come from (missing readings, logarithm of 0, division by 0), and fill or "
        "drop them.",
    )


def check_constant_input(case: Case) -> Iterator[Finding]:
    """D02: all rows are the same to the last bit, while their targets differ.

    Exact. Constant columns alone are common (borders of images, one-hot columns) and are information; more
    than half of a table's columns is a warning where the training went badly as well.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    rows = case.train
    if rows is None or len(rows) < FEWEST_ROWS or rows.others or case.task.kind == "unknown":
        return
    target = rows.target
    if target is None or len(set(row_keys(target))) < 2:
        return
    keys = set(row_keys(rows.inputs))
    if len(keys) == 1:
        yield Finding(
            "constant_input",
            "error",
            f"All {len(rows)} rows that the network is given are the same, and their targets are not.",
            place_of(case),
            {"rows": len(rows), "distinct rows": 1, "value": float(rows.flat[0, 0])},
            "Look at what is done to the inputs: a division of integers, an index, or a mask makes them "
            "equal.",
        )
        return
    yield from _constant_columns(case)


def _constant_columns(case: Case) -> Iterator[Finding]:
    rows = case.train
    if rows is None or not rows.inputs.is_floating_point() or rows.inputs.ndim != 2:
        return
    flat = rows.flat
    constant = (flat == flat[:1]).all(0)
    share = float(constant.double().mean())
    if share <= 0.5 or flat.shape[1] < 4:
        return
    bad = case.outcome is not None and case.outcome.poor
    yield Finding(
        "constant_input",
        "warning" if bad else "info",
        f"{int(constant.sum())} of {flat.shape[1]} columns have the same value in all {len(rows)} rows.",
        place_of(case),
        {"constant columns": int(constant.sum()), "columns": flat.shape[1], "rows": len(rows)},
        "Leave them out, or look why they do not vary.",
    )


def check_outliers(case: Case) -> Iterator[Finding]:
    """D20: a few values far from all others of their column, which carry most of its variance.

    Three conditions: robust z above 100 for at most one row in twenty; these rows carry more than half of the
    column's variance; and a gap that heavy tails do not have. For a tail as heavy as Cauchy's, the k largest
    values lie r times beyond the next one with probability r^-k; it has to be below 1e-4. Values that are
    ordinary in orders of magnitude (log-normal) have no such gap. For targets under a squared error a
    warning; for inputs one where the training went badly.
    """
    rows = case.train
    if rows is None or len(rows) < FEWEST_ROWS:
        return
    squared = case.task.kind == "numbers" and case.task.loss in ("mse_loss", "", "gaussian_nll_loss")
    if squared and rows.target is not None and rows.target[0].numel() <= 16 and not case.task.reconstructs:
        yield from _far(case, rows.target, "target", certain=True)
    if rows.inputs.is_floating_point() and rows.inputs.ndim == 2:
        yield from _far(case, rows.inputs, "input", certain=False)


def _far(case: Case, values: Tensor, name: str, *, certain: bool) -> Iterator[Finding]:
    table = values.detach().reshape(len(values), -1).double().cpu().numpy()
    worst: tuple[float, int, int, float] | None = None
    for column in range(min(table.shape[1], 512)):
        found = far_rows(table[:, column])
        if found is not None and (worst is None or found[1] > worst[0]):
            worst = (found[1], column, found[0], found[2])
    if worst is None:
        return
    share, column, n_rows, z = worst
    harm = certain or (case.outcome is not None and case.outcome.poor)
    yield Finding(
        "outliers",
        "warning" if harm else "info",
        f"{n_rows} of {len(table)} rows lie {z:.3g} robust deviations or more from the middle of {name} "
        "column "
        f"{column}, with nothing in between, and carry {100 * share:.0f} % of its variance.",
        place_of(case),
        {
            "column": column,
            "rows": n_rows,
            "share of the variance": share,
            "robust deviations": z,
            "what": name,
        },
        "Check units and codes for missing values; then clip, take logarithms, or use a Huber loss.",
    )


def far_rows(values: NDArray[np.float64]) -> tuple[int, float, float] | None:
    """Return the number of far values, their share of the variance, and their least z; None without any.

    Args:
        values: (rows,), one column.

    Example:
        >>> far_rows(np.r_[np.arange(99.0), 1e6, 2e6])[0]
        2
    """
    values = values[np.isfinite(values)]
    if len(values) < FEWEST_ROWS:
        return None
    away = np.abs(values - np.median(values))
    width = 1.4826 * np.median(away)
    if width <= 0:
        return None
    z = np.sort(away / width)
    gaps = z[1:] / np.maximum(z[:-1], 1.0)
    first = int(gaps.argmax()) + 1
    n_far = len(z) - first
    if n_far > 0.05 * len(z) or z[first] < 100 or n_far * np.log10(max(gaps[first - 1], 1.0)) < 4:
        return None
    squares = (values - values.mean()) ** 2
    share = float(np.sort(squares)[-n_far:].sum() / squares.sum())
    return (n_far, share, float(z[first])) if share > 0.5 else None
