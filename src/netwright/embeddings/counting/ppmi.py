"""Positive pointwise mutual information, shifted and smoothed, and its singular vectors."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary, co_occurrences
from netwright.data.corpus.co_occurrence import Weighting
from netwright.embeddings.counting.decomposition import largest_singular
from netwright.embeddings.words.word_estimator import WordEstimator, threads_of


def ppmi_matrix(counts: sparse.csr_array, *, shift: float = 1.0, smoothing: float = 0.75) -> sparse.csr_array:
    """Return how much more often words stand together than chance has it, where it is more.

    Use it as sparse vectors of words that can be read: each column is a context. What is at or below zero is
    not stored.

        max(0, ln(P(w, c) / (P(w) P_s(c))) - ln k),  P_s(c) = n(c)^s / sum over c of n(c)^s

    Args:
        counts: (words, contexts), such as `data.co_occurrences` gives.
        shift: k, which skip-gram's number of drawn words corresponds to; 1 for plain PPMI.
        smoothing: s; below 1 it keeps rare contexts from weighing too much, 1 is without.

    Raises:
        InputError: when shift or smoothing is not above zero.

    Example:
        >>> counts = sparse.csr_array(np.array([[0.0, 3.0], [3.0, 1.0]]))
        >>> ppmi_matrix(counts, smoothing=1.0).toarray().round(3)
        array([[0.  , 0.56],
               [0.56, 0.  ]])

    Source:
        Levy and Goldberg (2014), "Neural Word Embedding as Implicit Matrix Factorization", Advances in Neural
        Information Processing Systems 27.
    """
    if shift <= 0 or smoothing <= 0:
        raise InputError(
            "shift and smoothing must be above 0", f"{shift} and {smoothing}", "1 and 0.75 are usual"
        )
    pairs = sparse.coo_array(counts)
    of_words = np.asarray(counts.sum(axis=1), np.float64)
    of_contexts = np.asarray(counts.sum(axis=0), np.float64) ** smoothing
    with np.errstate(divide="ignore"):
        values = np.log(pairs.data) - np.log(of_words)[pairs.row] - np.log(of_contexts)[pairs.col]
    values += np.log(of_contexts.sum()) - np.log(shift)
    kept = values > 0
    return sparse.csr_array((values[kept], (pairs.row[kept], pairs.col[kept])), shape=pairs.shape)


@final
@dataclass(eq=False, repr=False)
class PPMI(WordEstimator):
    """Vectors of words as singular vectors of their positive pointwise mutual information.

    Use it on small and middling corpora: with the settings below it is as good as skip-gram on word
    similarity, has no learning rate, and gives the same vectors each time. The work grows with the pairs of
    words that stand together, not with the corpus.

        M = ppmi_matrix(X, k, s) ~ U S V^T,  vectors = U S^p

    Args:
        width: numbers in a vector.
        window: words to each side.
        min_count: rarer words get no vector.
        shift: k of `ppmi_matrix`.
        smoothing: s of `ppmi_matrix`.
        power: p, the weight of singular values; 0 and 0.5 are better than the 1 of the textbook.
        weighting: what a pair at a distance counts, as `data.co_occurrences` has it.
        n_threads: that count; what they find does not depend on it.
        random_state: seed of the iteration's start.

    Raises:
        InputError: when width is not below the number of words, or a setting is out of its range.

    Example:
        >>> texts = ["cats and dogs are pets", "iron and gold are metals", "cats like pets"] * 5
        >>> model = PPMI(width=3, min_count=1, random_state=0).fit(texts)
        >>> model.vectors_.vectors.shape, model.singular_values_.shape
        ((9, 3), (3,))

    Source:
        Levy, Goldberg and Dagan (2015), "Improving Distributional Similarity with Lessons Learned from Word
        Embeddings", doi:10.1162/tacl_a_00134.
    """

    width: int = 100
    window: int = 5
    min_count: int = 5
    shift: float = 1.0
    smoothing: float = 0.75
    power: float = 0.5
    weighting: Weighting = "linear"
    n_threads: int | None = None
    random_state: Any = None

    def _learn(self, vocabulary: Vocabulary, stream: TokenStream, seed: int) -> NDArray[np.float32]:
        counts = co_occurrences(
            stream,
            len(vocabulary),
            window=self.window,
            weighting=self.weighting,
            n_threads=threads_of(self.n_threads, None),
        )
        matrix = ppmi_matrix(counts, shift=self.shift, smoothing=self.smoothing)
        left, self.singular_values_, right = largest_singular(matrix, self.width, seed)
        weights = self.singular_values_**self.power
        self.contexts_ = (right.T * weights).astype(np.float32)
        return (left * weights).astype(np.float32)
