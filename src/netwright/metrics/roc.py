"""ROC AUC: how often a row of a class is ranked above a row of the others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score

from netwright.metrics.reading import Judged, UndefinedScoreError, read_judged


def roc_auc(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the area under the receiver operating characteristic; 0.5 is chance, 1 is perfect ranking.

    Use it to judge a ranking regardless of threshold, of class balance and of calibration. Only the order of
    the scores counts, so that logits serve as well as probabilities.

        AUC = P(score of a positive > score of a negative) + P(the two are equal) / 2

    With several classes or labels it is the plain mean of each one's area against the rest.

    Args:
        truth: labels, one a row; or a 0/1 matrix of prediction's shape for several labels a row.
        prediction: score of the second class, or one column a class or label.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        UndefinedScoreError: where no class has both rows of its own and rows of others.
        InputError: where truth and prediction do not fit.

    Example:
        >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
        0.875

    Differs:
        A class that truth lacks, or fills, has no area and is left out of the mean; scikit-learn gives NaN.

    Source:
        Hanley & McNeil (1982), "The meaning and use of the area under a receiver operating characteristic
        (ROC) curve", Radiology 143(1), doi:10.1148/radiology.143.1.7063747.
    """
    judged = read_judged(truth, prediction, sample_weight, classes=classes, bounded=False)
    kept = ranked_columns(judged, "ROC AUC")
    target = judged.one_hot().reshape(len(judged.truth), -1)[:, kept]
    ranking = judged.prediction.reshape(len(judged.truth), -1)[:, kept]
    areas = [
        roc_auc_score(column, score, sample_weight=judged.weight)
        for column, score in zip(target.T, ranking.T, strict=True)
    ]
    return float(np.mean(areas))


def ranked_columns(judged: Judged, score: str) -> Bool[np.ndarray, "classes"]:
    """Tell which classes or labels have rows of both sorts, counting rows of weight above 0 alone."""
    target = judged.one_hot().reshape(len(judged.truth), -1)
    if judged.weight is not None:
        target = target[judged.weight > 0]
    kept = np.asarray((target.min(axis=0) == 0) & (target.max(axis=0) == 1))
    if not kept.any():
        raise UndefinedScoreError(
            f"truth must hold at least two classes for the {score}", "rows of one sort", "judge more rows"
        )
    return kept
