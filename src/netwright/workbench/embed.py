"""From a table with texts to a folder that can be searched."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.core.files import atomic_folder
from netwright.workbench.search import EMBEDDER, TEXTS


def embed(
    table: Any,
    out: str | Path,
    *,
    text: str,
    model: str | Path | None = None,
    width: int = 100,
    epochs: int = 5,
    min_count: int = 2,
    random_state: int = 0,
) -> dict[str, Any]:
    """Make vectors of a column of texts, and write a folder that `search` reads, whole or not at all.

    Without a model, word vectors are learned from the texts themselves and combined by smooth inverse
    frequency; with the folder of a sentence transformer, that makes the vectors.

    Args:
        table: a file, or a data frame; the other columns with plain values become metadata, by which can be
            filtered.
        out: new, empty, or an index that is replaced.
        text: name of the column.
        model: folder of a sentence transformer, as sentence-transformers writes it.
        width: numbers in a vector that is learned.
        epochs: passes over the texts; short corpora need more.
        min_count: words that come less often are left out.
        random_state: seed.

    Returns:
        What was done: rows, width, embedder, and the index's choices with their reasons.

    Raises:
        TableError: when the table cannot be read, or has no such column.
        CorpusError: when no word comes often enough.
        InputError: when the folder holds other things.

    Example:
        >>> import tempfile
        >>> from netwright.workbench import search
        >>> frame = pd.DataFrame({"what": ["cats and dogs purr and bark", "gold and iron shine"] * 20})
        >>> out = Path(tempfile.mkdtemp()) / "pets"
        >>> embed(frame, out, text="what", width=8)["rows"]
        40
        >>> "gold" in search(out, "iron and gold", k=1)["text"][0]
        True
    """
    from netwright.data import read_frame, to_frame
    from netwright.embeddings import SIF, SkipGram, TransformerEmbedder
    from netwright.embeddings.texts.keeping import keep_embedder
    from netwright.search import Index
    from netwright.search.storage import HEAD

    frame = read_frame(table) if isinstance(table, str | Path) else to_frame(table)
    if text not in frame.columns:
        raise TableError(
            "text must be a column of the table",
            repr(text),
            f"choose from: {', '.join(map(str, frame.columns))}",
        )
    texts = frame[text].fillna("").astype(str).tolist()
    words = SkipGram(width=width, epochs=epochs, min_count=min_count, random_state=random_state)
    maker: Any = SIF(words) if model is None else TransformerEmbedder(model)
    vectors = np.asarray(maker.fit(texts).transform(texts), np.float32)
    index = Index("cosine", random_state=random_state).add(vectors, metadata=_plain(frame.drop(columns=text)))
    with atomic_folder(Path(out), marker=HEAD) as beside:
        index.save(beside)
        (beside / f"{TEXTS}.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
        (beside / EMBEDDER).mkdir()
        keep_embedder(maker, beside / EMBEDDER)
    return {
        "rows": len(texts),
        "width": int(vectors.shape[1]),
        "embedder": type(maker).__name__,
        "choices": index.choices,
    }


def _plain(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Columns of numbers, words and truth values, by which can be filtered."""
    kept = [name for name in frame.columns if frame[name].dtype.kind in "biufOUT" or _is_words(frame[name])]
    return frame[kept].reset_index(drop=True) if kept else None


def _is_words(column: "pd.Series[Any]") -> bool:
    return isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)
