"""The graph of near rows: FAISS's HNSW, whose own store holds the vectors."""

import dataclasses
from pathlib import Path
from typing import Any, Self

import numpy as np

from netwright.search.engine import faiss_metric, need_faiss
from netwright.search.exact import Slots
from netwright.search.metric import Floats, Metric
from netwright.search.settings import HNSW
from netwright.search.structures.base import (
    STRUCTURE,
    Allowed,
    Shape,
    Structure,
    chosen_rows,
    costs_from,
    own_copy,
    read_faiss,
    rising,
)

EFFORT = 64
"""Where nothing was measured."""


class Graph(Structure[HNSW]):
    """What `HNSW(...)` builds."""

    def __init__(self, metric: Metric, width: int, settings: HNSW, random_state: int) -> None:
        super().__init__(metric, width, settings, random_state)
        faiss = need_faiss("HNSW()")
        self._index: Any = faiss.IndexHNSWFlat(width, settings.links, faiss_metric(faiss, metric))
        self._index.hnsw.efConstruction = settings.build_effort
        self._index.hnsw.rng = faiss.RandomGenerator(random_state)
        self._mapped = False

    @property
    def vectors(self) -> Floats:
        faiss = need_faiss("HNSW()")
        n = int(self._index.ntotal)
        if not n:
            return np.empty((0, self.width), np.float32)
        store = faiss.downcast_index(self._index.storage)
        rows: Floats = faiss.rev_swig_ptr(store.get_xb(), n * self.width).reshape(n, self.width)
        return rows

    def add(self, vectors: Floats) -> None:
        if self._mapped:
            self._index, self._mapped = own_copy(self._index), False
        self._index.add(vectors)

    def ladder(self, k: int) -> list[HNSW]:
        efforts = rising(k, max(2048, 4 * k))
        return [dataclasses.replace(self.settings, search_effort=effort) for effort in efforts]

    def effort(self) -> int:
        return self.settings.search_effort or EFFORT

    def bytes_in_memory(self) -> int:
        neighbours = self._index.hnsw.neighbors
        return int(self.vectors.nbytes + 4 * neighbours.size())

    def write(self, folder: Path) -> None:
        need_faiss("HNSW()").write_index(self._index, str(folder / STRUCTURE))

    @classmethod
    def read(cls, folder: Path, shape: Shape, *, memory_map: bool) -> Self:
        self = cls(shape.metric, shape.width, shape.settings, shape.random_state)
        self._index, self._mapped = read_faiss(folder / STRUCTURE, memory_map=memory_map), memory_map
        return self

    def _find(self, queries: Floats, k: int, allowed: Allowed | None, share: float) -> tuple[Floats, Slots]:
        faiss = need_faiss("HNSW()")
        wide = max(k, round(self.effort() / share))
        how = faiss.SearchParametersHNSW(efSearch=wide, sel=chosen_rows(allowed))
        values, slots = self._index.search(queries, k, params=how)
        return costs_from(values, slots, self.metric), slots
