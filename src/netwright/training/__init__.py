"""The recipe, the loop and its callbacks."""

from netwright.training.callbacks import (
    ActivityPenalty,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochMetric,
    Freezing,
    GradientAccumulation,
    GradientClipping,
    L1Penalty,
    MaxNorm,
    Progress,
    StochasticWeightAverage,
    StopOnInterrupt,
    TimeLimit,
    ValueClipping,
    WeightAverage,
)
from netwright.training.engine import Engine
from netwright.training.objective import Objective, Player, Supervised
from netwright.training.range_test import RangeTest, find_learning_rate
from netwright.training.record import Choice, Record
from netwright.training.run import Run
from netwright.training.samples import Batch, Samples, Steps, TensorSamples
from netwright.training.training import Training

__all__ = [
    "ActivityPenalty",
    "Batch",
    "Callback",
    "Checkpoint",
    "Choice",
    "EarlyStopping",
    "Engine",
    "EpochMetric",
    "Freezing",
    "GradientAccumulation",
    "GradientClipping",
    "L1Penalty",
    "MaxNorm",
    "Objective",
    "Player",
    "Progress",
    "RangeTest",
    "Record",
    "Run",
    "Samples",
    "Steps",
    "StochasticWeightAverage",
    "StopOnInterrupt",
    "Supervised",
    "TensorSamples",
    "TimeLimit",
    "Training",
    "ValueClipping",
    "WeightAverage",
    "find_learning_rate",
]
