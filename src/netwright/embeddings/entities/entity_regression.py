"""Many small logistic regressions over one table of word vectors, solved side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

AT_ONCE = 64
STEPS = 30
CLOSE = 1e-8


def fit_regressions(
    vectors: NDArray[np.float32],
    frequencies: NDArray[np.int64],
    counts: Any,
    *,
    negatives: float,
    penalty: float,
    random: Any,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Part each row's words from drawn ones; returns the planes, (rows, width), and their biases, (rows).

    Args:
        vectors: of words, (words, width).
        frequencies: of the words, by which others are drawn.
        counts: (rows, words), sparse, how often each row has each word.
        negatives: words drawn for each word of a row.
        penalty: on the squared length, divided by the width.
        random: numpy's random state.
    """
    n_rows, width = counts.shape[0], vectors.shape[1]
    planes = np.zeros((n_rows, width + 1), np.float64)
    shares = np.cumsum(frequencies / frequencies.sum())
    drawn = [
        np.searchsorted(shares, random.random_sample(max(1, round(negatives * total))))
        for total in np.asarray(counts.sum(1)).ravel().tolist()
    ]
    drawn = [np.minimum(one, len(shares) - 1) for one in drawn]
    known = np.hstack([vectors, np.ones((len(vectors), 1), np.float32)]).astype(np.float64)
    sizes = np.diff(counts.indptr) + np.array([len(one) for one in drawn])
    order = np.argsort(sizes, kind="stable")  # rows of about one size together waste little room
    for some in np.array_split(order, -(-n_rows // AT_ONCE)):
        words, weights, signs = _padded(counts, drawn, some)
        planes[some] = _newton(known[words], weights, signs, penalty / width)
    return planes[:, :-1].astype(np.float32), planes[:, -1].astype(np.float32)


def _padded(
    counts: Any, drawn: list[NDArray[np.int64]], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Words of some rows, (rows, places), how much each counts, and whether it is the row's own (1 or -1)."""
    starts, ends = counts.indptr[rows], counts.indptr[rows + 1]
    longest = max(
        int(stop - start) + len(drawn[row]) for row, start, stop in zip(rows, starts, ends, strict=True)
    )
    words = np.zeros((len(rows), longest), np.int64)
    weights, signs = np.zeros((2, len(rows), longest))
    for place, (row, start, stop) in enumerate(zip(rows, starts, ends, strict=True)):
        n_own, n_all = stop - start, stop - start + len(drawn[row])
        words[place, :n_own], words[place, n_own:n_all] = counts.indices[start:stop], drawn[row]
        weights[place, :n_own], weights[place, n_own:n_all] = counts.data[start:stop], 1.0
        signs[place, :n_own], signs[place, n_own:n_all] = 1.0, -1.0
    return words, weights, signs


def _newton(
    inputs: NDArray[np.float64], weights: NDArray[np.float64], signs: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    """Minimise every row's loss with Newton's steps, halved where they would go too far."""
    n_rows, _, width = inputs.shape
    ridge = np.full(width, 2 * penalty)
    ridge[-1] = 1e-6  # the bias is free but for what keeps the equations solvable
    plane = np.zeros((n_rows, width))

    def losses(at: NDArray[np.float64]) -> NDArray[np.float64]:
        scores = signs * np.einsum("rpw,rw->rp", inputs, at)
        lost: NDArray[np.float64] = (0.5 * ridge * at**2).sum(1) - (weights * log_expit(scores)).sum(1)
        return lost

    now = losses(plane)
    for _ in range(STEPS):
        scores = np.einsum("rpw,rw->rp", inputs, plane)
        slopes = -weights * signs * expit(-signs * scores)
        bends = weights * expit(scores) * expit(-scores)
        gradient = np.einsum("rp,rpw->rw", slopes, inputs) + ridge * plane
        hessian = np.matmul(inputs.transpose(0, 2, 1) * bends[:, None], inputs) + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        size = np.ones((n_rows, 1))
        for _ in range(20):
            then = losses(plane - size * step)
            too_far = then > now + 1e-12 * np.abs(now)
            if not too_far.any():
                break
            size[too_far] /= 2
        plane -= size * step
        now = losses(plane)
        if np.abs(size * step).max() < CLOSE:
            break
    return plane
