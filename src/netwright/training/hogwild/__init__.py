"""A loop for models that are a few large tables: compiled kernels, in threads that share all weights."""

from netwright.training.hogwild.engine import EpochReport, Work, run_epochs
from netwright.training.hogwild.tables import alias_table, next_random, sigmoid_table, uniform

__all__ = [
    "EpochReport",
    "Work",
    "alias_table",
    "next_random",
    "run_epochs",
    "sigmoid_table",
    "uniform",
]
