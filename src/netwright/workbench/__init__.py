"""Whole jobs as functions: fit, predict, evaluate, compare, go on, say what a job is."""

from netwright.workbench.compare import compare_networks
from netwright.workbench.fit import fit, resume
from netwright.workbench.job import FittedJob, JobNote, load_job
from netwright.workbench.use import evaluate, info, predict

__all__ = [
    "FittedJob",
    "JobNote",
    "compare_networks",
    "evaluate",
    "fit",
    "info",
    "load_job",
    "predict",
    "resume",
]
