"""Whole jobs as functions: fit, forecast, predict, evaluate, compare, go on, tell, embed, search."""

from netwright.workbench.compare import compare_networks
from netwright.workbench.embed import embed
from netwright.workbench.fit import fit, resume
from netwright.workbench.job import FittedJob, JobNote, load_job
from netwright.workbench.pictures.fitting import fit_pictures
from netwright.workbench.pictures.source import is_pictures
from netwright.workbench.search import benchmark_search, read_where, search
from netwright.workbench.series.fitting import fit_series
from netwright.workbench.use import evaluate, info, predict

__all__ = [
    "FittedJob",
    "JobNote",
    "benchmark_search",
    "compare_networks",
    "embed",
    "evaluate",
    "fit",
    "fit_pictures",
    "fit_series",
    "info",
    "is_pictures",
    "load_job",
    "predict",
    "read_where",
    "resume",
    "search",
]
