"""A structure built of rows, with some held out until its effort is tuned on them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.search.choosing import choose
from netwright.search.metric import Floats, Metric
from netwright.search.settings import Settings
from netwright.search.structures import BUILT, Structure
from netwright.search.tuning import Tuned, is_open, tune

HELD_OUT = 1_000
"""Queries to tune on: a standard error of about 0.003 at a recall of 0.95."""
TUNED_FOR = 10
"""Neighbours that recall is counted among, as in ann-benchmarks."""
BLOCK_ROWS = 2**16


@dataclass(frozen=True)
class Plan:
    """What an index was asked to be."""

    metric: Metric
    structure: Settings | None
    recall: float
    random_state: int


@dataclass(frozen=True)
class Built:
    """A structure, the order in which it took the rows, and why it is as it is."""

    structure: Structure[Any]
    order: NDArray[np.int64]
    choices: dict[str, str] = field(default_factory=dict)


def build(vectors: Floats, plan: Plan) -> Built:
    """Choose, build and tune a structure for these rows.

    Rows that are held out are queries that the structure does not hold yet; they are added at the end.
    """
    n, width = vectors.shape
    settings, why = choose(plan.structure, n, width, plan.metric, plan.recall)
    structure = BUILT[type(settings)](plan.metric, width, settings, plan.random_state)
    choices = {"structure": f"{type(settings).__name__}(): {why}"}
    order = np.arange(n)
    if not is_open(settings):
        structure.add(vectors)
        return Built(structure, order, choices)
    n_held = min(HELD_OUT, n // 20)
    held = np.sort(np.random.default_rng(plan.random_state).choice(n, n_held, replace=False))
    order = np.concatenate([np.delete(order, held), held])
    _add_in_order(structure, vectors, order[: n - n_held])
    if n_held:
        tuned = tune(structure, vectors[held], TUNED_FOR, plan.recall, None)
        choices |= said_of(tuned, plan.recall, TUNED_FOR)
        structure.add(vectors[held])
    return Built(structure, order, choices)


def said_of(tuned: Tuned, recall: float, k: int) -> dict[str, str]:
    """Return the choice of effort and its reason."""
    return {"effort": f"{tuned.settings}: {tuned.reason(k, recall)}"}


def _add_in_order(structure: Structure[Any], vectors: Floats, order: NDArray[np.int64]) -> None:
    """Add rows in blocks, without a second matrix of all of them; the first block is learned from."""
    first = max(BLOCK_ROWS, 256 * int(getattr(structure.settings, "cells", None) or 256))
    structure.add(vectors[order[:first]])
    for start in range(first, len(order), BLOCK_ROWS):
        structure.add(vectors[order[start : start + BLOCK_ROWS]])
