"""Estimators that predict from images."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.vision.capsnet import CapsNetClassifier
    from netwright.vision.conv_net import ConvNetClassifier, ConvNetRegressor
    from netwright.vision.deep_image_prior import DeepImagePrior
    from netwright.vision.detection_objective import DetectionObjective
    from netwright.vision.detector import Detector
    from netwright.vision.pretrained_classifier import PretrainedClassifier
    from netwright.vision.segmenter import Segmenter
    from netwright.vision.siamese_tracker import SiameseTracker
    from netwright.vision.siamese_verifier import SiameseVerifier

__all__ = [
    "CapsNetClassifier",
    "ConvNetClassifier",
    "ConvNetRegressor",
    "DeepImagePrior",
    "DetectionObjective",
    "Detector",
    "PretrainedClassifier",
    "Segmenter",
    "SiameseTracker",
    "SiameseVerifier",
]

__getattr__, __dir__ = opening(__name__, __file__)
