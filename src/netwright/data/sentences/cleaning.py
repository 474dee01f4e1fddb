"""Sentences that do not belong: weighted vectors of words, principal components, an isolation forest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError


@final
@dataclass(eq=False, repr=False)
class SentenceCleaner(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Find the sentences of a data set that are about something else.

    Use it on scraped or labelled texts before training: advertisements, other languages and headers of pages
    lie apart from the rest. Vectors of sentences are reduced to their first principal components; an
    isolation forest tells how easily each is cut off from the others.

        oddness(x) = 2^(-E[depth of x in a tree] / c(n))

    Args:
        vectors: an unfitted transformer from sentences to vectors, such as
            `embeddings.MeanVectors(words, tf_idf=True)` with words learned from more and other texts, which
            is cloned and fitted; None where the sentences come as a matrix of vectors.
        n_components: principal components that are kept.
        share: of the sentences, how many `predict` calls odd (-1).
        n_trees: of the forest.
        random_state: seed.

    Raises:
        InputError: when a setting is out of its range, or the vectors are no finite matrix.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> vectors = np.concatenate([rng.normal(1, 0.2, (50, 8)), rng.normal(-1, 0.2, (2, 8))])
        >>> usual = SentenceCleaner(random_state=0).fit(vectors).score_samples(vectors)
        >>> sorted(np.argsort(usual)[:2].tolist())
        [50, 51]

    Source:
        Liu, Ting and Zhou (2008), "Isolation Forest", doi:10.1109/ICDM.2008.17.
    """

    vectors: Any = None
    n_components: int = 10
    share: float = 0.05
    n_trees: int = 200
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what the usual sentence looks like.

        Args:
            X: sentences, or a matrix of their vectors where `vectors` is None.
            y: passed over.
        """
        if not 0 < self.share <= 0.5:
            raise InputError(
                "share must be above 0 and at most 0.5", str(self.share), "give the share of odd ones"
            )
        if self.vectors is not None:
            X = X if isinstance(X, np.ndarray) else list(X)
            self.vectors_ = clone(self.vectors).fit(X)
        matrix = self._matrix(X)
        n_components = min(self.n_components, *matrix.shape)
        self.pca_ = PCA(n_components, random_state=self.random_state).fit(matrix)
        self.forest_ = IsolationForest(
            n_estimators=self.n_trees, contamination=self.share, random_state=self.random_state
        ).fit(self.pca_.transform(matrix))
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return how usual each sentence is: -1 is very odd, 0 not at all, as scikit-learn's forest has it.

        Args:
            X: as for `fit`.
        """
        check_is_fitted(self)
        return np.asarray(self.forest_.score_samples(self.pca_.transform(self._matrix(X))))

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Return -1 for odd sentences, 1 for the others.

        Args:
            X: as for `fit`.
        """
        check_is_fitted(self)
        return np.asarray(self.forest_.predict(self.pca_.transform(self._matrix(X))))

    def _matrix(self, X: Any) -> NDArray[np.float64]:
        matrix = np.asarray(X if self.vectors is None else self.vectors_.transform(X), np.float64)
        if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
            raise InputError(
                "the vectors of sentences must be a finite matrix (sentences, width)",
                f"an array of shape {matrix.shape}",
                "give one row for each sentence, or a transformer as vectors=",
            )
        return matrix


@final
@dataclass(frozen=True)
class CleanSentences:
    """What `clean_sentences` found.

    Args:
        sentences: those that are kept, in their order.
        kept: their rows.
        dropped: the rows of the others, the oddest first.
        oddness: of every sentence, from 0 to 1.

    Example:
        >>> CleanSentences(["fine"], np.array([0]), np.array([1]), np.array([0.4, 0.8])).dropped.tolist()
        [1]
    """

    sentences: list[Any]
    kept: NDArray[np.int64]
    dropped: NDArray[np.int64]
    oddness: NDArray[np.float64]


def clean_sentences(
    sentences: Sequence[Any],
    vectors: Any,
    *,
    share: float = 0.05,
    n_components: int = 10,
    random_state: Any = None,
) -> CleanSentences:
    """Return sentences without the oddest of them.

    Use it as one step before training; `SentenceCleaner` is the same for sentences that come later. Look at
    what it drops: odd is not wrong.

    Args:
        sentences: texts, or lists of tokens.
        vectors: a matrix with a row for each sentence, or an unfitted transformer that makes one.
        share: of the sentences, how many are dropped.
        n_components: principal components that are kept.
        random_state: seed.

    Raises:
        InputError: when there are not as many vectors as sentences, or as for `SentenceCleaner`.

    Example:
        >>> vectors = np.array([[1.0, 0.1], [1.0, 0.0], [0.9, 0.1], [1.0, 0.2], [-1.0, 3.0]])
        >>> clean_sentences(["a", "b", "c", "d", "buy now"], vectors, share=0.2, random_state=0).sentences
        ['a', 'b', 'c', 'd']

    Source:
        Liu, Ting and Zhou (2008), "Isolation Forest", doi:10.1109/ICDM.2008.17.
    """
    sentences = list(sentences)
    given = hasattr(vectors, "fit")
    cleaner = SentenceCleaner(
        vectors if given else None, share=share, n_components=n_components, random_state=random_state
    )
    X = sentences if given else np.asarray(vectors)
    if len(X) != len(sentences):
        raise InputError(
            "vectors must have a row for each sentence",
            f"{len(X)} for {len(sentences)}",
            "give both of one length",
        )
    oddness = -cleaner.fit(X).score_samples(X)
    order = np.argsort(-oddness, kind="stable")
    n_dropped = round(share * len(sentences))
    kept = np.sort(order[n_dropped:])
    return CleanSentences([sentences[row] for row in kept.tolist()], kept, order[:n_dropped], oddness)
