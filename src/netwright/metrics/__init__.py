"""Numbers that judge predictions, and calibration of probabilities.

scikit-learn computes where it can. What is added: one signature `(truth, prediction, *, sample_weight=None)`
for two classes, several classes and several labels, errors that say what to mend, batches gathered without
averaging per batch, and calibration.
"""

from netwright.metrics.accuracy import keras_accuracy
from netwright.metrics.brier import brier_score
from netwright.metrics.calibration_error import classwise_calibration_error, expected_calibration_error
from netwright.metrics.classification_scores import ClassificationScores
from netwright.metrics.density_scores import gaussian_crps, gaussian_log_score, sample_crps
from netwright.metrics.detection_scores import detection_precision
from netwright.metrics.intervals import interval_coverage, interval_width, winkler_score
from netwright.metrics.isotonic import IsotonicScaling
from netwright.metrics.log_score import log_loss
from netwright.metrics.panel import scores
from netwright.metrics.platt import PlattScaling
from netwright.metrics.precision_recall import average_precision
from netwright.metrics.reading import UndefinedScoreError
from netwright.metrics.region_overlap import dice_score, mean_iou
from netwright.metrics.regression_scores import RegressionScores
from netwright.metrics.rejection import RiskCoverage, risk_coverage_area, risk_coverage_curve
from netwright.metrics.reliability import ReliabilityCurve, reliability_curve
from netwright.metrics.roc import roc_auc
from netwright.metrics.score_table import SCORE_TABLE, ScoreInfo
from netwright.metrics.temperature import TemperatureScaling
from netwright.metrics.text_similarity import semantic_similarity
from netwright.metrics.word_analogies import (
    AnalogyScores,
    AnalogySection,
    cos_add,
    cos_mul,
    word_analogy_scores,
)
from netwright.metrics.word_similarities import WordSimilarity, word_similarity

__all__ = [
    "SCORE_TABLE",
    "AnalogyScores",
    "AnalogySection",
    "ClassificationScores",
    "IsotonicScaling",
    "PlattScaling",
    "RegressionScores",
    "ReliabilityCurve",
    "RiskCoverage",
    "ScoreInfo",
    "TemperatureScaling",
    "UndefinedScoreError",
    "WordSimilarity",
    "average_precision",
    "brier_score",
    "classwise_calibration_error",
    "cos_add",
    "cos_mul",
    "detection_precision",
    "dice_score",
    "expected_calibration_error",
    "gaussian_crps",
    "gaussian_log_score",
    "interval_coverage",
    "interval_width",
    "keras_accuracy",
    "log_loss",
    "mean_iou",
    "reliability_curve",
    "risk_coverage_area",
    "risk_coverage_curve",
    "roc_auc",
    "sample_crps",
    "scores",
    "semantic_similarity",
    "winkler_score",
    "word_analogy_scores",
    "word_similarity",
]
