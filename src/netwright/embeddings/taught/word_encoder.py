"""What encoders over words share: their vocabulary, and the vectors of new texts."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import nn

from netwright.data import Vocabulary, encode_corpus, read_corpus
from netwright.embeddings.taught.lessons import TokenRows
from netwright.embeddings.transformer.encoding import listed_texts

BATCH = 1024
"""Texts that are encoded at once; texts of like lengths stand together."""


class WordEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Abstract: a network over words that gives a vector for each text.

    After `fit` it has `vocabulary_`, `network_` and `losses_`, the mean loss of each epoch. Words that are
    not in the vocabulary are passed over.

    Example:
        >>> WordEncoder.__abstractmethods__
        frozenset({'fit'})
    """

    min_count: int
    random_state: Any
    width: int
    vocabulary_: Vocabulary
    network_: nn.Module
    losses_: list[float]

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from texts.

        Args:
            X: what a subclass says.
            y: what a subclass says.
        """

    @property
    def _n_features_out(self) -> int:
        return self.width

    def transform(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, (texts, width).

        Args:
            X: texts.

        Raises:
            InputError: when one is not a text, naming its row.
        """
        check_is_fitted(self)
        rows = self._rows(listed_texts(X))
        vectors = np.empty((len(rows), self.width), np.float32)
        with torch.inference_mode():
            for some in torch.split(rows.lengths.argsort(stable=True), BATCH):
                vectors[some.numpy()] = self.network_(*rows.take(some)).numpy()
        return vectors

    def _rows(self, texts: Sequence[str]) -> TokenRows:
        return TokenRows.of_stream(encode_corpus(texts, self.vocabulary_))

    def _read_words(self, columns: Iterable[Sequence[str]]) -> None:
        self.vocabulary_, _ = read_corpus(chain.from_iterable(columns), min_count=self.min_count)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def __sklearn_tags__(self) -> Any:
        """Say that X is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.no_validation = True
        return tags


def angular_similarity(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return 1 minus the angle between vectors as a share of a half turn, row by row.

    Args:
        first: (rows, width).
        second: of the same shape.

    Example:
        >>> angular_similarity(np.eye(2), np.ones((2, 2))).round(2).tolist()
        [0.75, 0.75]
    """
    one, other = (np.asarray(x, np.float64) for x in (first, second))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = (one * other).sum(1) / np.maximum(lengths, np.finfo(np.float64).tiny)
    similarity: NDArray[np.float64] = 1 - np.arccos(np.clip(cosines, -1, 1)) / np.pi
    return similarity
