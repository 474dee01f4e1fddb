"""Smooth inverse frequency: weighted means of word vectors without what all texts have in common."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data import Tokenizer, word_counts
from netwright.embeddings.texts.mean import weighted_means
from netwright.embeddings.texts.word_vectors import fitted_vectors, repeatable


@final
@dataclass(eq=False, repr=False)
class SIF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Represent a text by the smooth-inverse-frequency mean of the vectors of its words.

    Use it for the similarity of sentences without training: frequent words hardly count, and the direction
    that all sentences share, which says little of any, is taken away. The common direction is learned in
    `fit` and taken from new texts as it is.

        x = sum_w n(w) a / (a + p(w)) v_w / sum_w n(w),  then  x - U U^T x

    with p(w) the share of w among all words and U the first right singular vectors of the fitted texts.

    Args:
        vectors: `WordVectors`, or an unfitted estimator of words, which is cloned and fitted on the texts.
            p(w) is taken from the counts of their vocabulary; where it knows none, all of them being one,
            from the fitted texts.
        a: the smaller, the less frequent words count; the paper has 1e-3 to 1e-4.
        n_components: common directions that are taken away; 0 for none.
        tokenizer: how text is cut into words; None for the usual one.

    Raises:
        InputError: when a setting is out of its range.

    Example:
        >>> from netwright.data import Vocabulary
        >>> from netwright.embeddings import WordVectors
        >>> vocabulary = Vocabulary(["the", "rose", "thorn"], [98, 1, 1])
        >>> words = WordVectors(vocabulary, np.array([[1, 1], [1, 0], [0, 1]], np.float32))
        >>> SIF(words, n_components=0).fit_transform(["the rose", "the thorn"]).round(3)
        array([[0.046, 0.001],
               [0.001, 0.046]], dtype=float32)

    Source:
        Arora, Liang and Ma (2017), "A Simple but Tough-to-Beat Baseline for Sentence Embeddings",
        International Conference on Learning Representations.
    """

    vectors: Any
    a: float = 1e-3
    n_components: int = 1
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how frequent words are and the direction that the texts share.

        Args:
            X: texts, or lists of tokens.
            y: passed over.
        """
        if self.a <= 0 or self.n_components < 0:
            raise InputError(
                "a must be above 0 and n_components 0 or more",
                f"a={self.a}, n_components={self.n_components}",
                "the paper has a=0.001 and one component",
            )
        X = repeatable(X)
        self.vectors_, self.tokenizer_ = fitted_vectors(self.vectors, X, self.tokenizer)
        counts = word_counts(X, self.vectors_.vocabulary, tokenizer=self.tokenizer_)
        known = self.vectors_.vocabulary.counts
        times = np.bincount(counts.indices, counts.data, counts.shape[1]) if (known == 1).all() else known
        shares = times / max(times.sum(), 1)
        self.weights_ = (self.a / (self.a + shares)).astype(np.float32)
        means = weighted_means(counts, self.weights_, self.vectors_.vectors, by_weight=False)
        self.components_ = _common_directions(means, self.n_components)
        self._n_features_out = self.vectors_.width
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return a vector for each text.

        Args:
            X: texts, or lists of tokens.
        """
        check_is_fitted(self)
        counts = word_counts(X, self.vectors_.vocabulary, tokenizer=self.tokenizer_)
        means = weighted_means(counts, self.weights_, self.vectors_.vectors, by_weight=False)
        return np.asarray(means - means @ self.components_.T @ self.components_, np.float32)


def _common_directions(means: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """First right singular vectors, through the small matrix of products."""
    wide = means.astype(np.float64)
    _, directions = np.linalg.eigh(wide.T @ wide)
    return np.ascontiguousarray(directions.T[::-1][:n], np.float32)
