"""What a whole job leaves behind, in memory and as a folder."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

import netwright
from netwright.core.errors import ModelError
from netwright.core.files import atomic_folder
from netwright.data import write_frame
from netwright.estimators import load, save
from netwright.report import Content, write_report
from netwright.workbench.verdict import HEADLINES

JOB = "job.json"
MODEL = "model"
REPORT = "report.html"
HELD_OUT = "held_out.csv"


class JobNote(BaseModel):
    """What a job knows beside its model: the content of job.json.

    Args:
        netwright: version that wrote it.
        target: the column that is predicted.
        task: "binary", "multiclass", "regression" or "forecast".
        columns: columns that the model was given, in order.
        known: other columns of the table, which a table for prediction may have too.
        left_out: columns that were given and not used, with the reason.
        classes: names of the classes, empty for regression.
        scores: of the net and of each reference on the held-out rows.
        n_rows: rows of the table that have a target.
        n_held_out: rows that were held out.

    Example:
        >>> JobNote(netwright="0.1.0", target="y", task="regression", columns=["x"]).headline
        'r2'
    """

    model_config = ConfigDict(extra="forbid")

    netwright: str
    target: str
    task: Literal["binary", "multiclass", "regression", "forecast"]
    columns: list[str]
    known: list[str] = []
    left_out: dict[str, str] = {}
    classes: list[str] = []
    scores: dict[str, dict[str, float | None]] = {}
    n_rows: int = 0
    n_held_out: int = 0

    @property
    def headline(self) -> str:
        """Name of the score that decides."""
        return HEADLINES[self.task]


@dataclass
class FittedJob:
    """A finished job: the model, what it scored, and the content of its report.

    Args:
        model: the fitted estimator.
        note: what job.json holds.
        content: what the report says.
        held_out: truth and prediction of the held-out rows, with their row numbers in the file.
        whole: whether neither a limit of time nor Ctrl-C cut anything short.

    Example:
        >>> from netwright.workbench import fit
        >>> table = pd.DataFrame({"x": range(60), "y": [value * 2.0 for value in range(60)]})
        >>> job = fit(table, target="y", references=False)
        >>> job.note.headline
        'r2'
    """

    model: Any
    note: JobNote
    content: Content
    held_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    whole: bool = True

    @property
    def scores(self) -> dict[str, float | None]:
        """The scores of the net on the held-out rows."""
        return self.note.scores["net"]

    def save(self, folder: str | Path) -> None:
        """Write the folder: model/, report.html, job.json and held_out.csv, all or nothing.

        Args:
            folder: made where it is lacking; other files in it are left alone.

        Raises:
            OSError: when it cannot be written.
        """
        with atomic_folder(Path(folder)) as beside:
            save(self.model, beside / MODEL)
            write_report(self.content, beside / REPORT)
            write_frame(self.held_out, beside / HELD_OUT)
            (beside / JOB).write_text(self.note.model_dump_json(indent=1), encoding="utf8")


def load_job(folder: str | Path) -> tuple[Any, JobNote]:
    """Return the model and the note of a folder that `fit` wrote.

    Args:
        folder: the job's folder.

    Raises:
        ModelError: when it is no such folder, was written by a netwright that notes other things, or
            something in it was cut or changed.

    Example:
        >>> load_job("nowhere")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: the job must be a folder written by `netwright fit`, got nowhere...
    """
    path = Path(folder) / JOB
    if not path.is_file():
        what = f"without {JOB}" if Path(folder).is_dir() else "which is no folder"
        raise ModelError(
            "the job must be a folder written by `netwright fit`",
            f"{folder}, {what}",
            "name its --out folder",
        )
    note = _read_note(path)
    return load(Path(folder) / MODEL), note


def _read_note(path: Path) -> JobNote:
    found: Any = None
    try:
        found = json.loads(path.read_text(encoding="utf8"))
        return JobNote.model_validate(found)
    except (ValueError, ValidationError, RecursionError) as error:
        writer = found.get("netwright") if isinstance(found, dict) else None
        if isinstance(writer, str) and writer != version():
            expected = f"the job must be one that netwright {version()} can read"
            came = f"{path} of netwright {writer[:20]!r}"
            raise ModelError(expected, came, "use that version, or fit again") from error
        raise ModelError(
            f"{JOB} must be as it was saved", f"{path}, which is cut or changed", "copy or make it again"
        ) from error


def version() -> str:
    """Return the version of netwright, as jobs and reports state it.

    Example:
        >>> version() == netwright.__version__
        True
    """
    return netwright.__version__
