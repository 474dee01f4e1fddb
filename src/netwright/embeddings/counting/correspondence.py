"""Correspondence analysis of what stands together."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from netwright.data import TokenStream, Vocabulary, co_occurrences
from netwright.data.corpus.co_occurrence import Weighting
from netwright.embeddings.counting.decomposition import largest_singular
from netwright.embeddings.words.word_estimator import WordEstimator, threads_of


@final
@dataclass(eq=False, repr=False)
class CorrespondenceAnalysis(WordEstimator):
    """Vectors of words as their principal coordinates in a correspondence analysis of co-occurrences.

    Use it where distances should mean something: those between vectors, in full width, are the chi-square
    distances between the contexts of words, and `inertias_` tells how much of all association each column
    carries. The matrix below is never built: products with it go through the sparse counts, so that corpora
    with many words fit.

        P = X / sum X,  S = D_r^-1/2 (P - r c^T) D_c^-1/2 = U A V^T,  vectors = D_r^-1/2 U A

    with r and c the sums of rows and columns of P.

    Args:
        width: numbers in a vector.
        window: words to each side.
        min_count: rarer words get no vector.
        weighting: what a pair at a distance counts, as `data.co_occurrences` has it.
        n_threads: that count; what they find does not depend on it.
        random_state: seed of the iteration's start.

    Raises:
        InputError: when width is not below the number of words.

    Example:
        >>> texts = ["cats and dogs are pets", "iron and gold are metals", "cats like pets"] * 5
        >>> model = CorrespondenceAnalysis(width=3, min_count=1, random_state=0).fit(texts)
        >>> model.vectors_.vectors.shape, bool(model.inertias_.sum() <= model.total_inertia_)
        ((9, 3), True)

    Source:
        Niitsuma and Lee (2016), "Word2Vec is a special case of Kernel Correspondence Analysis and Kernels for
        Natural Language Processing", arXiv:1605.05087.

    Differs:
        The linear analysis of the paper's first part; its kernels are left out.
    """

    width: int = 100
    window: int = 5
    min_count: int = 5
    weighting: Weighting = "flat"
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
        rows, columns, values, self.total_inertia_ = principal_coordinates(counts, self.width, seed)
        self.inertias_ = values**2
        self.contexts_ = columns.astype(np.float32)
        return rows.astype(np.float32)


def principal_coordinates(
    counts: sparse.csr_array, width: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return coordinates of rows and of columns, singular values, and the total inertia of a table of counts.

    A row or column of nothing but zeros lies at the origin.

    Args:
        counts: 0 or more each.
        width: columns of the coordinates.
        seed: of the iteration's start.

    Example:
        >>> counts = sparse.csr_array(np.array([[8.0, 1, 1], [1, 8, 1], [1, 1, 8]]))
        >>> rows, columns, values, total = principal_coordinates(counts, 2, seed=0)
        >>> (values**2).round(3).tolist(), round(total, 3)
        ([0.49, 0.49], 0.98)
    """
    shares = sparse.csr_array(counts / counts.sum())
    masses = [np.asarray(shares.sum(axis=axis), np.float64) for axis in (1, 0)]
    roots = [np.sqrt(mass) for mass in masses]
    scales = [np.divide(1, root, out=np.zeros_like(root), where=root > 0) for root in roots]
    scaled = sparse.csr_array(sparse.diags_array(scales[0]) @ shares @ sparse.diags_array(scales[1]))
    transposed = sparse.csr_array(scaled.T)

    def product(x: NDArray[np.float64]) -> Any:
        return scaled @ x - np.multiply.outer(roots[0], roots[1] @ x).reshape(len(roots[0]), *x.shape[1:])

    def transposed_product(x: NDArray[np.float64]) -> Any:
        return transposed @ x - np.multiply.outer(roots[1], roots[0] @ x).reshape(len(roots[1]), *x.shape[1:])

    residuals = LinearOperator(
        scaled.shape,
        product,
        transposed_product,
        matmat=product,
        rmatmat=transposed_product,
        dtype=np.float64,
    )
    left, values, right = largest_singular(residuals, width, seed)
    total = float((scaled.data**2).sum() - 1)
    return scales[0][:, None] * left * values, scales[1][:, None] * right.T * values, values, total
