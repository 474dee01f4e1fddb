"""The scikit-learn bridge: abstract estimators, and how they are saved."""

from netwright.estimators.deep_classifier import DeepClassifier
from netwright.estimators.deep_embedder import DeepEmbedder
from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.deep_forecaster import DeepForecaster
from netwright.estimators.deep_outlier_detector import DeepOutlierDetector
from netwright.estimators.deep_regressor import DeepRegressor
from netwright.estimators.saving import load, save
from netwright.estimators.tables import read_table

__all__ = [
    "DeepClassifier",
    "DeepEmbedder",
    "DeepEstimator",
    "DeepForecaster",
    "DeepOutlierDetector",
    "DeepRegressor",
    "load",
    "read_table",
    "save",
]
