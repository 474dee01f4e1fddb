"""Rejection judged: what errors remain when the rows of most doubt are left to somebody else."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_numbers, require_rows


@final
@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """How the mean loss of the rows that are kept grows with their share.

    Args:
        coverage: shares of the rows that are kept, the most certain first, rising to 1.
        risk: the mean loss of the rows that are kept.

    Example:
        >>> curve = risk_coverage_curve([0, 0, 1, 0], [0.1, 0.2, 0.9, 0.3])
        >>> curve.coverage.tolist(), curve.risk.tolist(), curve.area()
        ([0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.0, 0.25], 0.0625)
    """

    coverage: Float[np.ndarray, "rows"]
    risk: Float[np.ndarray, "rows"]

    def area(self) -> float:
        """Return the mean risk over all coverages; less is better."""
        return float(self.risk.mean())

    def coverage_at(self, risk: float) -> float:
        """Return the largest share of rows that can be kept with at most that mean loss.

        Args:
            risk: that one is willing to bear.
        """
        kept = self.coverage[self.risk <= risk]
        return float(kept.max()) if len(kept) else 0.0


def risk_coverage_curve(truth: ArrayLike, prediction: ArrayLike) -> RiskCoverage:
    """Return the rejection curve: the mean loss of the most certain rows, for every share of them.

    Use it to see what it buys to leave the most doubtful rows to a human being, and how many of them. Rows of
    the same doubt come in an order at random, of which the curve is the mean.

        risk(k / n) = 1/k sum of the losses of the k rows of least doubt

    Args:
        truth: the loss of each row, such as whether its class is wrong, or its absolute error.
        prediction: the doubt about each row, in any unit.

    Raises:
        InputError: where they do not fit.

    Example:
        >>> risk_coverage_curve([1, 0], [0.9, 0.2]).coverage_at(risk=0.1)
        0.5

    Source:
        El-Yaniv and Wiener (2010), "On the Foundations of Noise-free Selective Classification", JMLR 11.
    """
    losses, doubt = read_numbers(truth, "truth"), read_numbers(prediction, "prediction")
    require_rows(len(losses), len(doubt), "prediction")
    if losses.ndim != 1 or doubt.ndim != 1:
        raise InputError(
            "truth and prediction must be one number a row", f"{doubt.ndim} axes", "flatten them"
        )
    order = np.argsort(doubt, kind="stable")
    _, group, count = np.unique(doubt[order], return_inverse=True, return_counts=True)
    mean = np.bincount(group, weights=losses[order]) / count
    n = len(losses)
    kept = np.arange(1, n + 1)
    return RiskCoverage(kept / n, np.cumsum(mean[group]) / kept)


def risk_coverage_area(truth: ArrayLike, prediction: ArrayLike) -> float:
    """Return the area under the rejection curve; less is better.

    Use it to compare what different kinds of doubt are good for: those who doubt where they err have a small
    area. It mixes the doubt with how good the model is; compare kinds of doubt on one model.

        1/n sum_k risk(k / n)

    Args:
        truth: the loss of each row, such as whether its class is wrong, or its absolute error.
        prediction: the doubt about each row, in any unit.

    Raises:
        InputError: where they do not fit.

    Example:
        >>> risk_coverage_area([1, 0], [0.9, 0.2]), risk_coverage_area([1, 0], [0.2, 0.9])
        (0.25, 0.75)

    Source:
        Geifman, Uziel and El-Yaniv (2018), "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers",
        arXiv:1805.08206.
    """
    return risk_coverage_curve(truth, prediction).area()
