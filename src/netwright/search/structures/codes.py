"""Rows kept as short codes, of which the nearest are compared again by the vectors themselves."""

import dataclasses
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from netwright.search.engine import faiss_metric, need_faiss
from netwright.search.exact import Slots, costs_of, lowest
from netwright.search.metric import Floats, Metric
from netwright.search.settings import PQ, SQ, Anisotropic
from netwright.search.slab import Slab
from netwright.search.structures.base import (
    STRUCTURE,
    VECTORS,
    Allowed,
    Shape,
    Structure,
    costs_from,
    own_copy,
    read_faiss,
)
from netwright.search.structures.every_row import read_vectors_file

Codes = NDArray[np.uint8]
C = TypeVar("C", PQ, SQ, Anisotropic)

RERANKS = (1, 2, 4, 8, 16, 32, 64, 128)
RERANK = 8
"""Where nothing was measured."""
TRAINING_ROWS_A_CENTRE = 256
"""As FAISS has it: more rows do not move a centre."""


class Coded(Structure[C]):
    """What `PQ(...)`, `SQ(...)` and `Anisotropic(...)` build: codes to search, vectors beside them."""

    changes_in_place = True

    def __init__(self, metric: Metric, width: int, settings: C, random_state: int) -> None:
        super().__init__(metric, width, settings, random_state)  # type: ignore[arg-type]
        self._slab = Slab(np.empty((0, width), np.float32))
        self._padding = padding(width, settings)
        self._index = self._new_index()
        self._mapped = False
        self._empty: Any = None

    @property
    def vectors(self) -> Floats:
        return self._slab.rows

    def add(self, vectors: Floats) -> None:
        if not self._index.is_trained:
            self._train(self._padded(training_rows(vectors, self.settings, self.random_state)))
        self._make_own()
        self._index.add_sa_codes(self._encoded(self._padded(vectors)))
        self._slab.append(vectors)

    def put(self, slots: Slots, vectors: Floats) -> None:
        self._make_own()
        self._codes()[slots] = self._encoded(self._padded(vectors))
        self._slab.put(slots, vectors)

    def cut(self, n: int) -> None:
        self._make_own()
        self._index.codes.resize(n * self._index.code_size)
        self._index.ntotal = n
        self._slab.cut(n)

    def ladder(self, k: int) -> list[C]:
        return [dataclasses.replace(self.settings, rerank=rerank) for rerank in RERANKS]

    def is_quicker_exactly(self, n_allowed: int) -> bool:
        return n_allowed <= len(self.vectors) // 8

    def bytes_in_memory(self) -> int:
        return int(self._index.ntotal * self._index.sa_code_size())

    def decoded(self) -> Floats:
        """The rows as their codes have them."""
        rows: Floats = self._index.reconstruct_n(0, self._index.ntotal)[:, : self.width]
        return rows

    def write(self, folder: Path) -> None:
        np.save(folder / VECTORS, self.vectors)
        need_faiss("an index of codes").write_index(self._index, str(folder / STRUCTURE))

    @classmethod
    def read(cls, folder: Path, shape: Shape, *, memory_map: bool) -> Self:
        self = cls(shape.metric, shape.width, shape.settings, shape.random_state)
        self._slab = Slab(read_vectors_file(folder, memory_map=memory_map))
        self._index, self._mapped = read_faiss(folder / STRUCTURE, memory_map=memory_map), memory_map
        return self

    def _without_rows(self) -> Any:
        """FAISS's index with what was learned and no codes, kept for filtered searches."""
        if self._empty is None:
            faiss = need_faiss("an index of codes")
            self._empty = self._new_index()
            if isinstance(self.settings, SQ):
                faiss.copy_array_to_vector(
                    faiss.vector_to_array(self._index.sq.trained), self._empty.sq.trained
                )
            else:
                centres = faiss.vector_to_array(self._index.pq.centroids)
                faiss.copy_array_to_vector(centres, self._empty.pq.centroids)
            self._empty.is_trained = True
        return self._empty

    def _new_index(self) -> Any:
        return code_index(self.settings, self.width + self._padding, self.metric, self.random_state)

    def _train(self, rows: Floats) -> None:
        self._index.train(rows)

    def _encoded(self, rows: Floats) -> Codes:
        codes: Codes = self._index.sa_encode(rows)
        return codes

    def _codes(self) -> Codes:
        """The codes as FAISS holds them, (row, byte)."""
        n, size = int(self._index.ntotal), int(self._index.code_size)
        if not n:
            return np.empty((0, size), np.uint8)
        faiss = need_faiss("an index of codes")
        codes: Codes = faiss.rev_swig_ptr(self._index.codes.data(), n * size).reshape(n, size)
        return codes

    def _make_own(self) -> None:
        if self._mapped:
            self._index, self._mapped = own_copy(self._index), False

    def _padded(self, rows: Floats) -> Floats:
        return np.pad(rows, ((0, 0), (0, self._padding))) if self._padding else rows

    def _find(self, queries: Floats, k: int, allowed: Allowed | None, share: float) -> tuple[Floats, Slots]:
        index, chosen = self._index, None
        if allowed is not None:  # FAISS has no filter over these codes: the allowed ones are put side by side
            chosen = np.flatnonzero(allowed)
            index = need_faiss("an index of codes").clone_index(self._without_rows())
            index.add_sa_codes(self._codes()[chosen])
        rerank = self.settings.rerank or RERANK
        wanted = max(1, min(k * rerank, int(index.ntotal)))
        values, slots = index.search(self._padded(queries), wanted)
        if chosen is not None:
            slots = np.where(slots < 0, -1, chosen[slots])
        return again(queries, self.vectors, values, slots, k, rerank, self.metric)


