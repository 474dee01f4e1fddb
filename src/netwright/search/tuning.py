"""Effort raised until held-out queries reach the wanted recall, surely and not only by luck."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from netwright.search.exact import find_exactly
from netwright.search.metric import Floats
from netwright.search.recall import recall_of_each
from netwright.search.settings import HNSW, IVF, Exact, Settings
from netwright.search.structures.base import Allowed, Structure

ONE_SIDED = 1.645
"""Standard errors below the mean: the true recall is lower in one case of twenty."""


@dataclass(frozen=True)
class Tuned:
    """What tuning came to."""

    settings: Any
    recall: float
    n_queries: int
    is_reached: bool

    def reason(self, k: int, wanted: float) -> str:
        """Say it in one sentence."""
        said = f"recall@{k} {self.recall:.3f} on {self.n_queries} held-out queries"
        if self.is_reached:
            return f"{said}: the least effort that reaches {wanted:g} with a margin of the sampling error"
        return f"{said}: the most effort that was tried, which does not reach {wanted:g}"


def is_open(settings: Settings) -> bool:
    """Whether the effort of a search is left to be measured."""
    if isinstance(settings, Exact):
        return False
    if isinstance(settings, HNSW):
        return settings.search_effort is None
    if isinstance(settings, IVF):
        return settings.probes is None
    return settings.rerank is None


def tune(structure: Structure[Any], queries: Floats, k: int, recall: float, allowed: Allowed | None) -> Tuned:
    """Set the least effort that reaches the recall, and return how far it came.

    Args:
        structure: its settings are changed.
        queries: vectors that it does not hold.
        k: neighbours that are asked for.
        recall: what the mean over queries must reach, less its sampling error.
        allowed: living slots; all when None.
    """
    slots = None if allowed is None else np.flatnonzero(allowed)
    _, truth = find_exactly(queries, structure.vectors, k, structure.metric, slots)
    mean, reached = 1.0, True
    for settings in structure.ladder(k):
        structure.settings = settings
        _, found = structure.search(queries, k, allowed)
        each = recall_of_each(found, truth)
        mean = float(each.mean())
        reached = mean - ONE_SIDED * float(each.std()) / len(each) ** 0.5 >= recall
        if reached:
            break
    return Tuned(structure.settings, mean, len(queries), reached)
