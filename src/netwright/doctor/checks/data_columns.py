"""Checks of single columns: one that tells the target, and a scaler that has seen the held-out rows."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows, row_keys
from netwright.doctor.checks.seen import evaluation_calls, is_tabular, labels_of
from netwright.doctor.finding import Finding, Place

Numbers = NDArray[np.float64]
FEWEST_ROWS, FEWEST_COLUMNS, MOST_COLUMNS = 50, 4, 1024
TELLS, FAR_BELOW = 0.999, 0.9


def check_target_leakage(case: Case) -> Iterator[Finding]:
    """D06: one column that is the target in other words, while no other comes near.

    Labels: a column with exactly one value for each class, and another for each (one-hot columns: one column
    for each class), among columns of measured numbers. Numbers: |rank correlation| above 0.999. Else the
    second best column stays below 0.9 (in correlation, or in AUC of any class), which excludes tasks whose
    nature it is; so do tables of fewer than 4 columns, series and tokens. A column measured without the
    target takes other values within a class.
    """
    told = _labelled(case)
    if told is None:
        return
    table, target, is_label = told
    if len(table) < FEWEST_ROWS or not FEWEST_COLUMNS <= table.shape[1] <= MOST_COLUMNS:
        return
    found = _tells_label(table, target.astype(int)) if is_label else _tells_number(table, target)
    if found is None:
        return
    columns, second = found
    names = ", ".join(map(str, columns[:10]))
    yield Finding(
        "target_leakage",
        "warning",
        f"Column {names} of the input tells the target of all {len(table)} rows; the next best reaches "
        f"{second:.2f}."
        if len(columns) == 1
        else f"Columns {names} of the input name the class of all {len(table)} rows.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {"columns": columns, "second best": second, "rows": len(table)},
        "Take the column out: it will not be known when the network is used.",
    )


def _labelled(case: Case) -> tuple[Numbers, Numbers, bool] | None:
    """Inputs as a table, targets, and whether these are labels; rows without a target are left out."""
    rows, place = case.train, case.target_place
    if rows is None or place is None or case.task.reconstructs or not is_tabular(rows.inputs):
        return None
    inputs, target = rows.inputs, rows.target
    if target is None:  # a mask chooses the rows that count
        target = case.tape.constants[place]
        masks = [
            one for one in case.tape.constants if one.dtype == torch.bool and one.shape == inputs.shape[:1]
        ]
        chosen = next((one for one in masks if int(one.sum()) == len(target)), None) if target.ndim else None
        if chosen is None:
            return None
        inputs = inputs[chosen]
    table: Numbers = inputs.detach().double().cpu().numpy()
    labels = labels_of(target, case.task)
    if labels is not None:
        return table, labels.double().numpy(), True
    if case.task.kind != "numbers" or target.numel() != len(target):
        return None
    return table, target.detach().reshape(-1).double().cpu().numpy(), False


def _tells_number(table: Numbers, target: Numbers) -> tuple[list[int], float] | None:
    if len(np.unique(target)) < 10 or not np.isfinite(table).all() or not np.isfinite(target).all():
        return None
    varying = [column for column in range(table.shape[1]) if np.ptp(table[:, column]) > 0]
    ranks = stats.rankdata(target)
    r = [abs(float(np.corrcoef(stats.rankdata(table[:, column]), ranks)[0, 1])) for column in varying]
    order = np.argsort(r)[::-1]
    if len(order) < 2 or r[order[0]] < TELLS or r[order[1]] > FAR_BELOW:
        return None
    return [varying[order[0]]], r[order[1]]


def _tells_label(table: Numbers, labels: NDArray[np.int64]) -> tuple[list[int], float] | None:
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2 or counts.min() < 2:
        return None
    strength = _aucs(table, labels, classes)
    alone = [column for column in range(table.shape[1]) if _names_class(table[:, column], labels, classes)]
    if len(alone) == 1:
        others = np.delete(table, alone, axis=1)
        rest = float(np.delete(strength, alone, axis=1).max())
        fine = np.mean([len(np.unique(column[:500])) > 10 for column in others.T]) >= 0.5
        return (alone, rest) if rest < FAR_BELOW or fine else None
    if len(classes) == 2 or len(alone) > 1:
        return None
    columns = [_one_hot(table, labels == one) for one in classes]
    known = [one for one in columns if one is not None]
    return (known, 0.0) if len(known) >= 0.9 * len(classes) else None


def _names_class(column: Numbers, labels: NDArray[np.int64], classes: NDArray[np.int64]) -> bool:
    """Whether the column takes one value within each class, and another for each class."""
    values = {float(one) for one in np.unique(column[:: max(1, len(column) // 200)])}
    if len(values) > len(classes):
        return False
    within = [np.unique(column[labels == one]) for one in classes]
    return all(len(one) == 1 for one in within) and len({float(one[0]) for one in within}) == len(classes)


def _one_hot(table: Numbers, members: NDArray[np.bool_]) -> int | None:
    """The one column that has one value within a class and another one outside of it."""
    inside, outside = table[members], table[~members]
    same = (inside == inside[:1]).all(0) & (outside == outside[:1]).all(0) & (inside[0] != outside[0])
    places = np.flatnonzero(same)
    return int(places[0]) if len(places) == 1 else None


def _aucs(table: Numbers, labels: NDArray[np.int64], classes: NDArray[np.int64]) -> Numbers:
    """(classes, columns), area under the curve of each column for each class, 0.5 to 1."""
    ranks = stats.rankdata(table, axis=0)
    found = []
    for one in classes:
        members = labels == one
        n, m = int(members.sum()), int((~members).sum())
        area = (ranks[members].sum(0) - n * (n + 1) / 2) / (n * m)
        found.append(np.maximum(area, 1 - area))
    return np.array(found)


def check_scaler_leakage(case: Case) -> Iterator[Finding]:
    """D07: columns that have mean 0 and deviation 1 over training and held-out rows together, exactly.

    Means below 1e-5 and deviations within 1e-4 of 1 for at least 80 % of the columns over all rows, while
    those of the training rows alone are 5 times off that: by chance this practically never happens. Or each
    column's extremes are exactly 0 and 1, and some are met by held-out rows alone. A warning where the
    held-out rows are more than a tenth of the training rows, else information.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    rows = case.train
    if rows is None or not is_tabular(rows.inputs):
        return
    others = _unseen(case, rows)
    if len(others) < 10 or not bool(torch.isfinite(rows.flat).all()):
        return
    train = rows.flat.numpy()
    both = np.concatenate([train, others.double().cpu().numpy()])
    told = _standard_over(train, both) or _range_over(train, both)
    if told is None:
        return
    n_columns, off, how = told
    severe = len(others) > 0.1 * len(train)
    yield Finding(
        "scaler_leakage",
        "warning" if severe else "info",
        f"{how} over the {len(train)} training and {len(others)} held-out rows together, not over the "
        "training "
        "rows: the scaler was fitted on both.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {
            "columns": n_columns,
            "training rows": len(train),
            "held-out rows": len(others),
            "off in training": off,
        },
        "Fit the scaler on the training rows alone, and apply it to the others.",
    )


