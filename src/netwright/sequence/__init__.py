"""Estimators that predict from series and other sequences."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.sequence.convolutional import ConvSequenceClassifier
    from netwright.sequence.labeller import SequenceLabeller
    from netwright.sequence.labelling_objective import LabellingObjective
    from netwright.sequence.recurrent import RecurrentClassifier, RecurrentRegressor

__all__ = [
    "ConvSequenceClassifier",
    "LabellingObjective",
    "RecurrentClassifier",
    "RecurrentRegressor",
    "SequenceLabeller",
]

__getattr__, __dir__ = opening(__name__, __file__)
