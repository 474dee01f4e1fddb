"""Nearest neighbours beside FAISS in the hands of an expert: recall and queries per second.

    make bench-search                          everything: about ten minutes
    make bench-search ARGS="--quick"           6,000 rows of 64 numbers, one round: whether it runs
    make bench-search ARGS="--rows 20000"      fewer rows

60,000 x 784 pictures of Fashion-MNIST where they are found (.cache/data/fashion-mnist, or Debian's
dataset-fashion-mnist), else clustered random rows of that size; 1,000 queries that are not among them.
netwright chooses and tunes alone, with rows that it holds out itself. The expert's structure and sizes are
chosen by hand, and the effort is the least of a fine ladder that reaches the recall on the very queries that
are asked: knowledge that nobody has before.
"""

import argparse
import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import frame

ROUNDS, WANTED, K, N_QUERIES, REPEATS = 3, 0.95, 10, 1_000, 3
PLACES = (Path(__file__).parents[1] / ".cache/data/fashion-mnist", Path("/usr/share/datasets/fashion-mnist"))
STRUCTURES = ("exact", "hnsw", "ivf", "pq", "filter of 1 %")
Search = Callable[[np.ndarray], np.ndarray]


def load(n_rows: int, width: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows, queries, and what they are."""
    for place in PLACES:
        if width == 784 and place.is_dir():
            rows, queries = (pictures(place, name) for name in ("train", "t10k"))
            return rows[:n_rows], queries[:N_QUERIES], "Fashion-MNIST"
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(200, 12)) @ rng.normal(size=(12, width))
    made = centres[rng.integers(0, 200, n_rows + N_QUERIES)]
    made += rng.normal(size=(len(made), 12)) @ rng.normal(size=(12, width)) * 0.5
    made += 0.3 * rng.normal(size=made.shape)
    return made[:n_rows].astype(np.float32), made[n_rows:].astype(np.float32), "clustered random rows"


def pictures(place: Path, name: str) -> np.ndarray:
    """The pictures of one idx file as rows of float32."""
    (file,) = place.glob(f"{name}-images-idx3-ubyte*")
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784).astype(np.float32)


def with_netwright(rows: np.ndarray) -> Iterator[tuple[str, Search]]:
    """Each structure with what netwright chooses."""
    from netwright.search import HNSW, IVF, PQ, Exact, Index

    chosen = {"exact": Exact(), "hnsw": HNSW(), "ivf": IVF(), "pq": PQ()}
    for name, structure in chosen.items():
        index = Index("l2", structure, recall=WANTED).add(rows)
        yield name, lambda queries, index=index: index.search(queries, K).ids
    index = Index("l2", recall=WANTED).add(rows, metadata={"part": np.arange(len(rows)) % 100})
    yield STRUCTURES[-1], lambda queries: index.search(queries, K, where={"part": 7}).ids


def with_faiss(rows: np.ndarray, queries: np.ndarray, truth: np.ndarray) -> Iterator[tuple[str, Search]]:
    """Each structure as an expert would have it."""
    import faiss

    width = rows.shape[1]
    flat = faiss.IndexFlatL2(width)
    flat.add(rows)
    yield "exact", lambda q: flat.search(q, K)[1]

    graph = faiss.IndexHNSWFlat(width, 32)
    graph.hnsw.efConstruction = 100
    graph.add(rows)
    yield "hnsw", least(lambda n: setattr(graph.hnsw, "efSearch", n), graph, queries, truth)

    cells = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, int(4 * len(rows) ** 0.5))
    cells.train(rows)
    cells.add(rows)
    yield "ivf", least(lambda n: setattr(cells, "nprobe", n), cells, queries, truth)

    codes = faiss.IndexRefineFlat(faiss.IndexPQ(width, width // 8, 8))
    codes.train(rows)
    codes.add(rows)
    yield "pq", least(lambda n: setattr(codes, "k_factor", float(n)), codes, queries, truth)

    kept = faiss.IDSelectorBatch(np.arange(7, len(rows), 100))
    yield STRUCTURES[-1], lambda q: flat.search(q, K, params=faiss.SearchParameters(sel=kept))[1]


def least(set_effort: Callable[[int], None], index: Any, queries: np.ndarray, truth: np.ndarray) -> Search:
    """The search of the least effort that reaches the recall on these queries."""
    effort = 1
    while True:
        set_effort(effort)
        if recall(index.search(queries, K)[1], truth) >= WANTED or effort > 1_000:
            return lambda q: index.search(q, K)[1]
        effort = max(effort + 1, effort * 5 // 4)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of true neighbours that were found."""
    return float((found[:, :, None] == truth[:, None]).any(axis=1).mean())


def measure(who: str, n_rows: int, width: int) -> None:
    """Build and ask every structure in this process, and tell recall and queries per second."""
    import faiss

    rows, queries, _ = load(n_rows, width)
    truth = faiss.knn(queries, rows, K)[1]
    kept = np.arange(7, len(rows), 100)
    truth_kept = kept[faiss.knn(queries, rows[kept], K)[1]]
    figures = {}
    searches = with_netwright(rows) if who == "netwright" else with_faiss(rows, queries, truth)
    for name, search in searches:
        found, seconds = search(queries), []
        for _ in range(REPEATS):
            start = time.perf_counter()
            search(queries)
            seconds.append(time.perf_counter() - start)
        figures[f"{name} recall"] = recall(found, truth_kept if name == STRUCTURES[-1] else truth)
        figures[f"{name} speed"] = len(queries) / min(seconds)
    frame.tell(**figures)


def compare(n_rows: int, width: int, rounds: int) -> None:
    """Print the ratio to the expert for each structure."""
    options = [f"--rows={n_rows}", f"--width={width}"]
    told = frame.compete(
        {who: frame.competitor(__file__, "--measure", who, *options) for who in ("netwright", "faiss")},
        rounds,
    )
    pairs = list(zip(told["netwright"], told["faiss"], strict=True))
    lines = [
        [
            frame.interval(
                [float(ours[f"{name} speed"]) / float(theirs[f"{name} speed"]) for ours, theirs in pairs]
            ),
            name,
            *(f"{frame.middle(told[who], f'{name} speed'):,.0f}" for who in ("netwright", "faiss")),
            *(f"{frame.middle(told[who], f'{name} recall'):.3f}" for who in ("netwright", "faiss")),
        ]
        for name in STRUCTURES
    ]
    _, _, what = load(2_000, width)
    print(f"\n{what}, {n_rows:,} x {width}, {N_QUERIES:,} queries in a batch, recall@{K} of {WANTED} wanted, "
          f"one thread, rounds {rounds}\n")  # fmt: skip
    header = [
        "times as fast as the expert",
        "structure",
        "queries/s",
        "of the expert",
        "recall",
        "of the expert",
    ]
    print(frame.markdown(header, lines), flush=True)


def main() -> None:
    """Measure in this process where asked to (`--measure`), else start both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="6,000 rows of 64 numbers, one round")
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--width", type=int, default=784)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", metavar="WHO", help="netwright or faiss, in this process")
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure, asked.rows, asked.width)
        return
    print(f"{frame.machine()}; {frame.versions(['faiss-cpu', 'numpy'])}", flush=True)
    if asked.quick:
        compare(6_000, 64, rounds=1)
    else:
        compare(asked.rows, asked.width, asked.rounds)


if __name__ == "__main__":
    main()
