"""All rows in one matrix, compared one by one."""

from pathlib import Path
from typing import Self

import numpy as np

from netwright.search.exact import Slots, find_exactly
from netwright.search.metric import Floats, Metric
from netwright.search.settings import Exact
from netwright.search.slab import Slab
from netwright.search.structures.base import VECTORS, Allowed, Shape, Structure


class EveryRow(Structure[Exact]):
    """What `Exact()` builds."""

    changes_in_place = True

    def __init__(self, metric: Metric, width: int, settings: Exact, random_state: int) -> None:
        super().__init__(metric, width, settings, random_state)
        self._slab = Slab(np.empty((0, width), np.float32))

    @property
    def vectors(self) -> Floats:
        return self._slab.rows

    def add(self, vectors: Floats) -> None:
        self._slab.append(vectors)

    def put(self, slots: Slots, vectors: Floats) -> None:
        self._slab.put(slots, vectors)

    def cut(self, n: int) -> None:
        self._slab.cut(n)

    def bytes_in_memory(self) -> int:
        return int(self.vectors.nbytes)

    def write(self, folder: Path) -> None:
        np.save(folder / VECTORS, self.vectors)

    @classmethod
    def read(cls, folder: Path, shape: Shape, *, memory_map: bool) -> Self:
        self = cls(shape.metric, shape.width, shape.settings, shape.random_state)
        self._slab = Slab(read_vectors_file(folder, memory_map=memory_map))
        return self

    def _find(self, queries: Floats, k: int, allowed: Allowed | None, share: float) -> tuple[Floats, Slots]:
        slots = None if allowed is None else np.flatnonzero(allowed)
        return find_exactly(queries, self.vectors, k, self.metric, slots)


def read_vectors_file(folder: Path, *, memory_map: bool) -> Floats:
    """Read the matrix of vectors, whole or mapped."""
    rows = np.load(folder / VECTORS, mmap_mode="r" if memory_map else None, allow_pickle=False)
    return np.asarray(rows)
