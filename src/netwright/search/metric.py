"""How near two vectors are: the four measures that an index knows."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError

Floats = NDArray[np.float32]


class Metric(StrEnum):
    """What "near" means to an index; its name as a string serves as well.

    Use `cosine` for embeddings of texts, `inner_product` where the length of a vector counts (a popular item
    is recommended more often), `l2` for measurements and pictures, `l1` where a few large differences should
    not rule.

        cosine         <q, x> / (|q| |x|)        higher is nearer
        inner_product  <q, x>                    higher is nearer
        l2             sqrt(sum_i (q_i - x_i)^2) lower is nearer
        l1             sum_i |q_i - x_i|         lower is nearer

    Example:
        >>> Metric("cosine").higher_is_nearer
        True
    """

    cosine = "cosine"
    inner_product = "inner_product"
    l2 = "l2"
    l1 = "l1"

    @property
    def higher_is_nearer(self) -> bool:
        """Whether the best row has the highest score."""
        return self in (Metric.cosine, Metric.inner_product)


def read_metric(metric: str) -> Metric:
    """Return the metric of that name."""
    if metric not in list(Metric):
        raise InputError("metric must be one that an index knows", repr(metric), f"use {', '.join(Metric)}")
    return Metric(metric)


def scores_of(costs: Floats, metric: Metric) -> Floats:
    """Turn costs, of which the lowest is the nearest whatever the metric, into the metric's own scores.

    The cost of a similarity is its negative, that of l2 the squared distance; a place without a row costs
    infinity and scores NaN.
    """
    scores = -costs if metric.higher_is_nearer else costs
    if metric is Metric.l2:
        scores = np.sqrt(np.maximum(costs, 0.0))
    return np.where(np.isfinite(costs), scores, np.float32(np.nan)).astype(np.float32, copy=False)
