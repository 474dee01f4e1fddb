"""A folder with words and vectors: words and counts as JSON, vectors as safetensors."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from netwright.core.errors import ModelError
from netwright.core.files import atomic_folder
from netwright.data import Vocabulary

WORDS, VECTORS = "words.json", "vectors.safetensors"


def write_vectors(vocabulary: Vocabulary, vectors: NDArray[np.float32], folder: Path) -> None:
    """Write words and vectors to a folder, whole or not at all.

    Args:
        vocabulary: the words.
        vectors: (words, width).
        folder: new, empty, or holding an earlier save.
    """
    with atomic_folder(folder, marker=WORDS) as beside:
        document = {"words": vocabulary.words, "counts": vocabulary.counts.tolist()}
        (beside / WORDS).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        save_file({"vectors": np.ascontiguousarray(vectors)}, beside / VECTORS)


def read_vectors(folder: Path) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Return what `write_vectors` wrote.

    Args:
        folder: that it was written to.

    Raises:
        ModelError: when the folder is not what was written.
    """
    try:
        document = json.loads((folder / WORDS).read_text(encoding="utf-8"))
        vectors = load_file(folder / VECTORS)["vectors"]
        return Vocabulary(document["words"], document["counts"]), vectors
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            "the folder must hold vectors that were saved by netwright",
            f"{folder} ({error})"[:200],
            "save them again, or name another folder",
        ) from error
