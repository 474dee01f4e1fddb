"""Turns a finished job into the content of its report."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from netwright.data import TableFinding
from netwright.report import Choice, Content, Fact, Finding, Importance, ReferenceScore
from netwright.workbench.job import JobNote
from netwright.workbench.profile import profile_columns
from netwright.workbench.verdict import verdict


@dataclass(frozen=True)
class Story:
    """What happened in a job beside the model and its scores.

    Args:
        data: where the table came from.
        out: the job's folder, or None.
        exclude: columns that the net was not to see.
        group: column of groups, or None.
        time: column of times, or None.
        seed: of everything.
        findings: of the checks.
        seconds_of: time to fit each model, by name.
        notes: how each reference was fitted, by name.
        importance: of the columns.
        seconds: of the whole job.

    Example:
        >>> Story("a.csv", None, (), None, None, 0, (), {}, {}, (), 1.0).data
        'a.csv'
    """

    data: str
    out: str | None
    exclude: tuple[str, ...]
    group: str | None
    time: str | None
    seed: int
    findings: tuple[TableFinding, ...]
    seconds_of: Mapping[str, float]
    notes: Mapping[str, str]
    importance: tuple[Importance, ...]
    seconds: float


def tell(
    story: Story, note: JobNote, model: Any, learned: pd.DataFrame, held_X: pd.DataFrame, held_y: np.ndarray
) -> tuple[Content, pd.DataFrame]:
    """Return the content of the report, and the held-out predictions as a table.

    Args:
        story: what happened.
        note: what the job knows.
        model: the fitted estimator.
        learned: features of the training rows.
        held_X: features of the held-out rows.
        held_y: their targets.
    """
    predicted = model.predict_frame(held_X).reset_index(drop=True)
    predicted.insert(0, "truth", held_y)
    classify = note.task != "regression"
    probability = model.predict_proba(held_X) if classify else None
    prediction = predicted["prediction"].to_numpy() if classify else predicted.iloc[:, 1].to_numpy()
    record = model.record_
    content = Content(
        title=f"Predicting {note.target} from {Path(story.data).name}",
        created=f"{datetime.now():%d %B %Y, %H:%M}".lstrip("0"),
        version=note.netwright,
        verdict=verdict(note.headline, note.scores),
        task=note.task,
        target=note.target,
        headline=note.headline,
        asked=_asked(story, note, model),
        columns=profile_columns(learned, model.table_.left_out_),
        n_rows=note.n_rows,
        n_held_out=note.n_held_out,
        choices=tuple(Choice(c.name, str(c.value), c.reason, c.source) for c in record.choices),
        history=tuple(record.epochs),
        best_epoch=record.best_epoch,
        stopped=record.stopped,
        classes=tuple(note.classes),
        truth=np.asarray([str(name) for name in held_y]) if classify else held_y,
        prediction=np.asarray([str(name) for name in prediction]) if classify else prediction,
        probability=probability,
        importance=story.importance,
        references=_references(story, note),
        findings=tuple(Finding(f.kind, f.severity, f.message, f.remedy) for f in story.findings),
        usage_python=_python(story.out or "FOLDER"),
        usage_command=f"netwright predict {story.out or 'FOLDER'} new.csv --out predictions.csv",
        seconds=story.seconds,
        machine=_machine(),
    )
    return content, predicted


def _asked(story: Story, note: JobNote, model: Any) -> tuple[Fact, ...]:
    facts = [
        Fact("data", story.data),
        Fact("target", note.target),
        Fact("task", note.task),
        Fact("net", type(model).__name__),
        Fact("rows", f"{note.n_rows:,}, of which {note.n_held_out:,} held out"),
    ]
    if story.exclude:
        facts.append(Fact("not to be seen", ", ".join(story.exclude)))
    if story.group:
        facts.append(Fact("groups kept together", story.group))
    if story.time:
        facts.append(Fact("held out", f"the latest by {story.time}"))
    return (*facts, Fact("seed", str(story.seed)))


def _references(story: Story, note: JobNote) -> tuple[ReferenceScore, ...]:
    return tuple(
        ReferenceScore(
            name=name,
            scores={key: np.nan if value is None else value for key, value in panel.items()},
            seconds=story.seconds_of.get(name, 0.0),
            is_net=name == "net",
            note=story.notes.get(name, ""),
        )
        for name, panel in note.scores.items()
    )


def _python(folder: str) -> str:
    return (
        "import pandas as pd\n"
        "from netwright.workbench import predict\n"
        f'predictions = predict("{folder}", pd.read_csv("new.csv"))'
    )


def _machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
