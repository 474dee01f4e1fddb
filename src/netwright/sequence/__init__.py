"""Estimators that predict from series and other sequences."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.sequence.clusterer import LSTMClusterer
    from netwright.sequence.convolutional import ConvSequenceClassifier
    from netwright.sequence.detectors.anomaly import SeriesAnomalyDetector
    from netwright.sequence.detectors.clip_events import ClipEventDetector
    from netwright.sequence.detectors.forecast_bands import ForecastBandDetector
    from netwright.sequence.detectors.reconstruction import SeriesReconstructionDetector
    from netwright.sequence.detectors.siamese_fault import SiameseFaultDetector
    from netwright.sequence.labeller import SequenceLabeller
    from netwright.sequence.labelling_objective import LabellingObjective
    from netwright.sequence.recurrent import RecurrentClassifier, RecurrentRegressor
    from netwright.sequence.recurrent_forecaster import RecurrentForecaster
    from netwright.sequence.shapelets import ShapeletClassifier
    from netwright.sequence.signals.changes import Changes, wavelet_changes
    from netwright.sequence.signals.compressor import WaveletCompressor
    from netwright.sequence.signals.denoiser import WaveletDenoiser
    from netwright.sequence.signals.features import FourierFeatures, WaveletFeatures
    from netwright.sequence.signals.thresholds import bayes_threshold, sure_threshold, universal_threshold
    from netwright.sequence.uber_forecaster import ForecastDoubt, UberForecaster

__all__ = [
    "Changes",
    "ClipEventDetector",
    "ConvSequenceClassifier",
    "ForecastBandDetector",
    "ForecastDoubt",
    "FourierFeatures",
    "LSTMClusterer",
    "LabellingObjective",
    "RecurrentClassifier",
    "RecurrentForecaster",
    "RecurrentRegressor",
    "SequenceLabeller",
    "SeriesAnomalyDetector",
    "SeriesReconstructionDetector",
    "ShapeletClassifier",
    "SiameseFaultDetector",
    "UberForecaster",
    "WaveletCompressor",
    "WaveletDenoiser",
    "WaveletFeatures",
    "bayes_threshold",
    "sure_threshold",
    "universal_threshold",
    "wavelet_changes",
]

__getattr__, __dir__ = opening(__name__, __file__)
