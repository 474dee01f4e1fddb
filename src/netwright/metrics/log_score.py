"""Log loss: the surprise at what happened, given the forecast probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import log_loss as sklearn_log_loss

from netwright.metrics.reading import read_judged


def log_loss(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the mean negative logarithm of the probability given to what happened, in nats; 0 is perfect.

    Use it to judge probabilities when a sure and wrong forecast is costly: it grows without limit as the
    probability of the truth falls to 0. It is the cross-entropy that classifiers are trained on.

        binary, multiclass   mean -log p(truth)
        multi-label          mean over rows and labels of -y log p - (1 - y) log(1 - p)

    Probabilities are kept one step of their own type away from 0 and 1, as scikit-learn does.

    Args:
        truth: labels, one a row; or a 0/1 matrix of prediction's shape for several labels a row.
        prediction: probability of the second class, or one column a class or label.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit, or prediction is no probability.

    Example:
        >>> round(log_loss([0, 1], [0.25, 0.5]), 6)
        0.490415

    Source:
        Good (1952), "Rational Decisions", Journal of the Royal Statistical Society B 14(1),
        doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    judged = read_judged(truth, prediction, sample_weight, classes=classes)
    probability = np.clip(judged.prediction, judged.resolution, 1 - judged.resolution)
    if judged.kind == "multilabel":
        losses = [
            sklearn_log_loss(truth_column, column, sample_weight=judged.weight, labels=[0, 1])
            for truth_column, column in zip(judged.truth.T, probability.T, strict=True)
        ]
        return float(np.mean(losses))
    if judged.kind == "multiclass":
        probability = probability / probability.sum(axis=1, keepdims=True)
    labels = np.arange(probability.shape[1] if judged.kind == "multiclass" else 2)
    return float(sklearn_log_loss(judged.truth, probability, sample_weight=judged.weight, labels=labels))
