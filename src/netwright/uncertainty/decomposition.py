"""Doubt taken apart: what more rows would mend, and what they would not."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.special import xlogy

from netwright.core.errors import InputError

Rows = Float[np.ndarray, "rows *targets"]


@final
@dataclass(frozen=True, eq=False)
class Doubt:
    """The doubt about each row and its two parts, which add up to it.

    Args:
        total: entropy of the mean forecast in nats, or its variance.
        aleatoric: the noise in the data, which stays however many rows are learned from.
        epistemic: what the model does not know, which more rows would tell it.

    Example:
        >>> doubt = Doubt(np.array([3.0]), np.array([1.0]), np.array([2.0]))
        >>> float(doubt.epistemic[0])
        2.0
    """

    total: Rows
    aleatoric: Rows
    epistemic: Rows


def decompose_classes(passes: ArrayLike, *, several_labels: bool = False) -> Doubt:
    """Take apart the doubt about classes by the entropies of many forecasts of the same rows.

    Use it with passes of `MCDropout`, members of an ensemble, or draws of Bayesian weights: where each is
    sure but they disagree, the model does not know; where all alike are unsure, the data are noisy.

        total = H(mean_t p_t),   aleatoric = mean_t H(p_t),   epistemic = the difference: I(y; weights)

    Args:
        passes: probabilities, (passes, rows, classes).
        several_labels: whether each column is a label by itself; its entropies are added up then.

    Returns:
        Doubt in nats, one number a row.

    Raises:
        InputError: when they have not three axes, or are no probabilities.

    Example:
        >>> sure_but_at_odds = [[[1.0, 0.0]], [[0.0, 1.0]]]
        >>> doubt = decompose_classes(sure_but_at_odds)
        >>> float(doubt.aleatoric[0]), round(float(doubt.epistemic[0]), 4)
        (0.0, 0.6931)

    Source:
        Depeweg, Hernández-Lobato, Doshi-Velez and Udluft (2017), "Decomposition of Uncertainty in Bayesian
        Deep Learning for Efficient and Risk-sensitive Learning", arXiv:1710.07283.
    """
    p = np.asarray(passes, dtype=np.float64)
    if p.ndim != 3 or not len(p) or p.min(initial=0) < -1e-9 or p.max(initial=1) > 1 + 1e-9:
        raise InputError(
            "passes must be probabilities, (passes, rows, classes)",
            f"shape {p.shape}",
            "stack what predict_proba gives in each pass",
        )
    p = p.clip(0, 1)
    total, aleatoric = _entropy(p.mean(axis=0), several_labels), _entropy(p, several_labels).mean(axis=0)
    return Doubt(total, aleatoric, (total - aleatoric).clip(min=0))


def _entropy(p: Float[np.ndarray, "*passes rows classes"], several_labels: bool) -> np.ndarray:
    entropy = -xlogy(p, p)
    if several_labels:
        entropy = entropy - xlogy(1 - p, 1 - p)
    found: np.ndarray = entropy.sum(axis=-1)
    return found


def decompose_numbers(passes: ArrayLike, variances: ArrayLike | float = 0.0) -> Doubt:
    """Take apart the variance of forecasts of numbers by the law of total variance.

    Use it with passes of `MCDropout`, members of an ensemble, or draws of Bayesian weights.

        aleatoric = mean_t v_t,   epistemic = var_t m_t,   total = their sum

    Args:
        passes: means, (passes, rows) or (passes, rows, targets).
        variances: of the noise, of the same shape, or one number for all.

    Returns:
        Doubt as variances, (rows) or (rows, targets).

    Raises:
        InputError: when there is no pass, or the shapes do not fit.

    Example:
        >>> doubt = decompose_numbers([[1.0], [3.0]], [[0.5], [0.7]])
        >>> doubt.aleatoric.round(2), doubt.epistemic, doubt.total.round(2)
        (array([0.6]), array([1.]), array([1.6]))

    Source:
        Depeweg, Hernández-Lobato, Doshi-Velez and Udluft (2017), "Decomposition of Uncertainty in Bayesian
        Deep Learning for Efficient and Risk-sensitive Learning", arXiv:1710.07283; Kendall and Gal (2017),
        "What Uncertainties Do We Need in Bayesian Deep Learning for Computer Vision?", arXiv:1703.04977.
    """
    means, noise = np.asarray(passes, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if means.ndim < 2 or not len(means) or (noise.ndim and noise.shape != means.shape):
        came = f"{means.shape} and {noise.shape}"
        raise InputError("passes must be (passes, rows, ...), and variances fit them", came, "stack them")
    aleatoric = np.broadcast_to(noise, means.shape).mean(axis=0)
    epistemic = means.var(axis=0)
    return Doubt(aleatoric + epistemic, aleatoric, epistemic)
