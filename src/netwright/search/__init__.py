"""Nearest vectors: one index over FAISS or PostgreSQL, with ids, filters, updates and files."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.search.benchmarking import benchmark
    from netwright.search.errors import (
        DimensionError,
        ExtraError,
        FilterError,
        IndexFolderError,
        UnknownIdError,
    )
    from netwright.search.found import Found
    from netwright.search.index import Index
    from netwright.search.metric import Metric
    from netwright.search.non_metric import NonMetricNeighbors, kl_divergence, nearest_by
    from netwright.search.postgres import PostgresIndex
    from netwright.search.recall import recall_at_k
    from netwright.search.settings import HNSW, IVF, PQ, SQ, Anisotropic, Exact
    from netwright.search.vector_store import VectorStore

__all__ = [
    "HNSW",
    "IVF",
    "PQ",
    "SQ",
    "Anisotropic",
    "DimensionError",
    "Exact",
    "ExtraError",
    "FilterError",
    "Found",
    "Index",
    "IndexFolderError",
    "Metric",
    "NonMetricNeighbors",
    "PostgresIndex",
    "UnknownIdError",
    "VectorStore",
    "benchmark",
    "kl_divergence",
    "nearest_by",
    "recall_at_k",
]

__getattr__, __dir__ = opening(__name__, __file__)
