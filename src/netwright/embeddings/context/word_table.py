"""Vectors of words that stand in a table, as one token embedder among others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import Tokenizer
from netwright.embeddings.context.token_embedder import TokenEmbedder, check_token_lists
from netwright.embeddings.context.word_language_model import number_words
from netwright.embeddings.vectors.word_vectors import WordVectors


@final
@dataclass(eq=False, repr=False)
class WordTableEmbedder(TokenEmbedder):
    """The vectors of a table, one for each token; zeros where the table has none.

    Use it to put word2vec, GloVe or fastText vectors beside contextual ones in a `StackedEmbedder`, or in
    front of a network with `SequenceOfVectors`.

    Args:
        vectors: `WordVectors`, or what has them as `vectors_` after `fit`; a copy of it is fitted unless it
            has been.
        tokenizer: how texts are cut into words in `transform`.

    Raises:
        InputError: when vectors is neither.

    Example:
        >>> from netwright.embeddings import WordVectors
        >>> from netwright.data import Vocabulary
        >>> table = WordVectors(Vocabulary(["a", "b"]), np.array([[1, 2], [3, 4]], np.float32))
        >>> WordTableEmbedder(table).fit([]).transform_tokens([["b", "c"]])[0].tolist()
        [[3.0, 4.0], [0.0, 0.0]]
    """

    vectors: Any
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Take the table, or train what makes one.

        Args:
            X: texts, or lists of tokens; a table has no need of them.
            y: has no say.
        """
        table = self.vectors
        if not isinstance(table, WordVectors) and hasattr(table, "fit"):
            table = (table if hasattr(table, "vectors_") else clone(table).fit(X)).vectors_
        if not isinstance(table, WordVectors):
            raise InputError(
                "vectors must be WordVectors, or an embedder of words",
                type(self.vectors).__name__,
                "read them with netwright.embeddings",
            )
        self.vectors_ = table
        return self

    def transform_tokens(self, tokens: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Return the vectors of the tokens of each text, (tokens, width).

        Args:
            tokens: of each text.
        """
        check_is_fitted(self)
        words, numbers, lengths = number_words(check_token_lists(tokens))
        found = [self.vectors_.vocabulary.get(word) for word in words]
        table = np.zeros((len(words), self.width_), np.float32)
        known = [row for row, number in enumerate(found) if number is not None]
        table[known] = self.vectors_.vectors[[number for number in found if number is not None]]
        return np.split(table[numbers], np.cumsum(lengths)[:-1]) if len(lengths) else []

    @property
    def width_(self) -> int:
        """Features of each token's vector."""
        return int(self.vectors_.vectors.shape[1])
