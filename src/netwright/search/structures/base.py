"""What every structure can do: add rows, and find the nearest of those that are allowed."""

import dataclasses
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from netwright.search.engine import need_faiss, selector
from netwright.search.exact import Slots, find_exactly
from netwright.search.metric import Floats, Metric
from netwright.search.settings import Settings

S = TypeVar("S", bound=Settings)
Allowed = NDArray[np.bool_]

VECTORS, STRUCTURE = "vectors.npy", "structure.faiss"
SCANS_A_STEP = 128
"""A filter that keeps m of n rows makes the search effort / (m / n) times wide. A step of it costs about
twenty distances in scattered memory, each as much as six or so of a matrix product over gathered rows."""


class Structure(ABC, Generic[S]):
    """Vectors by slot, in the order in which they were added.

    Args:
        metric: what is near.
        width: numbers in a vector.
        settings: what it is built of, with every number resolved.
        random_state: seed of what is drawn while it is built.
    """

    changes_in_place: ClassVar[bool] = False
    """Whether rows can be overwritten and taken out; elsewhere they are marked as dead."""

    def __init__(self, metric: Metric, width: int, settings: S, random_state: int) -> None:
        self.metric, self.width, self.settings, self.random_state = metric, width, settings, random_state

    @property
    @abstractmethod
    def vectors(self) -> Floats:
        """All rows, dead ones included."""

    @abstractmethod
    def add(self, vectors: Floats) -> None:
        """Append rows; the first ones are what is learned from."""

    def put(self, slots: Slots, vectors: Floats) -> None:
        """Overwrite rows, where that can be done in place."""
        raise NotImplementedError

    def cut(self, n: int) -> None:
        """Keep the first n rows, where that can be done in place."""
        raise NotImplementedError

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write files into a folder."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, shape: "Shape", *, memory_map: bool) -> Self:
        """Read what `write` wrote."""

    @abstractmethod
    def bytes_in_memory(self) -> int:
        """Bytes that a search goes through, without vectors that are only looked up."""

    def ladder(self, k: int) -> list[S]:
        """Settings of rising effort, for tuning; none where nothing can be tuned."""
        return []

    def effort(self) -> int:
        """How many steps of about twenty distances a search takes."""
        return 0

    def is_quicker_exactly(self, n_allowed: int) -> bool:
        """Whether the allowed rows are so few that comparing with each of them takes less time."""
        share = n_allowed / max(1, len(self.vectors))
        return n_allowed * share <= SCANS_A_STEP * self.effort()

    def search(self, queries: Floats, k: int, allowed: Allowed | None) -> tuple[Floats, Slots]:
        """Return costs and slots of the k nearest allowed rows; exactly so where few are allowed.

        Args:
            queries: rows of the same width.
            k: how many.
            allowed: one boolean a slot; all when None.
        """
        if allowed is None:
            return self._find(queries, k, None, 1.0)
        n_allowed = int(np.count_nonzero(allowed))
        if n_allowed <= k or self.is_quicker_exactly(n_allowed):
            return find_exactly(queries, self.vectors, k, self.metric, np.flatnonzero(allowed))
        return self._find(queries, k, allowed, n_allowed / len(allowed))

    @abstractmethod
    def _find(self, queries: Floats, k: int, allowed: Allowed | None, share: float) -> tuple[Floats, Slots]:
        """Search the structure itself; `share` of its rows is allowed."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """What has to be known to read a structure."""

    metric: Metric
    width: int
    settings: Any
    random_state: int


def costs_from(values: Floats, slots: Slots, metric: Metric) -> Floats:
    """Turn what FAISS answers into costs; it answers -1 where it found nothing."""
    costs = -values if metric.higher_is_nearer else values
    return np.where(slots < 0, np.float32(np.inf), costs)


def read_faiss(file: Path, *, memory_map: bool) -> Any:
    """Read FAISS's own file, whole or mapped."""
    faiss = need_faiss("this index")
    return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC if memory_map else 0)


def own_copy(index: Any) -> Any:
    """Return a mapped FAISS index read into memory, so that it can grow."""
    faiss = need_faiss("this index")
    return faiss.deserialize_index(faiss.serialize_index(index))


def chosen_rows(allowed: Allowed | None) -> Any:
    """Return FAISS's selector of the allowed slots, or None."""
    return None if allowed is None else selector(need_faiss("this index"), allowed)


def rising(low: int, high: int) -> list[int]:
    """Return whole numbers from low to high, each about a tenth more than the last."""
    steps = [low]
    while steps[-1] < high:
        steps.append(min(high, max(steps[-1] + 1, round(steps[-1] * 1.1))))
    return steps
