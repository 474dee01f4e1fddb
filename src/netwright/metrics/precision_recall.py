"""Average precision: the precision met on the way down a ranking."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score

from netwright.metrics.reading import read_judged
from netwright.metrics.roc import ranked_columns


def average_precision(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Return the area under the precision-recall steps; the share of positives is chance, 1 is perfect.

    Use it beside the ROC AUC when positives are rare and only the top of the ranking will be looked at.

        AP = sum over thresholds of (recall_n - recall_(n-1)) precision_n

    With several classes or labels it is the plain mean of each one's average precision against the rest.

    Args:
        truth: labels, one a row; or a 0/1 matrix of prediction's shape for several labels a row.
        prediction: score of the second class, or one column a class or label.
        classes: labels of prediction's columns in order; by default codes from 0, else sorted labels.
        sample_weight: one number a row, at least 0.

    Raises:
        UndefinedScoreError: where no class has both rows of its own and rows of others.
        InputError: where truth and prediction do not fit.

    Example:
        >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
        0.8333

    Differs:
        A class that truth lacks, or fills, is left out of the mean; scikit-learn counts it as 0 or 1.

    Source:
        Davis & Goadrich (2006), "The Relationship Between Precision-Recall and ROC Curves", ICML,
        doi:10.1145/1143844.1143874.
    """
    judged = read_judged(truth, prediction, sample_weight, classes=classes, bounded=False)
    kept = ranked_columns(judged, "average precision")
    target = judged.one_hot().reshape(len(judged.truth), -1)[:, kept]
    ranking = judged.prediction.reshape(len(judged.truth), -1)[:, kept]
    precisions = [
        average_precision_score(column, score, sample_weight=judged.weight)
        for column, score in zip(target.T, ranking.T, strict=True)
    ]
    return float(np.mean(precisions))
