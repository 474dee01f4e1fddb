"""What is near to words, some of which were never seen but have vectors by their parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.embeddings.vectors.word_vectors import WordVectors


def near_any_words(
    vectors: WordVectors,
    vectors_of: Callable[[list[str]], NDArray[np.float32]],
    positive: Any,
    negative: Any,
    n: int,
) -> list[tuple[str, float]]:
    """Return what `WordVectors.most_similar` does; unknown words are asked with by what `vectors_of` gives.

    Args:
        vectors: of known words.
        vectors_of: gives vectors of any words.
        positive: words or vectors.
        negative: words or vectors that are taken away.
        n: at most so many.

    Example:
        >>> vectors = WordVectors(["cat", "iron"], [[1.0, 0.0], [0.0, 1.0]])
        >>> near_any_words(vectors, lambda words: np.ones((len(words), 2), np.float32), "cats", [], 1)
        [('cat', 0.707107)]
    """

    def known(given: Any) -> list[Any]:
        listed = [given] if isinstance(given, str) or getattr(given, "ndim", 0) == 1 else list(given)
        unknown = [one for one in listed if isinstance(one, str) and one not in vectors]
        found = dict(zip(unknown, vectors_of(unknown), strict=True)) if unknown else {}
        return [found.get(one, one) if isinstance(one, str) else one for one in listed]

    return vectors.most_similar(known(positive), known(negative), n)
