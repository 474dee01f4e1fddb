"""Weights for classes and for samples, so that rare classes count."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from netwright.core.errors import TableError
from netwright.data.wording import listed

Weighting = Literal["balanced"] | Mapping[Any, float]


def class_weights(y: Any, weighting: Weighting = "balanced") -> dict[Any, float]:
    """Return the weight of each class.

    Use "balanced" where a rare class matters as much as a frequent one: every class then has the same sum
    of weights, and the mean weight of all rows is 1.

        weight of class c = n / (k * n_c)     (n rows, k classes, n_c rows of class c)

    Args:
        y: the class of each row.
        weighting: "balanced", or the weight of each class; classes that it does not name weigh 1.

    Raises:
        TableError: when a class that is not there, or a negative weight, is given.

    Example:
        >>> class_weights(["no", "no", "no", "yes"])
        {'no': 0.6666666666666666, 'yes': 2.0}
        >>> class_weights([0, 0, 1], {1: 5})
        {0: 1.0, 1: 5.0}

    Source:
        King and Zeng (2001), "Logistic Regression in Rare Events Data",
        doi:10.1093/oxfordjournals.pan.a004868.
    """
    classes, counts = np.unique(_one_column(y), return_counts=True)
    names = classes.tolist()
    if isinstance(weighting, str):
        if weighting != "balanced":
            raise TableError("weighting must be 'balanced' or a dictionary", repr(weighting), "choose one")
        return dict(zip(names, (counts.sum() / (len(counts) * counts)).tolist(), strict=True))
    unknown = [name for name in weighting if name not in names]
    if unknown:
        came = f"one of {listed(unknown)}"
        raise TableError(
            "weights must be given to classes of the target", came, f"choose from: {listed(names)}"
        )
    if any(not weight >= 0 or weight == np.inf for weight in weighting.values()):
        came = listed(weighting.values())
        raise TableError("class weights must be finite and not negative", came, "0 leaves a class out")
    return {name: float(weighting.get(name, 1.0)) for name in names}


def sample_weights(
    y: Any, weighting: Weighting = "balanced", *, sample_weight: Any = None
) -> Float[np.ndarray, "rows"]:
    """Return the weight of each row: that of its class, times its own where one is given.

    A row of weight 2 counts like two rows of weight 1.

    Args:
        y: the class of each row.
        weighting: as in `class_weights`.
        sample_weight: the rows' own weights.

    Raises:
        TableError: when a weight is negative or lacking.

    Example:
        >>> sample_weights([0, 0, 0, 1]).round(3)
        array([0.667, 0.667, 0.667, 2.   ])

    Source:
        King and Zeng (2001), "Logistic Regression in Rare Events Data",
        doi:10.1093/oxfordjournals.pan.a004868.
    """
    classes, codes = np.unique(_one_column(y), return_inverse=True)
    by_class = class_weights(y, weighting)
    weights = np.array([by_class[name] for name in classes.tolist()], dtype=np.float64)[codes]
    if sample_weight is None:
        return weights
    own = np.asarray(sample_weight, dtype=np.float64)
    if own.shape != weights.shape or not (np.isfinite(own) & (own >= 0)).all():
        came = f"shape {own.shape}, smallest {own.min() if own.size else 'none'}"
        expected = f"sample_weight must hold a finite weight, not negative, for each of {len(weights)} rows"
        raise TableError(expected, came, "leave it out to weigh all rows alike")
    return weights * own


def _one_column(y: Any) -> np.ndarray:
    values = np.asarray(y)
    if values.ndim != 1 or values.size == 0:
        raise TableError(
            "y must hold one class per row", f"an array of shape {values.shape}", "give one column"
        )
    return values
