"""Estimators that predict from series and other sequences."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.sequence.convolutional import ConvSequenceClassifier
    from netwright.sequence.labeller import SequenceLabeller
    from netwright.sequence.labelling_objective import LabellingObjective
    from netwright.sequence.recurrent import RecurrentClassifier, RecurrentRegressor
    from netwright.sequence.recurrent_forecaster import RecurrentForecaster
    from netwright.sequence.uber_forecaster import Doubt, UberForecaster

__all__ = [
    "ConvSequenceClassifier",
    "Doubt",
    "LabellingObjective",
    "RecurrentClassifier",
    "RecurrentForecaster",
    "RecurrentRegressor",
    "SequenceLabeller",
    "UberForecaster",
]

__getattr__, __dir__ = opening(__name__, __file__)
