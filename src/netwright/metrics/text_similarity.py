"""How well vectors tell what people find alike."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import pearsonr, spearmanr

from netwright.core.errors import InputError
from netwright.metrics.reading import UndefinedScoreError, read_numbers, require_rows

ROUNDING = 1e-12
"""Differences below this share of the largest value are those of rounding."""


def semantic_similarity(truth: ArrayLike, first: ArrayLike, second: ArrayLike) -> dict[str, float]:
    """Correlations between grades that people gave to pairs and the similarity of the pairs' vectors.

    Use it to judge sentence vectors on a set of graded pairs, as the STS benchmark is used. `spearman_cosine`
    is the figure to compare by; Pearson's correlation, which the benchmark reported first, also asks that the
    cosine rises in a straight line with the grade.

        r = correlation over i of grade_i and s(u_i, v_i)
        s: cosine, dot product, or minus the Euclidean distance

    A vector of zeros has a cosine of 0 to all others.

    Args:
        truth: grades, more for more alike.
        first: (pairs, width), vectors of the first texts.
        second: the same for the second ones.

    Raises:
        InputError: when there are not as many vectors as grades, or a number is not finite.
        UndefinedScoreError: when all grades, or all similarities, are the same.

    Example:
        >>> first, second = np.eye(3), np.array([[1.0, 0.1, 0.0], [0.5, 1.0, 0.0], [1.0, 0.0, 0.2]])
        >>> scores = semantic_similarity([5, 4, 1], first, second)
        >>> list(scores)
        ['spearman_cosine', 'pearson_cosine', 'spearman_dot', 'pearson_dot', 'spearman_euclidean', ...]
        >>> round(scores["spearman_cosine"], 3)
        1.0

    Source:
        Cer, Diab, Agirre, Lopez-Gazpio and Specia (2017), "SemEval-2017 Task 1: Semantic Textual Similarity
        Multilingual and Crosslingual Focused Evaluation", S17-2001.
    """
    grades, one, other = (
        read_numbers(values, name)
        for values, name in ((truth, "truth"), (first, "first"), (second, "second"))
    )
    if one.ndim != 2 or one.shape != other.shape:
        came = f"{one.shape} and {other.shape}"
        raise InputError("first and second must be (pairs, width) alike", came, "give a vector for each text")
    require_rows(len(grades), len(one), "first")
    _varies(grades, "truth")
    scores = {}
    for name, similarity in _similarities(one, other).items():
        _varies(similarity, f"the {name} similarity")
        scores[f"spearman_{name}"] = float(spearmanr(grades, similarity).statistic)
        scores[f"pearson_{name}"] = float(pearsonr(grades, similarity).statistic)
    return scores


def _similarities(first: NDArray[np.float64], second: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    dot = (first * second).sum(1)
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosine = dot / np.where(lengths > 0, lengths, 1.0)
    return {"cosine": cosine, "dot": dot, "euclidean": -np.linalg.norm(first - second, axis=1)}


def _varies(values: NDArray[np.float64], name: str) -> None:
    if len(values) < 2 or np.ptp(values) <= ROUNDING * np.abs(values).max():
        raise UndefinedScoreError(
            f"{name} must have two values or more", "one", "a correlation needs pairs that differ"
        )