def again(
    queries: Floats, vectors: Floats, values: Any, slots: Slots, k: int, rerank: int, metric: Metric
) -> tuple[Floats, Slots]:
    """Return the k best of the candidates, by the vectors where there are more than k."""
    costs = costs_from(values, slots, metric)
    if rerank > 1:
        costs = costs_of(queries, vectors, slots, metric)
    return lowest(costs, slots, k)


def code_index(settings: PQ | SQ | Anisotropic, width: int, metric: Metric, seed: int) -> Any:
    """Return FAISS's empty index of such codes."""
    faiss = need_faiss(f"{type(settings).__name__}()")
    if isinstance(settings, SQ):
        return faiss.IndexScalarQuantizer(width, number_kind(faiss, settings), faiss_metric(faiss, metric))
    bits = settings.bits if isinstance(settings, PQ) else 8
    index = faiss.IndexPQ(width, settings.parts, bits, faiss_metric(faiss, metric))
    index.pq.cp.seed = seed + 1234  # FAISS's own first seed
    return index


def number_kind(faiss: Any, settings: SQ) -> int:
    """Return FAISS's number of a kind of numbers."""
    kinds = faiss.ScalarQuantizer
    return int({"int8": kinds.QT_8bit, "fp16": kinds.QT_fp16, "bf16": kinds.QT_bf16}[settings.kind])


def parts_of(settings: PQ | Anisotropic, width: int) -> int:
    """Return into how many parts vectors are cut: one for every eight numbers."""
    return settings.parts or max(1, -(-width // 8))


def padding(width: int, settings: PQ | SQ | Anisotropic | None) -> int:
    """Return how many zeros make the width a multiple of the parts."""
    return 0 if settings is None or isinstance(settings, SQ) else -width % (settings.parts or 1)


def rows_needed(settings: PQ | SQ | Anisotropic | None) -> int:
    """Return from how many rows such codes can be learned."""
    if settings is None or isinstance(settings, SQ):
        return 1
    return 39 * int(2 ** (settings.bits if isinstance(settings, PQ) else 8))


def training_rows(vectors: Floats, settings: PQ | SQ | Anisotropic, seed: int) -> Floats:
    """Return the rows that codes are learned from: all, or a drawn part of many."""
    most = TRAINING_ROWS_A_CENTRE * 2 ** (settings.bits if isinstance(settings, PQ) else 8)
    return drawn_rows(vectors, most, seed)


def drawn_rows(vectors: Floats, most: int, seed: int) -> Floats:
    """Return all rows, or so many of them drawn in their order."""
    if len(vectors) <= most:
        return vectors
    drawn: NDArray[np.int64] = np.random.default_rng(seed).choice(len(vectors), most, replace=False)
    return vectors[np.sort(drawn)]
