"""Whole jobs as functions: fit, predict, evaluate, say what a job is."""

from netwright.workbench.fit import fit
from netwright.workbench.job import FittedJob, JobNote, load_job
from netwright.workbench.use import evaluate, info, predict

__all__ = ["FittedJob", "JobNote", "evaluate", "fit", "info", "load_job", "predict"]
