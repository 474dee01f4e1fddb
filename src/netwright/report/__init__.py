"""One self-contained page on one job, and the pictures of it that serve alone."""

from netwright.report.content import (
    Answers,
    Comparison,
    Content,
    Heading,
    Learning,
    TableProfile,
    Usage,
)
from netwright.report.curves import LearningCurves, learning_curves
from netwright.report.diagnosis import render_diagnosis, write_diagnosis
from netwright.report.entries import (
    Choice,
    ColumnProfile,
    Fact,
    Finding,
    Importance,
    ReferenceScore,
)
from netwright.report.figure import plot_learning_curves
from netwright.report.forecasts import ForecastLine
from netwright.report.gallery import Gallery, Shown
from netwright.report.page import render, write_report
from netwright.report.plateau import plateau_epoch

__all__ = [
    "Answers",
    "Choice",
    "ColumnProfile",
    "Comparison",
    "Content",
    "Fact",
    "Finding",
    "ForecastLine",
    "Gallery",
    "Heading",
    "Importance",
    "Learning",
    "LearningCurves",
    "ReferenceScore",
    "Shown",
    "TableProfile",
    "Usage",
    "learning_curves",
    "plateau_epoch",
    "plot_learning_curves",
    "render",
    "render_diagnosis",
    "write_diagnosis",
    "write_report",
]
