"""The contract of what gives a vector to each word of a text."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin

from netwright.core.errors import InputError
from netwright.data import Tokenizer
from netwright.embeddings.context.reading import read_tokens, starts_of


class TokenEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What gives a vector to each token of a text, and the mean of them to the text.

    Use it as the base of an embedder of your own: write `fit` and `transform_tokens`, and it can be stacked
    with others, pooled over documents, and put before a network that reads sequences.

        transform(text) = mean over its tokens of transform_tokens(tokens of text); zeros where there is none

    Example:
        >>> class Lengths(TokenEmbedder):
        ...     def fit(self, X, y=None):
        ...         return self
        ...     def transform_tokens(self, tokens):
        ...         return [np.array([[len(one)] for one in row], np.float32) for row in tokens]
        ...     @property
        ...     def width_(self):
        ...         return 1
        >>> Lengths().fit([]).transform(["a word or two"]).tolist()
        [[2.5]]
    """

    tokenizer: Tokenizer | None = None

    @property
    @abstractmethod
    def width_(self) -> int:
        """Features of each token's vector."""

    @abstractmethod
    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, width).

        Args:
            tokens: of each text.
        """

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean of the vectors of each text's tokens, (texts, width); zeros where it has none.

        Args:
            X: texts, or lists of tokens.
        """
        return mean_of_tokens(self.transform_tokens(read_tokens(X, self.tokenizer)), self.width_)

    @property
    def _n_features_out(self) -> int:
        return self.width_


def mean_of_tokens(vectors: Sequence[NDArray[np.float32]], width: int) -> NDArray[np.float32]:
    """Return the mean over the tokens of each text, (texts, width); zeros where there is none.

    Args:
        vectors: (tokens, width) of each text.
        width: of the vectors.

    Example:
        >>> mean_of_tokens([np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((0, 2))], 2).tolist()
        [[2.0, 3.0], [0.0, 0.0]]
    """
    means = np.zeros((len(vectors), width), np.float32)
    lengths = np.fromiter(map(len, vectors), np.int64, len(vectors))
    filled = lengths > 0
    if filled.any():
        sums = np.add.reduceat(np.concatenate(vectors), starts_of(lengths[filled]), dtype=np.float64)
        means[filled] = sums / lengths[filled, None]
    return means


def check_token_lists(tokens: Any) -> list[list[str]]:
    """Return lists of tokens; a text among them is refused, as its characters would be taken for tokens.

    Args:
        tokens: of each text.

    Raises:
        InputError: when it is something else.

    Example:
        >>> check_token_lists([("a", "b")])
        [['a', 'b']]
    """
    rows = list(tokens) if not isinstance(tokens, str) else [tokens]
    if bad := next((row for row in rows if isinstance(row, str)), None):
        raise InputError(
            "tokens must be lists of tokens", f"the text {bad!r:.40}", "call transform, or split it"
        )
    return read_tokens(rows)
