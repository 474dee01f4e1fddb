"""Groups of words or texts by their vectors."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.cluster import KMeans
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError


@final
@dataclass(eq=False, repr=False)
class VectorClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Group words or texts by k-means of their vectors.

    Use it to see what a corpus is about: groups of words are topics of a kind, groups of texts are what
    stands together. Vectors are brought to length 1 first, so that groups are of like directions, as the
    cosine has it.

        minimise over centres: sum over x of min_k |x / |x| - m_k|^2

    Args:
        n_clusters: how many groups.
        embedder: an unfitted transformer from texts to vectors, such as `embeddings.SIF`, which is cloned and
            fitted; None where vectors come: a matrix, or `WordVectors`.
        normalised: whether vectors are brought to length 1.
        init: first centres, a matrix or what scikit-learn's `KMeans` takes.
        n_starts: the best of so many starts is kept; 1 where `init` is a matrix.
        random_state: seed.

    Raises:
        InputError: when there are fewer vectors than groups, or they are no finite matrix.

    Example:
        >>> vectors = np.array([[1, 0.1], [2, 0.1], [0, 1], [0.1, 3]])
        >>> found = VectorClusterer(2, random_state=0).fit(vectors)
        >>> sorted(map(sorted, found.groups(["rose", "tulip", "tax", "income"])))
        [['income', 'tax'], ['rose', 'tulip']]

    Source:
        Lloyd (1982), "Least squares quantization in PCM", doi:10.1109/TIT.1982.1056489.
    """

    n_clusters: int = 8
    embedder: Any = None
    normalised: bool = True
    init: Any = "k-means++"
    n_starts: int = 10
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the groups.

        Args:
            X: texts, or vectors where `embedder` is None.
            y: passed over.
        """
        if self.embedder is not None:
            X = X if hasattr(X, "__len__") else list(X)
            self.embedder_ = clone(self.embedder).fit(X)
        matrix = self._matrix(X)
        if len(matrix) < self.n_clusters:
            raise InputError(
                "there must be as many vectors as groups",
                f"{len(matrix)} for {self.n_clusters}",
                "ask for fewer",
            )
        given = not isinstance(self.init, str) and not callable(self.init)
        self.kmeans_ = KMeans(
            self.n_clusters,
            init=np.asarray(self.init, np.float64) if given else self.init,
            n_init=1 if given else self.n_starts,
            random_state=self.random_state,
        ).fit(matrix)
        self.labels_ = self.kmeans_.labels_
        self.cluster_centers_ = self.kmeans_.cluster_centers_
        self.distances_ = np.linalg.norm(matrix - self.cluster_centers_[self.labels_], axis=1)
        return self

    def predict(self, X: Any) -> NDArray[np.int32]:
        """Return the group of each text or vector.

        Args:
            X: as for `fit`.
        """
        check_is_fitted(self)
        return np.asarray(self.kmeans_.predict(self._matrix(X)))

    def groups(self, names: Any) -> list[list[Any]]:
        """Return what was fitted by groups, what lies nearest to the centre first.

        Args:
            names: of the rows that were fitted, such as the words.
        """
        check_is_fitted(self)
        names = list(names)
        if len(names) != len(self.labels_):
            raise InputError(
                "names must be one for each row that was fitted", f"{len(names)} for {len(self.labels_)}",
                "give the words or texts that were fitted",
            )  # fmt: skip
        order = np.lexsort((self.distances_.round(9), self.labels_))
        ends = np.cumsum(np.bincount(self.labels_, minlength=self.n_clusters))[:-1]
        return [[names[row] for row in rows.tolist()] for rows in np.split(order, ends)]

    def _matrix(self, X: Any) -> NDArray[np.float64]:
        if self.embedder is not None:
            X = self.embedder_.transform(X)
        matrix = np.asarray(getattr(X, "vectors", X), np.float64)
        if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
            raise InputError(
                "vectors must be a finite matrix (rows, width)",
                f"an array of shape {matrix.shape}",
                "give vectors, or texts and an embedder=",
            )
        return np.asarray(normalize(matrix)) if self.normalised else matrix
