"""Texts as sequences of vectors: nothing is averaged, so that their order is kept."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import Tokenizer
from netwright.embeddings.context.reading import listed, read_tokens
from netwright.embeddings.context.word_table import WordTableEmbedder


@final
@dataclass(eq=False, repr=False)
class SequenceOfVectors(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The vectors of a text's words in their order, padded with zeros to one length.

    Use it before a recurrent or convolutional network, or a linear model that may look at places: who bites
    whom is lost in the mean of the vectors.

        X[i, t] = vector of word t of text i, where there is one;   zeros behind, where the mask is False

    Args:
        embedder: a token embedder, `WordVectors`, or an embedder of words; words without a vector are zeros
            at their place.
        length: of all texts, longer ones lose their end; that of the longest training text when None.
        tokenizer: how texts are cut into words.

    Raises:
        InputError: when length is below 1, or the embedder gives no vectors of tokens.

    Example:
        >>> from netwright.data import Vocabulary
        >>> from netwright.embeddings import WordVectors
        >>> table = WordVectors(Vocabulary(["man", "dog"]), np.array([[1, 2], [3, 4]], np.float32))
        >>> model = SequenceOfVectors(table, length=3).fit(["dog man"])
        >>> model.transform(["dog man"])[0].tolist()
        [[3.0, 4.0], [1.0, 2.0], [0.0, 0.0]]
        >>> model.mask(["dog man"]).tolist()
        [[True, True, False]]

    Source:
        Kim (2014), "Convolutional Neural Networks for Sentence Classification", arXiv:1408.5882 (a sentence
        as its words' vectors one behind the other, padded).
    """

    embedder: Any
    length: int | None = None
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit a copy of the embedder, and find the length.

        Args:
            X: texts, or lists of tokens.
            y: has no say.
        """
        if self.length is not None and self.length < 1:
            raise InputError("length must be at least 1", str(self.length), "set it, or None for the longest")
        texts = listed(X)
        known = hasattr(self.embedder, "transform_tokens")
        self.embedder_ = (clone(self.embedder) if known else WordTableEmbedder(self.embedder)).fit(
            texts, None
        )
        longest = max(map(len, read_tokens(texts, self.tokenizer)), default=1)
        self.length_ = self.length or max(longest, 1)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of all words, (texts, length, width).

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        tokens = [row[: self.length_] for row in self._tokens(X)]
        padded = np.zeros((len(tokens), self.length_, self.embedder_.width_), np.float32)
        lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
        if lengths.any():
            padded[self._there(lengths)] = np.concatenate(self.embedder_.transform_tokens(tokens))
        return padded

    def mask(self, X: Any) -> NDArray[np.bool_]:
        """Return where there are words, (texts, length).

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        tokens = self._tokens(X)
        return self._there(np.fromiter(map(len, tokens), np.int64, len(tokens)))

    def _tokens(self, X: Any) -> list[list[str]]:
        return read_tokens(X, self.tokenizer)

    def _there(self, lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
        there: NDArray[np.bool_] = np.arange(self.length_) < lengths[:, None]
        return there
