"""Labels that a model denies: rows whose given label is probably wrong."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from netwright.core.errors import InputError


def doubtful_labels(
    probabilities: Float[np.ndarray, "rows classes"], labels: Int[np.ndarray, " rows"]
) -> Bool[np.ndarray, " rows"]:
    """Return which labels are probably wrong, by confident learning.

    Use it with probabilities from cross-validation, so that no row was judged by a model that has learned
    its label. A class is confidently told where its probability is at least the mean probability of that
    class among the rows that carry its label. Counting labels against confidently told classes gives the
    joint distribution of given and true labels; of each pair of classes so many rows are named as that says,
    those with the largest margin first.

        t_j = mean of p_j over the rows labelled j
        C[i, j] = rows labelled i whose largest p_j among those with p_j >= t_j is j
        n[i, j] = n_i C[i, j] / (C[i, 1] + ... + C[i, k])

    Args:
        probabilities: of each class.
        labels: as given, numbered from 0.

    Raises:
        InputError: when they are not of one length, or a label has no column.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.95, 0.05]])
        >>> doubtful_labels(p, np.array([0, 0, 1, 1, 1])).tolist()
        [False, False, False, False, True]

    Source:
        Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels",
        arXiv:1911.00068.
    """
    _refuse(probabilities, labels)
    given = np.bincount(labels, minlength=probabilities.shape[1])
    joint = _joint(probabilities, labels, given)
    wrong = np.zeros(len(labels), dtype=bool)
    own = probabilities[np.arange(len(labels)), labels]
    for i, j in zip(*np.nonzero(joint), strict=True):
        if i == j:
            continue
        rows = np.flatnonzero(labels == i)
        margin = probabilities[rows, j] - own[rows]
        worst = np.argsort(-margin, kind="stable")[: round(float(joint[i, j]))]
        wrong[rows[worst]] = True
    denied: NDArray[np.bool_] = wrong & (probabilities.argmax(1) != labels)
    return denied


def _joint(
    p: NDArray[np.float64], labels: NDArray[np.int64], given: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(given, true), how many rows of each pair there are."""
    k = p.shape[1]
    bounds = np.array([p[labels == j, j].mean() if given[j] else np.inf for j in range(k)])
    told = np.where(p >= bounds - 1e-12, p, -1.0)
    sure = told.max(1) >= 0
    counts = np.zeros((k, k))
    np.add.at(counts, (labels[sure], told[sure].argmax(1)), 1)
    sums = counts.sum(1, keepdims=True)
    shares: NDArray[np.float64] = np.where(sums > 0, counts / np.maximum(sums, 1), np.eye(k))
    return shares * given[:, None]


def _refuse(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> None:
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise InputError(
            "probabilities must be (rows, classes) and labels (rows,)",
            f"{probabilities.shape} and {labels.shape}",
            "give one label and one line of probabilities for each row",
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < probabilities.shape[1]:
        raise InputError(
            f"labels must be from 0 to {probabilities.shape[1] - 1}",
            f"{labels.min()} to {labels.max()}",
            "number the classes as the columns of the probabilities",
        )
