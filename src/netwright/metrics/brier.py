"""Brier score: the squared distance of forecast probabilities from what happened."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import brier_score_loss

from netwright.metrics.reading import read_judged


def brier_score(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the mean squared distance of probabilities from the truth; 0 is perfect.

    Use it to judge probabilities when one very wrong forecast should not rule the score, as it does in the
    log loss. It is proper: no forecast scores better than the probability that one believes in.

        binary       mean (p - y)^2                            from 0 to 1
        multiclass   mean over rows of sum over classes        from 0 to 2
        multi-label  mean over rows and labels                 from 0 to 1

    Args:
        truth: labels, one a row; or a 0/1 matrix of prediction's shape for several labels a row.
        prediction: probability of the second class, or one column a class or label; two columns of classes
            are the binary case.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit, or prediction is no probability.

    Example:
        >>> brier_score([0, 1], [0.25, 0.5])
        0.15625

    Source:
        Brier (1950), "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review
        78(1), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    judged = read_judged(truth, prediction, sample_weight, classes=classes)
    if judged.kind == "multilabel":
        by_row = ((judged.truth - judged.prediction) ** 2).mean(axis=1)
        return float(np.average(by_row, weights=judged.weight))
    labels = np.arange(judged.prediction.shape[1]) if judged.kind == "multiclass" else None
    return float(
        brier_score_loss(
            judged.truth,
            judged.prediction,
            sample_weight=judged.weight,
            labels=labels,
            pos_label=None if labels is not None else 1,
        )
    )
