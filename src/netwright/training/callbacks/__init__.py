"""What a run can be told: each callback is one technique, given to `Training(callbacks=[...])`."""

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.checkpoint import Checkpoint
from netwright.training.callbacks.early_stopping import EarlyStopping
from netwright.training.callbacks.epoch_metric import EpochMetric
from netwright.training.callbacks.gradient_clipping import GradientClipping
from netwright.training.callbacks.limits import StopOnInterrupt, TimeLimit
from netwright.training.callbacks.progress import Progress

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "EpochMetric",
    "GradientClipping",
    "Progress",
    "StopOnInterrupt",
    "TimeLimit",
]
