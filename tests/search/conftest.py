"""Clustered vectors, as embeddings are, and structures of each kind."""

import numpy as np
import pytest

from netwright.search import HNSW, IVF, PQ, SQ, Anisotropic, Exact, Index

N_ROWS, WIDTH, K = 20_000, 32, 10

STRUCTURES = {
    "exact": Exact(),
    "hnsw": HNSW(links=16, build_effort=40, search_effort=128),
    "ivf": IVF(cells=64, probes=32),
    "ivf-sq": IVF(cells=64, probes=32, codes=SQ("int8", rerank=4)),
    "pq": PQ(parts=16, bits=4, rerank=64),
    "sq": SQ("fp16", rerank=2),
    "anisotropic": Anisotropic(parts=8, rerank=16),
}


def clustered(n, width=WIDTH, seed=0):
    """Rows around a hundred centres, in an order that says nothing."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(100, width))
    rows = centres[rng.integers(0, 100, n)] + 0.6 * rng.normal(size=(n, width))
    return rows.astype(np.float32)


@pytest.fixture(scope="session")
def rows():
    """What is searched."""
    return clustered(N_ROWS)


@pytest.fixture(scope="session")
def queries():
    """What is asked; none of it is among the rows."""
    return clustered(300, seed=1)


@pytest.fixture(scope="session")
def few():
    """Rows enough for everything that is learned, and quickly built."""
    return clustered(10_500, width=16, seed=2)


@pytest.fixture(params=STRUCTURES)
def settings(request):
    """One of each structure."""
    return STRUCTURES[request.param]


@pytest.fixture(scope="session")
def built(few):
    """Indexes of each structure over the same rows, built once and only asked."""
    metadata = {
        "shade": np.arange(len(few)) % 100,
        "colour": np.array(["red", "blue"])[np.arange(len(few)) % 2],
    }
    made = {}

    def index(settings):
        if settings not in made:
            made[settings] = Index("cosine", settings).add(few, metadata=metadata)
        return made[settings]

    return index
