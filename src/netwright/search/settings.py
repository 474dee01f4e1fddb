"""What an index can be built of: one small frozen class of settings each."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, final

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class Exact:
    """Compare with every row: no neighbour is missed.

    Use it up to some ten thousand rows, for L1, where a miss is not allowed, and as the truth that other
    structures are measured by. Batches of queries become one matrix product per block of rows (FAISS, or
    numpy where FAISS is not installed).

        k smallest of cost(q, x) over all rows x

    Example:
        >>> from netwright.search import Index
        >>> index = Index("l1", Exact()).add([[0.0, 0.0], [3.0, 4.0]])
        >>> index.search([[0.0, 1.0]], k=2).scores.tolist()
        [[1.0, 6.0]]

    Source:
        Douze et al. (2024), "The Faiss library", arXiv:2401.08281.
    """


@final
@dataclass(frozen=True)
class HNSW:
    """A graph of near rows in layers, walked greedily from a coarse layer to the finest.

    Use it from some ten thousand up to some million rows that fit in memory: it answers fastest at a recall
    above 0.9. It takes long to build, and eight bytes a link and row beside the vectors.

        P(a row reaches layer l) = links^-l;  in each layer the search keeps the `search_effort` best

    Args:
        links: neighbours of a row in the graph (M in the paper).
        build_effort: rows kept while a row is linked (efConstruction).
        search_effort: rows kept during a search (efSearch); measured and chosen when None.

    Example:
        >>> HNSW(links=16, search_effort=64)
        HNSW(links=16, build_effort=100, search_effort=64)

    Source:
        Malkov and Yashunin (2016), "Efficient and robust approximate nearest neighbor search using
        Hierarchical Navigable Small World graphs", arXiv:1603.09320.
    """

    links: int = 32
    build_effort: int = 100
    search_effort: int | None = None

    def __post_init__(self) -> None:
        _check_counts(self, links=2)


@final
@dataclass(frozen=True)
class PQ:
    """Product quantisation: each vector is cut into parts, and each part is one of 2^bits learned ones.

    Use it when the vectors do not fit in memory: a row takes parts * bits / 8 bytes. Distances come from a
    table per query. The nearest by code are compared again by the vectors themselves, which may stay on disk
    (`Index.load(folder, memory_map=True)`).

        x ~ (c_1[i_1], ..., c_m[i_m]);  cost(q, x) ~ sum_j cost(q_j, c_j[i_j])

    Args:
        parts: parts of a vector; a byte for every eight numbers when None.
        bits: of one part's code, from 4 to 12.
        rerank: candidates compared again, as a multiple of k; 1 trusts the codes alone; measured when None.

    Example:
        >>> PQ(parts=16, rerank=1)
        PQ(parts=16, bits=8, rerank=1)

    Source:
        Jégou, Douze and Schmid (2011), "Product quantization for nearest neighbor search",
        doi:10.1109/TPAMI.2010.57.
    """

    parts: int | None = None
    bits: int = 8
    rerank: int | None = None

    def __post_init__(self) -> None:
        _check_counts(self, bits=4)
        if self.bits > 12:
            raise InputError("bits must be from 4 to 12", str(self.bits), "use 8, and more parts")


@final
@dataclass(frozen=True)
class SQ:
    """Scalar quantisation: every number of a vector in fewer bits.

    Use it to halve (fp16, bf16) or quarter (int8) the memory at almost no loss of recall; learned ranges make
    int8 fit the data.

        int8: round(255 (x_i - low_i) / (high_i - low_i));  cost from the decoded numbers

    Args:
        kind: of a number.
        rerank: candidates compared again by the vectors themselves, as a multiple of k; measured when None.

    Example:
        >>> SQ("bf16")
        SQ(kind='bf16', rerank=None)

    Source:
        Douze et al. (2024), "The Faiss library", arXiv:2401.08281.
    """

    kind: Literal["int8", "fp16", "bf16"] = "int8"
    rerank: int | None = None

    def __post_init__(self) -> None:
        _check_counts(self)
        if self.kind not in ("int8", "fp16", "bf16"):
            raise InputError("kind must be int8, fp16 or bf16", repr(self.kind), "choose one of them")


@final
@dataclass(frozen=True)
class Anisotropic:
    """Product quantisation whose codebooks keep inner products, as ScaNN learns them.

    Use it instead of PQ for the cosine and the inner product: of the error of a code, the part along the
    vector changes the score of those queries for which the row would be near, so it weighs more.

        loss = eta |r_par|^2 + |r_orth|^2,  r = x - code(x) split along x,
        eta = (d - 1) T^2 / (1 - T^2),  T the threshold as a share of the vector's length

    Args:
        parts: parts of a vector, a byte each; a byte for every eight numbers when None.
        threshold: the cosine from which on a row counts as near; 0.2 is the paper's.
        rerank: candidates compared again, as a multiple of k; 1 trusts the codes alone; measured when None.

    Example:
        >>> Anisotropic(parts=16).threshold
        0.2

    Source:
        Guo et al. (2020), "Accelerating Large-Scale Inference with Anisotropic Vector Quantization",
        arXiv:1908.10396.
    """

    parts: int | None = None
    threshold: float = 0.2
    rerank: int | None = None

    def __post_init__(self) -> None:
        _check_counts(self)
        if not 0.0 <= self.threshold < 1.0:
            raise InputError("threshold must be from 0 to below 1", str(self.threshold), "use 0.2")


@final
@dataclass(frozen=True)
class IVF:
    """Cells found by k-means; only the rows of the cells nearest to the query are compared.

    Use it for millions of rows: it builds much faster than a graph and takes no more than the vectors, or
    with `codes` far less.

        cell(x) = argmin_c |x - m_c|;  search the rows of the `probes` cells with the nearest m_c

    Args:
        cells: number of cells; 4 sqrt(rows) when None.
        probes: cells that are searched; measured and chosen when None. All of them is exact without codes.
        codes: how the rows in the cells are kept: None for the vectors themselves, PQ or SQ.

    Example:
        >>> IVF(cells=256, codes=PQ(parts=8))
        IVF(cells=256, probes=None, codes=PQ(parts=8, bits=8, rerank=None))

    Source:
        Johnson, Douze and Jégou (2017), "Billion-scale similarity search with GPUs", arXiv:1702.08734.
    """

    cells: int | None = None
    probes: int | None = None
    codes: PQ | SQ | None = None

    def __post_init__(self) -> None:
        _check_counts(self)
        if not isinstance(self.codes, PQ | SQ | None):
            raise InputError(
                "codes must be PQ(...), SQ(...) or None", repr(self.codes), "pass such an object"
            )


Settings = Exact | HNSW | IVF | PQ | SQ | Anisotropic
KINDS: dict[str, type[Settings]] = {kind.__name__: kind for kind in (Exact, HNSW, IVF, PQ, SQ, Anisotropic)}


def to_plain(settings: Settings | None) -> dict[str, Any] | None:
    """Return settings as plain values for JSON."""
    if settings is None:
        return None
    fields = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    nested = {
        name: to_plain(value) if isinstance(value, PQ | SQ) else value for name, value in fields.items()
    }
    return {"kind": type(settings).__name__, "fields": nested}


def from_plain(plain: dict[str, Any] | None) -> Settings | None:
    """Return the settings that `to_plain` wrote down."""
    if plain is None:
        return None
    fields = {name: from_plain(v) if isinstance(v, dict) else v for name, v in plain["fields"].items()}
    kind: Any = KINDS[plain["kind"]]
    settings: Settings = kind(**fields)
    return settings


def _check_counts(settings: Any, **least: int) -> None:
    for field in dataclasses.fields(settings):
        value, low = getattr(settings, field.name), least.get(field.name, 1)
        whole = isinstance(value, int) and not isinstance(value, bool)
        counts = field.type in (int, int | None)
        if counts and value is not None and not (whole and value >= low):
            name = f"{type(settings).__name__}({field.name}=)"
            raise InputError(f"{name} must be a whole number from {low}", repr(value), "give another one")
