"""Clusters of short texts by the vectors of any embedder."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.cluster import AgglomerativeClustering
from sklearn.preprocessing import normalize

from netwright.core.errors import InputError


@final
@dataclass(eq=False, repr=False)
class TweetClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Clusters of posts that tell the same news, by hierarchical clustering of character-level vectors.

    Use it on short texts with slips, slang and many languages, in which bags of words share too few words to
    be compared: the embedder reads characters, as `embeddings.Tweet2Vec` does, or any other transformer of
    texts. With a threshold, the number of clusters follows from the texts, and many of them may be single.

        distance(a, b) = |u_a - u_b|, u = vector / |vector|;   the two clusters whose union costs least are
        joined, until n_clusters are left or the cheapest union costs more than the threshold

    Args:
        embedder: transformer from texts to vectors; a copy is fitted to the texts unless it is inside
            sklearn's `FrozenEstimator`.
        n_clusters: how many there are to be, or None with a threshold.
        threshold: cost above which nothing is joined.
        linkage: what joining two clusters costs: "ward", "average", "complete" or "single", as in sklearn.

    Raises:
        InputError: when not exactly one of n_clusters and threshold is given, or there are fewer than two
            texts.

    Example:
        >>> from sklearn.feature_extraction.text import TfidfVectorizer
        >>> texts = ["storm at the coast", "storm at teh coast", "cup final tonight", "cup finall tonight"]
        >>> letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
        >>> labels = TweetClusterer(letters, n_clusters=2).fit_predict(texts)
        >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
        True

    Source:
        Vakulenko, Nixon and Lupu (2017), "Character-based Neural Embeddings for Tweet Clustering",
        arXiv:1703.05123.
    """

    embedder: Any
    n_clusters: int | None = None
    threshold: float | None = None
    linkage: str = "ward"

    def fit(self, X: Any, y: Any = None) -> Self:
        """Cluster texts; `labels_` says where each belongs.

        Args:
            X: texts.
            y: has no say.
        """
        if (self.n_clusters is None) == (self.threshold is None):
            came = f"n_clusters={self.n_clusters} and threshold={self.threshold}"
            raise InputError("one of n_clusters and threshold must be given", came, "give one of them")
        texts = [X] if isinstance(X, str) else list(X)
        if len(texts) < 2:
            raise InputError("X must be at least two texts", str(len(texts)), "give a list of them")
        self.embedder_ = clone(self.embedder)
        vectors = self.embedder_.fit(texts, None).transform(texts)
        self.vectors_: NDArray[np.float64] = normalize(_dense(vectors))
        joined = AgglomerativeClustering(
            self.n_clusters, distance_threshold=self.threshold, linkage=self.linkage
        ).fit(self.vectors_)
        self.labels_: NDArray[np.int64] = joined.labels_
        self.n_clusters_ = int(joined.n_clusters_)
        return self


def _dense(vectors: Any) -> NDArray[np.float64]:
    """Vectors as an array; scikit-learn's transformers of texts give sparse ones."""
    return np.asarray(vectors.toarray() if hasattr(vectors, "toarray") else vectors, np.float64)
