"""PageRank over a sparse graph of similarities."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def page_rank(
    weights: sparse.csr_array, *, damping: float = 0.85, tolerance: float = 1e-10, max_steps: int = 1000
) -> NDArray[np.float64]:
    """Return how often a walk over a weighted graph stands on each node in the long run.

    Use it to rank by endorsement. The walk follows an edge in proportion to its weight, or jumps anywhere
    with a probability of 1 - damping; from a node without edges it always jumps.

        p = (1 - damping) / n + damping * (W^T p + share without edges / n),  rows of W adding up to 1

    Args:
        weights: (nodes, nodes), from row to column, none negative.
        damping: how likely the walk goes on along an edge.
        tolerance: the iteration ends when p moves less than this, summed over nodes.
        max_steps: at most so many.

    Example:
        >>> edges = sparse.csr_array(np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]]))
        >>> page_rank(edges).round(3)
        array([0.486, 0.257, 0.257])
    """
    n = weights.shape[0]
    if not n:
        return np.empty(0)
    out = np.asarray(weights.sum(axis=1), np.float64)
    hanging = out == 0
    onward = sparse.csr_array(sparse.diags_array(1 / np.where(hanging, 1, out)) @ weights).T.tocsr()
    rank = np.full(n, 1 / n)
    for _ in range(max_steps):
        before = rank
        rank = damping * (onward @ before + before[hanging].sum() / n) + (1 - damping) / n
        if np.abs(rank - before).sum() < tolerance:
            break
    return np.asarray(rank)
