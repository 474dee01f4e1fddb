"""The recipe, the loop and its callbacks."""

from netwright.training.callbacks import (
    ActivityPenalty,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochMetric,
    GradientAccumulation,
    GradientClipping,
    L1Penalty,
    MaxNorm,
    Progress,
    StopOnInterrupt,
    TimeLimit,
    ValueClipping,
)
from netwright.training.engine import Engine
from netwright.training.objective import Objective, Player, Supervised
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
    "GradientAccumulation",
    "GradientClipping",
    "L1Penalty",
    "MaxNorm",
    "Objective",
    "Player",
    "Progress",
    "Record",
    "Run",
    "Samples",
    "Steps",
    "StopOnInterrupt",
    "Supervised",
    "TensorSamples",
    "TimeLimit",
    "Training",
    "ValueClipping",
]
