"""From texts to lists of tokens, and from ragged numbers to padded rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import CorpusError, Tokenizer, read_corpus

SOMETHING = "a"
"""A text with a word, so that texts without any are no corpus without words."""
AT_ONCE = 8192
"""Tokens, padding counted, that pass a network together."""


def read_tokens(X: Any, tokenizer: Tokenizer | None = None) -> list[list[str]]:
    """Return the tokens of each text; lists of tokens are taken as they are.

    Args:
        X: texts, or lists of tokens.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when X is neither.

    Example:
        >>> read_tokens(["Two words", "", "one"])
        [['two', 'words'], [], ['one']]
    """
    texts = listed(X)
    if texts and not isinstance(texts[0], str):
        return [list(tokens) for tokens in texts]
    vocabulary, stream = read_corpus([*texts, SOMETHING], min_count=1, tokenizer=tokenizer)
    words = vocabulary.words
    return [[words[one] for one in sentence.tolist()] for sentence in stream.sentences()][:-1]


def listed(X: Any) -> list[Any]:
    """Return texts, or lists of tokens, as a list, and refuse what is neither.

    Args:
        X: an iterable of texts or of lists of tokens.

    Raises:
        CorpusError: when it is one text, or nothing to iterate over.
        InputError: names the first row that is not as it must be.

    Example:
        >>> listed(("a", "b"))
        ['a', 'b']
    """
    if isinstance(X, str | bytes) or not hasattr(X, "__iter__"):
        came = repr(X)[:40]
        raise CorpusError("X must be texts or lists of tokens", came, "wrap one text in a list")
    texts = list(X)
    are_texts = bool(texts) and isinstance(texts[0], str)
    for row, one in enumerate(texts):
        if not (isinstance(one, str) if are_texts else _is_token_list(one)):
            wanted = "a text" if are_texts else "a list of tokens"
            came, mend = f"{one!r:.40} in row {row}", "make it one, or drop it"
            raise InputError(f"each row of X must be {wanted}, as the first one is or should be", came, mend)
    return texts


def listed_texts(X: Any) -> list[str]:
    """Return texts as they stand; lists of tokens are joined by blanks.

    Args:
        X: texts, or lists of tokens.

    Raises:
        CorpusError: when X is neither.

    Example:
        >>> listed_texts([["two", "words"]])
        ['two words']
    """
    return [one if isinstance(one, str) else " ".join(one) for one in listed(X)]


def padded(
    flat: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return pieces of a flat array as rows, with zeros behind them; at least one column.

    Args:
        flat: all numbers.
        starts: where each piece begins.
        lengths: of the pieces.

    Example:
        >>> padded(np.array([7, 8, 9]), np.array([0, 2]), np.array([2, 1])).tolist()
        [[7, 8], [9, 0]]
    """
    columns = np.arange(max(1, int(lengths.max(initial=1))))
    there = columns < lengths[:, None]
    if not len(flat):
        return np.zeros(there.shape, np.int64)
    places = np.minimum(starts[:, None] + columns, len(flat) - 1)
    return np.where(there, flat[places], 0)


def batches_of_like_length(lengths: Sequence[int] | NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers, those of like length together, so that little is padded.

    Args:
        lengths: of all rows.

    Example:
        >>> [rows.tolist() for rows in batches_of_like_length([3, 1, 2])]
        [[1, 2, 0]]
    """
    sizes = np.maximum(np.asarray(lengths, np.int64), 1)
    order = np.argsort(sizes, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * sizes[order[end]] <= AT_ONCE:
            end += 1
        yield order[start:end]
        start = end


def starts_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each of several pieces begins that stand one behind the other.

    Args:
        lengths: of the pieces.

    Example:
        >>> starts_of(np.array([2, 0, 3])).tolist()
        [0, 2, 2]
    """
    return np.cumsum(lengths) - lengths


def _is_token_list(one: Any) -> bool:
    return isinstance(one, list | tuple) and all(isinstance(token, str) for token in one)
