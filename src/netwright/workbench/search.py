"""Searching a folder that holds an index: by text, by vectors, and how well and fast it answers."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import InputError

Embed = Callable[[Sequence[str]], Any]

EMBEDDER, TEXTS = "embedder", "texts"
CONDITION = re.compile(r"(?P<column>.+?)\s*(?P<sign>==|!=|<=|>=|=|<|>)\s*(?P<value>.*)", re.DOTALL)
QUERIES = 500


def search(
    folder: str | Path,
    queries: str | Sequence[str] | Path | np.ndarray,
    *,
    k: int = 10,
    where: Any = None,
    embed: Embed | None = None,
) -> pd.DataFrame:
    """Return what an index in a folder finds, a line for each row found.

    Use it on what `netwright embed` wrote, or on any folder of `Index.save`.

    Args:
        folder: holds the index; beside it texts.json (texts by id, or in the order of whole ids) or
            texts.parquet (columns id and text) where rows have texts, and embedder/ where texts can be asked.
        queries: a text, texts, vectors, or a .npy file of vectors.
        k: rows for each query.
        where: a filter, as `Index.search` takes it.
        embed: makes vectors of texts; what stands in embedder/ when None.

    Returns:
        The columns query, rank, id, score, and text where rows have texts.

    Raises:
        InputError: when the folder, the file or the filter cannot be used.

    Example:
        >>> import tempfile
        >>> from netwright.search import Index
        >>> folder = Path(tempfile.mkdtemp()) / "toys"
        >>> Index("l2").add([[0.0, 0.0], [5.0, 5.0]], ids=["ball", "kite"]).save(folder)
        >>> search(folder, np.array([[4.0, 4.0]]), k=1)["id"].tolist()
        ['kite']
    """
    from netwright.search import Index

    place = Path(folder)
    index = Index.load(place, memory_map=True)
    vectors = _vectors_of(place, queries, embed)
    found = index.search(vectors, k=k, where=where)
    lines = [
        {"query": query, "rank": rank, "id": one, "score": score}
        for query in range(len(found.ids))
        for rank, (one, score) in enumerate(found.pairs(query), start=1)
    ]
    table = pd.DataFrame(lines, columns=["query", "rank", "id", "score"])
    texts = read_texts(place)
    if texts is not None:
        table["text"] = [texts.get(str(one), "") for one in table["id"]]
    return table


def benchmark_search(
    folder: str | Path, *, k: int = 10, n_queries: int = QUERIES, random_state: int = 0
) -> pd.DataFrame:
    """Measure recall and speed of every structure on the vectors of an index in a folder.

    Use it to see whether another structure would answer faster. Some rows are held out and asked; nothing in
    the folder is changed.

    Args:
        folder: holds the index.
        k: neighbours.
        n_queries: rows that are held out, at most a fifth.
        random_state: seed of which.

    Returns:
        The table of `netwright.search.benchmark`, best recall first.

    Raises:
        InputError: when the folder holds no index, or too few rows.

    Example:
        >>> import tempfile
        >>> from netwright.search import Index
        >>> folder = Path(tempfile.mkdtemp()) / "dots"
        >>> Index("l2").add(np.random.default_rng(0).normal(size=(200, 4))).save(folder)
        >>> bool(benchmark_search(folder, n_queries=20)["recall"].max() == 1.0)
        True
    """
    from netwright.search import Index, benchmark

    index: Index = Index.load(folder, memory_map=True)
    n_held = min(n_queries, len(index) // 5)
    if n_held < 1:
        raise InputError("the index must hold five rows to hold one out", f"{len(index)}", "add rows")
    order = np.random.default_rng(random_state).permutation(index.ids)
    table = benchmark(
        index.vectors(order[n_held:]), index.vectors(order[:n_held]), k, metric=index.metric.value
    )
    return table.sort_values(["recall", "queries_per_second"], ascending=False, ignore_index=True)


def read_where(words: Sequence[str]) -> dict[str, Any] | None:
    """Return the filter that words such as "year>=2000" or "colour=red" say; None for no words.

    Args:
        words: one condition each; numbers, true, false and null are read as such.

    Raises:
        InputError: when a word is no condition.

    Example:
        >>> read_where(["year>=2000", "colour=red"])
        {'year': [('>=', 2000)], 'colour': [('==', 'red')]}
    """
    where: dict[str, Any] = {}
    for word in words:
        match = CONDITION.fullmatch(word)
        if match is None:
            raise InputError("a condition must be COLUMN SIGN VALUE", repr(word), "for instance year>=2000")
        sign = "==" if match["sign"] == "=" else match["sign"]
        where.setdefault(match["column"].strip(), []).append((sign, _value_of(match["value"])))
    return where or None


def read_texts(folder: Path) -> dict[str, str] | None:
    """Return the texts of rows by id; None where the folder holds none."""
    if (folder / f"{TEXTS}.json").exists():
        texts = json.loads((folder / f"{TEXTS}.json").read_text(encoding="utf-8"))
        return {
            str(one): text for one, text in (texts.items() if isinstance(texts, dict) else enumerate(texts))
        }
    if (folder / f"{TEXTS}.parquet").exists():
        frame = pd.read_parquet(folder / f"{TEXTS}.parquet")
        return dict(zip(frame["id"].astype(str), frame["text"], strict=True))
    return None


def open_embedder(folder: Path) -> Embed:
    """Return what makes vectors of texts: what `netwright embed` kept in embedder/, or a saved estimator.

    Raises:
        InputError: when there is none.
    """
    from netwright.embeddings.texts.keeping import NOTE
    from netwright.embeddings.texts.keeping import open_embedder as open_kept
    from netwright.estimators import load

    if not (folder / EMBEDDER).is_dir():
        raise InputError(
            f"a text can be asked of a folder with {EMBEDDER}/",
            f"{folder} without",
            "pass vectors (--vectors)",
        )
    kept = (folder / EMBEDDER / NOTE).exists()
    estimator: Any = open_kept(folder / EMBEDDER) if kept else load(folder / EMBEDDER)
    return lambda texts: estimator.transform(list(texts))


def _vectors_of(folder: Path, queries: Any, embed: Embed | None) -> Any:
    if isinstance(queries, Path):
        return _read_vectors(queries)
    texts = [queries] if isinstance(queries, str) else list(queries)
    if texts and all(isinstance(text, str) for text in texts):
        return (embed or open_embedder(folder))(texts)
    return queries


def _read_vectors(file: Path) -> Any:
    try:
        return np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            "vectors must be a .npy file of numbers", str(file), "write it with numpy.save"
        ) from error


def _value_of(word: str) -> Any:
    try:
        value = json.loads(word)
    except ValueError:
        return word
    return word if isinstance(value, list | dict) else value
