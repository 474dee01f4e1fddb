"""Estimators that predict from tables."""

from netwright.tabular.autoencoder_detector import AutoencoderDetector
from netwright.tabular.deep_svdd import DeepSVDD
from netwright.tabular.mlp import MLPClassifier, MLPRegressor
from netwright.tabular.mlp_multi_output import MLPMultiOutput
from netwright.tabular.prior_threshold import PriorThresholdClassifier
from netwright.tabular.tabm import TabMClassifier, TabMRegressor

__all__ = [
    "AutoencoderDetector",
    "DeepSVDD",
    "MLPClassifier",
    "MLPMultiOutput",
    "MLPRegressor",
    "PriorThresholdClassifier",
    "TabMClassifier",
    "TabMRegressor",
]
