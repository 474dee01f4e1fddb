"""Estimators that predict from images."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.vision.conv_net import ConvNetClassifier, ConvNetRegressor
    from netwright.vision.pretrained_classifier import PretrainedClassifier

__all__ = [
    "ConvNetClassifier",
    "ConvNetRegressor",
    "PretrainedClassifier",
]

__getattr__, __dir__ = opening(__name__, __file__)
