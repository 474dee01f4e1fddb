"""What makes vectors of texts, kept in a folder of plain data: no code is in it, and none is run from it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from netwright.core.errors import InputError, ModelError
from netwright.data import Tokenizer, Vocabulary
from netwright.embeddings.texts.sif import SIF
from netwright.embeddings.transformer.embedder import TransformerEmbedder
from netwright.embeddings.vectors.word_vectors import WordVectors

NOTE, TENSORS = "embedder.json", "embedder.safetensors"
OF_TRANSFORMERS = ("pooling", "normalise", "precision", "max_length", "tokens_per_batch")


def keep_embedder(embedder: Any, folder: str | Path) -> None:
    """Write a fitted `SIF`, or where a `TransformerEmbedder` has its model, to a folder that is there.

    Args:
        embedder: fitted.
        folder: that is there.

    Raises:
        InputError: when it is another estimator.

    Example:
        >>> import tempfile
        >>> from netwright.embeddings import SkipGram
        >>> texts, folder = ["cats purr", "dogs bark"] * 5, tempfile.mkdtemp()
        >>> model = SIF(SkipGram(width=4, min_count=1, random_state=0)).fit(texts)
        >>> keep_embedder(model, folder)
        >>> bool((open_embedder(folder).transform(texts) == model.transform(texts)).all())
        True
    """
    place, note = Path(folder), dict[str, Any]()
    if isinstance(embedder, TransformerEmbedder):
        settings = {name: getattr(embedder, name) for name in OF_TRANSFORMERS}
        note = {"kind": "transformer", "folder": str(Path(embedder.folder).resolve()), "settings": settings}
    elif isinstance(embedder, SIF):
        words, how = embedder.vectors_, embedder.tokenizer_
        note = {
            "kind": "sif",
            "words": words.words,
            "counts": words.vocabulary.counts.tolist(),
            "tokenizer": asdict(how) if how is not None else None,
        }
        tensors = {"vectors": words.vectors, "weights": embedder.weights_, "components": embedder.components_}
        save_file({name: np.ascontiguousarray(one) for name, one in tensors.items()}, place / TENSORS)
    else:
        raise InputError(
            "the embedder must be SIF or TransformerEmbedder", type(embedder).__name__, "keep one of these"
        )
    (place / NOTE).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")


def open_embedder(folder: str | Path) -> SIF | TransformerEmbedder:
    """Return what `keep_embedder` wrote, ready for `transform`.

    Args:
        folder: that it was written to.

    Raises:
        ModelError: when the folder does not hold what was written.
    """
    place = Path(folder)
    try:
        note = json.loads((place / NOTE).read_text(encoding="utf-8"))
        if note["kind"] == "transformer":
            return TransformerEmbedder(note["folder"], **note["settings"]).fit(None)
        tensors = load_file(place / TENSORS)
        words = WordVectors(Vocabulary(note["words"], note["counts"]), tensors["vectors"])
        model = SIF(words, tokenizer=Tokenizer(**note["tokenizer"]) if note["tokenizer"] else None)
        model.vectors_, model.tokenizer_ = words, model.tokenizer
        model.weights_, model.components_ = tensors["weights"], tensors["components"]
        return model
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            "the folder must hold an embedder that was kept by netwright",
            f"{place} ({error})"[:200],
            "embed the texts again",
        ) from error
