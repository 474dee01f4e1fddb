"""The vectors of words that an estimator of texts stands on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.data import Tokenizer, read_corpus
from netwright.embeddings.vectors.word_vectors import WordVectors


def repeatable(texts: Any) -> Any:
    """Return texts that can be read more than once.

    Args:
        texts: an iterable, or what else `read_corpus` takes.

    Example:
        >>> repeatable(text for text in ["a", "b"])
        ['a', 'b']
    """
    return list(texts) if isinstance(texts, Iterator) and not isinstance(texts, str | Path) else texts


def fitted_vectors(
    vectors: Any, texts: Any, tokenizer: Tokenizer | None
) -> tuple[WordVectors, Tokenizer | None]:
    """Return vectors of words, learned where they are not given, and the tokenizer that goes with them.

    Args:
        vectors: of words, or an unfitted estimator of them.
        texts: what such an estimator is fitted on.
        tokenizer: how they are cut into words; None for the usual one.

    Raises:
        InputError: when vectors is neither.

    Example:
        >>> from netwright.data import Vocabulary
        >>> import numpy as np
        >>> given = WordVectors(Vocabulary(["a"]), np.ones((1, 2), np.float32))
        >>> fitted_vectors(given, None, None)[0] is given
        True
    """
    if isinstance(vectors, WordVectors):
        return vectors, tokenizer
    if not hasattr(vectors, "fit"):
        raise InputError(
            "vectors must be WordVectors or an estimator of them",
            type(vectors).__name__,
            "give WordVectors(vocabulary, matrix), or for instance PPMI()",
        )
    if tokenizer is not None:
        texts = read_corpus(texts, min_count=getattr(vectors, "min_count", 1), tokenizer=tokenizer)
    return clone(vectors).fit(texts).vectors_, tokenizer
