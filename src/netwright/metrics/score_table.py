"""What each score is called, which way is better, and what it says in plain words."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import final


@final
@dataclass(frozen=True)
class ScoreInfo:
    """How a report speaks of a score.

    Args:
        name: the key in what `scores` returns.
        label: a short name for a table's head.
        greater_is_better: the direction to look for.
        explanation: one sentence for somebody who has not met it.

    Example:
        >>> SCORE_TABLE["rmse"].greater_is_better
        False
    """

    name: str
    label: str
    greater_is_better: bool
    explanation: str


_ALL = (
    ScoreInfo(
        name="roc_auc",
        label="ROC AUC",
        greater_is_better=True,
        explanation="How often a case is ranked above one of another class: 0.5 is chance, 1 is perfect.",
    ),
    ScoreInfo(
        name="average_precision",
        label="Average precision",
        greater_is_better=True,
        explanation="How pure the top of the ranking is: the share of the class is chance, 1 is perfect.",
    ),
    ScoreInfo(
        name="log_loss",
        label="Log loss",
        greater_is_better=False,
        explanation="How surprised the probabilities are by what came true: 0 is perfect.",
    ),
    ScoreInfo(
        name="brier_score",
        label="Brier score",
        greater_is_better=False,
        explanation="The squared distance of the probabilities from what came true: 0 is perfect.",
    ),
    ScoreInfo(
        name="accuracy",
        label="Accuracy",
        greater_is_better=True,
        explanation="The share of rows whose class is predicted right.",
    ),
    ScoreInfo(
        name="balanced_accuracy",
        label="Balanced accuracy",
        greater_is_better=True,
        explanation="The share predicted right, averaged so that rare classes count as much as others.",
    ),
    ScoreInfo(
        name="f1",
        label="F1",
        greater_is_better=True,
        explanation="The balance of finding the positive rows and of being right about them: 1 is perfect.",
    ),
    ScoreInfo(
        name="f1_macro",
        label="F1, mean over classes",
        greater_is_better=True,
        explanation="The balance of finding a class and of being right about it, averaged: 1 is perfect.",
    ),
    ScoreInfo(
        name="expected_calibration_error",
        label="Calibration error",
        greater_is_better=False,
        explanation="How far the probabilities are from what came true: at 0 they hold at their word.",
    ),
    ScoreInfo(
        name="classwise_calibration_error",
        label="Calibration error, mean over labels",
        greater_is_better=False,
        explanation="How far each label's probabilities are from what came true, on average over the labels.",
    ),
    ScoreInfo(
        name="exact_match",
        label="Exact match",
        greater_is_better=True,
        explanation="The share of rows with every one of their labels predicted right.",
    ),
    ScoreInfo(
        name="label_accuracy",
        label="Label accuracy",
        greater_is_better=True,
        explanation="The share of labels predicted right, over all rows and labels.",
    ),
    ScoreInfo(
        name="r2",
        label="R2",
        greater_is_better=True,
        explanation="The share of the target's variation that is predicted: 1 is perfect, 0 is the mean.",
    ),
    ScoreInfo(
        name="rmse",
        label="Root mean squared error",
        greater_is_better=False,
        explanation="A typical error in the target's own unit, in which large errors weigh more.",
    ),
    ScoreInfo(
        name="mae",
        label="Mean absolute error",
        greater_is_better=False,
        explanation="The average error in the target's own unit.",
    ),
    ScoreInfo(
        name="median_absolute_error",
        label="Median absolute error",
        greater_is_better=False,
        explanation="Half of the errors are smaller, in the target's own unit; wild rows do not move it.",
    ),
)

SCORE_TABLE = MappingProxyType({info.name: info for info in _ALL})
"""What `scores` can return, by name."""