def _unseen(case: Case, rows: Rows) -> Tensor:
    """Rows that were ever evaluated and not learned from, each call's once."""
    known, seen, pieces = set(row_keys(rows.inputs)), set[tuple[int, ...]](), []
    for call in [call for calls in evaluation_calls(case) for call in calls]:
        keys = tuple(row_keys(call.inputs[0]))
        if keys in seen or sum(key in known for key in keys) > 0.5 * len(keys):
            continue
        seen.add(keys)
        pieces.append(call.inputs[0].detach())
    return torch.cat(pieces) if pieces else rows.inputs[:0]


def _standard_over(train: Numbers, both: Numbers) -> tuple[int, float, str] | None:
    varying = both.std(0) > 0
    if varying.sum() < 2:
        return None
    train, both = train[:, varying], both[:, varying]
    mean = np.abs(both.mean(0))
    for ddof in (0, 1):
        spread = np.abs(both.std(0, ddof=ddof) - 1)
        if ((mean < 1e-5) & (spread < 1e-4)).mean() < 0.8:
            continue
        off = float(np.median(np.abs(train.mean(0))))
        if off > 5e-5:
            return train.shape[1], off, f"{train.shape[1]} columns have mean 0 and deviation 1"
    return None


def _range_over(train: Numbers, both: Numbers) -> tuple[int, float, str] | None:
    low, high = both.min(0), both.max(0)
    if (np.abs(low) > 1e-6).any() or (np.abs(high - 1) > 1e-6).any():
        return None
    alone = [
        column
        for column in range(both.shape[1])
        if (train[:, column].max() < 1 - 1e-6 and (both[:, column] > 1 - 1e-6).sum() == 1)
        or (train[:, column].min() > 1e-6 and (both[:, column] < 1e-6).sum() == 1)
    ]
    if len(alone) < 3:
        return None
    off = float(np.median(1 - train[:, alone].max(0)))
    return len(alone), off, f"The columns go from 0 to 1 ({len(alone)} of them by a held-out row alone)"
