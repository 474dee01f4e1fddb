"""Estimators that predict from images."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.vision.conv_net import ConvNetClassifier, ConvNetRegressor
    from netwright.vision.siamese_verifier import SiameseVerifier

__all__ = [
    "ConvNetClassifier",
    "ConvNetRegressor",
    "SiameseVerifier",
]

__getattr__, __dir__ = opening(__name__, __file__)
