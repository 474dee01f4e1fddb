"""Texts as the mean of the vectors of their words, plain or weighted by TF-IDF."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.data import Tokenizer, word_counts
from netwright.embeddings.texts.word_vectors import fitted_vectors, repeatable


@final
@dataclass(eq=False, repr=False)
class MeanVectors(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Represent a text by the mean of the vectors of its words.

    Use it as the first baseline for similarity, clustering and classification of texts: it is as fast as
    counting words. With `tf_idf`, words that stand in many texts count less. A text without a known word is
    all zeros.

        x = sum_w n(w) g(w) v_w / sum_w n(w) g(w),  g(w) = 1 or 1 + ln((1 + N) / (1 + N_w))

    with n(w) the times w comes in the text, N the number of texts that were fitted and N_w of those with w.

    Args:
        vectors: `WordVectors`, or an unfitted estimator of words, which is cloned and fitted on the texts.
        tf_idf: whether words are weighted by the rarity of texts that have them.
        tokenizer: how text is cut into words; None for the usual one.

    Raises:
        InputError: when `vectors` is neither vectors nor an estimator.

    Example:
        >>> from netwright.data import Vocabulary
        >>> from netwright.embeddings import WordVectors
        >>> words = WordVectors(Vocabulary(["red", "rose"]), np.array([[1, 0], [0, 1]], np.float32))
        >>> MeanVectors(words).fit_transform(["a red red rose", "red", "thorn"]).round(2)
        array([[0.67, 0.33],
               [1.  , 0.  ],
               [0.  , 0.  ]], dtype=float32)

    Source:
        Wieting, Bansal, Gimpel and Livescu (2016), "Towards Universal Paraphrastic Sentence Embeddings",
        arXiv:1511.08198.
    """

    vectors: Any
    tf_idf: bool = False
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vectors of words, where they are not given, and how rare words are.

        Args:
            X: texts, or lists of tokens.
            y: passed over.
        """
        X = repeatable(X)
        self.vectors_, self.tokenizer_ = fitted_vectors(self.vectors, X, self.tokenizer)
        self.weights_ = np.ones(len(self.vectors_), np.float32)
        if self.tf_idf:
            counts = word_counts(X, self.vectors_.vocabulary, tokenizer=self.tokenizer_)
            texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
            self.weights_ = (1 + np.log((1 + counts.shape[0]) / (1 + texts_with))).astype(np.float32)
        self._n_features_out = self.vectors_.width
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return a vector for each text.

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        counts = word_counts(X, self.vectors_.vocabulary, tokenizer=self.tokenizer_)
        return weighted_means(counts, self.weights_, self.vectors_.vectors, by_weight=True)


def weighted_means(
    counts: sparse.csr_array, weights: NDArray[np.float32], vectors: NDArray[np.float32], *, by_weight: bool
) -> NDArray[np.float32]:
    """Return weighted sums of vectors of words, one for each text, by one sparse product.

    Args:
        counts: (texts, words).
        weights: of each word.
        vectors: (words, width).
        by_weight: whether sums are parted by the weights of a text's words, or by their number.

    Example:
        >>> counts = sparse.csr_array(np.array([[2, 1]], np.float32))
        >>> vectors = np.array([[3, 0], [0, 3]], np.float32)
        >>> weighted_means(counts, np.ones(2, np.float32), vectors, by_weight=True)
        array([[2., 1.]], dtype=float32)
    """
    weighted = sparse.csr_array(
        (counts.data * weights[counts.indices], counts.indices, counts.indptr), shape=counts.shape
    )
    sums = np.asarray(weighted @ vectors)
    parts = np.asarray((weighted if by_weight else counts).sum(axis=1), np.float32)
    return np.asarray(sums / np.where(parts > 0, parts, 1)[:, None], np.float32)
