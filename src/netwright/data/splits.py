"""Splitting rows into training and held-out ones: at random, by class, by group or by time."""

import math
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from netwright.core.errors import TableError
from netwright.data.wording import shown

Rows = Int[np.ndarray, "rows"]


def split_rows(
    n_rows: int,
    *,
    fraction: float = 0.2,
    y: Any = None,
    groups: Any = None,
    time: Any = None,
    random_state: Any = 0,
) -> tuple[Rows, Rows]:
    """Split row numbers into training and held-out ones, each sorted.

    Use `y` to keep the classes' shares, `groups` where rows belong together (a patient, a household) and
    must not stand on both sides, and `time` where the future is to be predicted: the latest rows are held
    out.

    Sizes are exact: the held-out part has n_rows * fraction rows, rounded up, but at least 1 row and at most
    all but 1. With `y`, each class gives its share of these within less than one row, the rest going to
    the classes with the largest remainders, and keeps at least one row in training. With `groups`, whole
    groups are drawn until the size is met as nearly as it can be.

    Args:
        n_rows: how many rows there are.
        fraction: share of rows to hold out.
        y: the class of each row.
        groups: the group of each row.
        time: the time of each row; equal times stay in the order of their rows.
        random_state: seed of the draw; a split by time draws nothing.

    Raises:
        TableError: for a class with one row, a single group, a missing time, or fewer than two rows.

    Example:
        >>> training, held_out = split_rows(10, fraction=0.25, time=range(10))
        >>> held_out
        array([7, 8, 9])

    Source:
        Kohavi (1995), "A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model
        Selection", IJCAI, 1137-1143.
    """
    n_held_out = _held_out_size(n_rows, fraction)
    given = {"y": y, "groups": groups, "time": time}
    given = {name: values for name, values in given.items() if values is not None}
    if len(given) > 1:
        came = " and ".join(given)
        raise TableError("rows must be split by one of y, groups and time", came, "leave the others out")
    for name, values in given.items():
        if len(values) != n_rows:
            came = f"{len(values)} of them"
            raise TableError(f"{name} must have one value for each of {n_rows} rows", came, "give them all")
    rng = np.random.default_rng(random_state)
    if y is not None:
        held_out = _by_class(y, n_held_out, rng)
    elif groups is not None:
        held_out = _by_group(groups, n_held_out, rng)
    elif time is not None:
        held_out = _latest(time, n_held_out)
    else:
        held_out = rng.permutation(n_rows)[:n_held_out]
    mask = np.zeros(n_rows, dtype=bool)
    mask[held_out] = True
    return np.flatnonzero(~mask).astype(np.int64), np.flatnonzero(mask).astype(np.int64)


def _held_out_size(n_rows: int, fraction: float) -> int:
    if n_rows < 2:
        raise TableError("a table to be split must have at least 2 rows", str(n_rows), "collect more rows")
    if not 0 < fraction < 1:
        raise TableError("fraction must lie between 0 and 1", str(fraction), "0.2 holds out every fifth row")
    # 0.07 * 100 is 7.000000000000001, which must not be rounded up
    return min(max(1, math.ceil(round(n_rows * fraction, 9))), n_rows - 1)


def _by_class(y: Any, n_held_out: int, rng: np.random.Generator) -> Rows:
    codes, classes = pd.factorize(pd.Series(y), sort=False)
    if (codes < 0).any():
        came = f"none in row {int(np.argmax(codes < 0)) + 1}"
        raise TableError("every row must have a class", came, "leave rows without one out")
    counts = np.bincount(codes, minlength=len(classes))
    if counts.min() < 2:
        came = f"1 row of class {shown(classes[int(np.argmin(counts))])}"
        remedy = "collect more rows of it, leave it out, or split without y"
        raise TableError("every class must have at least 2 rows to be split", came, remedy)
    if n_held_out > len(codes) - len(classes):
        came = f"{n_held_out} of {len(codes)} rows held out with {len(classes)} classes"
        raise TableError("training must keep a row of every class", came, "lower the fraction")
    parts = [
        rng.permutation(np.flatnonzero(codes == code))[:size]
        for code, size in enumerate(_allot(counts, n_held_out))
        if size
    ]
    rows: Rows = np.concatenate(parts)
    return rows


def _allot(counts: Int[np.ndarray, "classes"], total: int) -> Int[np.ndarray, "classes"]:
    """Share out a total in proportion to counts, by largest remainders, leaving one row of each class."""
    quotas = total * counts / counts.sum()
    sizes: np.ndarray = np.minimum(np.floor(quotas).astype(np.int64), counts - 1)
    while sizes.sum() < total:
        wish = np.where(sizes < counts - 1, quotas - sizes, -np.inf)
        ranked = np.argsort(-wish, kind="stable")[: total - sizes.sum()]
        sizes[ranked[np.isfinite(wish[ranked])]] += 1
    return sizes


def _by_group(groups: Any, n_held_out: int, rng: np.random.Generator) -> Rows:
    codes, names = pd.factorize(pd.Series(groups), sort=False)
    if (codes < 0).any():
        came = f"none in row {int(np.argmax(codes < 0)) + 1}"
        raise TableError("every row must have a group", came, "give it a group of its own")
    if len(names) < 2:
        raise TableError("rows must belong to at least 2 groups", "1", "split without groups")
    order = rng.permutation(len(names))
    sizes = np.cumsum(np.bincount(codes)[order])[:-1]
    n_groups = int(np.argmin(np.abs(sizes - n_held_out))) + 1
    rows: Rows = np.flatnonzero(np.isin(codes, order[:n_groups]))
    return rows


def _latest(time: Any, n_held_out: int) -> Rows:
    values = pd.Series(time).reset_index(drop=True)
    if values.isna().any():
        came = f"none in row {int(np.argmax(values.isna())) + 1}"
        raise TableError("every row must have a time", came, "leave rows without one out")
    order: Rows = values.sort_values(kind="stable").index.to_numpy()
    latest: Rows = order[-n_held_out:]
    return latest
