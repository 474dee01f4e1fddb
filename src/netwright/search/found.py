"""What a search found."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netwright.search.exact import Slots
from netwright.search.metric import Floats


class Found(NamedTuple):
    """The nearest rows of each query, the nearest first.

    A place that no row fills, because the index or the filter holds fewer than k, has the id -1 (None where
    ids are strings) and the score NaN.

    Args:
        ids: (query, k).
        scores: (query, k), in the metric's own direction: see `Metric`.

    Example:
        >>> from netwright.search import Index
        >>> found = Index("l2").add([[0.0], [3.0]], ids=["a", "b"]).search([[1.0]], k=3)
        >>> found.ids.tolist()
        [['a', 'b', None]]
        >>> found.pairs(0)
        [('a', 1.0), ('b', 2.0)]
    """

    ids: NDArray[Any]
    scores: Floats

    def pairs(self, query: int) -> list[tuple[Any, float]]:
        """Return (id, score) of what one query found."""
        there = ~np.isnan(self.scores[query])
        return list(zip(self.ids[query][there].tolist(), self.scores[query][there].tolist(), strict=True))


def ids_at(slots: Slots, ids: NDArray[Any]) -> NDArray[Any]:
    """Return the ids of slots; -1, or None among strings, for the slot -1."""
    nothing = None if ids.dtype == object else -1
    if not len(ids):
        return np.full(slots.shape, nothing, ids.dtype)
    found = ids[np.maximum(slots, 0)]
    found[slots < 0] = nothing
    return found
