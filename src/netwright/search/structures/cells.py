"""Cells of k-means, with the rows in them kept as they are or as codes: FAISS's inverted files."""

import dataclasses
from pathlib import Path
from typing import Any, Self

import numpy as np

from netwright.search.engine import faiss_metric, need_faiss
from netwright.search.exact import Slots
from netwright.search.metric import Floats, Metric
from netwright.search.settings import IVF, PQ, SQ
from netwright.search.slab import Slab
from netwright.search.structures.base import (
    STRUCTURE,
    VECTORS,
    Allowed,
    Shape,
    Structure,
    chosen_rows,
    costs_from,
    own_copy,
    read_faiss,
    rising,
)
from netwright.search.structures.codes import (
    RERANK,
    again,
    drawn_rows,
    number_kind,
    padding,
)
from netwright.search.structures.every_row import read_vectors_file

ROWS_A_CELL = 39
"""Fewer rows to learn a centre from make FAISS warn."""
MOST_ROWS_A_CELL = 256


class Cells(Structure[IVF]):
    """What `IVF(...)` builds."""

    def __init__(self, metric: Metric, width: int, settings: IVF, random_state: int) -> None:
        super().__init__(metric, width, settings, random_state)
        self._slab = Slab(np.empty((0, width), np.float32))
        self._padding = padding(width, settings.codes)
        self._index = _new_index(settings, width + self._padding, metric, random_state)
        self._mapped = False

    @property
    def vectors(self) -> Floats:
        return self._slab.rows

    @property
    def n_cells(self) -> int:
        """How many cells there are."""
        return int(self._index.nlist)

    def add(self, vectors: Floats) -> None:
        rows = self._padded(vectors)
        if not self._index.is_trained:
            codes = 2**self.settings.codes.bits if isinstance(self.settings.codes, PQ) else 1
            most = MOST_ROWS_A_CELL * max(self.n_cells, codes)
            self._index.train(drawn_rows(rows, most, self.random_state))
        if self._mapped:
            self._index, self._mapped = own_copy(self._index), False
        self._index.add(rows)
        self._slab.append(vectors)

    def ladder(self, k: int) -> list[IVF]:
        return [dataclasses.replace(self.settings, probes=probes) for probes in rising(1, self.n_cells)]

    def effort(self) -> int:
        rows_a_cell = self._index.ntotal / self.n_cells
        return max(1, int((self.settings.probes or self._probes()) * rows_a_cell / 20))

    def bytes_in_memory(self) -> int:
        code = int(self._index.code_size) + 8
        return int(self._index.ntotal) * code + self.n_cells * 4 * (self.width + self._padding)

    def write(self, folder: Path) -> None:
        np.save(folder / VECTORS, self.vectors)
        need_faiss("IVF()").write_index(self._index, str(folder / STRUCTURE))

    @classmethod
    def read(cls, folder: Path, shape: Shape, *, memory_map: bool) -> Self:
        self = cls(shape.metric, shape.width, shape.settings, shape.random_state)
        self._slab = Slab(read_vectors_file(folder, memory_map=memory_map))
        self._index, self._mapped = read_faiss(folder / STRUCTURE, memory_map=memory_map), memory_map
        return self

    def _probes(self) -> int:
        return max(1, int(self.n_cells**0.5))

    def _padded(self, rows: Floats) -> Floats:
        return np.pad(rows, ((0, 0), (0, self._padding))) if self._padding else rows

    def _find(self, queries: Floats, k: int, allowed: Allowed | None, share: float) -> tuple[Floats, Slots]:
        faiss = need_faiss("IVF()")
        probes = min(self.n_cells, round((self.settings.probes or self._probes()) / share))
        how = faiss.SearchParametersIVF(nprobe=probes, sel=chosen_rows(allowed))
        codes = self.settings.codes
        rerank = 1 if codes is None else codes.rerank or RERANK
        wanted = min(k * rerank, max(k, int(self._index.ntotal)))
        values, slots = self._index.search(self._padded(queries), wanted, params=how)
        if codes is None:
            return costs_from(values, slots, self.metric), slots
        return again(queries, self.vectors, values, slots, k, rerank, self.metric)


def _new_index(settings: IVF, width: int, metric: Metric, seed: int) -> Any:
    faiss = need_faiss("IVF()")
    number, cells = faiss_metric(faiss, metric), settings.cells
    centres = faiss.IndexFlat(width, number)
    if settings.codes is None:
        index = faiss.IndexIVFFlat(centres, width, cells, number)
    elif isinstance(settings.codes, SQ):
        kind = number_kind(faiss, settings.codes)
        index = faiss.IndexIVFScalarQuantizer(centres, width, cells, kind, number)
    else:
        index = faiss.IndexIVFPQ(centres, width, cells, settings.codes.parts, settings.codes.bits, number)
        index.pq.cp.seed = seed + 1234
    index.cp.seed = seed + 1234  # FAISS's own first seed
    return index
