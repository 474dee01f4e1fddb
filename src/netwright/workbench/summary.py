"""Turns a finished job into the content of its report."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from netwright.data import TableFinding
from netwright.report import (
    Answers,
    Choice,
    Comparison,
    Content,
    Fact,
    Finding,
    Heading,
    Importance,
    Learning,
    ReferenceScore,
    TableProfile,
    Usage,
)
from netwright.training import Record
from netwright.workbench.job import JobNote
from netwright.workbench.profile import profile_columns
from netwright.workbench.verdict import verdict


@dataclass(frozen=True)
class Story:
    """What happened in a job beside the model and its scores.

    Args:
        data: where the table came from.
        out: the job's folder, or None.
        asked: conditions that the user set, see `conditions`.
        findings: of the checks.
        seconds_of: time to fit each model, by name.
        notes: how each reference was fitted, by name.
        importance: of the columns.
        seconds: of the whole job.

    Example:
        >>> Story("a.csv", None, conditions((), None, None, seed=0), ()).data
        'a.csv'
    """

    data: str
    out: str | None
    asked: tuple[Fact, ...]
    findings: tuple[TableFinding, ...]
    seconds_of: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    importance: tuple[Importance, ...] = ()
    seconds: float = 0.0


def conditions(exclude: Sequence[str], group: str | None, time: str | None, *, seed: int) -> tuple[Fact, ...]:
    """Return the conditions that the user set for a job, as the report states them.

    Args:
        exclude: columns that the net was not to see.
        group: column of groups, or None.
        time: column of times, or None.
        seed: of everything.

    Example:
        >>> [fact.value for fact in conditions(["arr_delay"], None, "day", seed=3)]
        ['arr_delay', 'the latest by day', '3']
    """
    facts = []
    if len(exclude):
        facts.append(Fact("not to be seen", ", ".join(exclude)))
    if group:
        facts.append(Fact("groups kept together", group))
    if time:
        facts.append(Fact("held out", f"the latest by {time}"))
    return (*facts, Fact("seed", str(seed)))


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
    probability = predicted.iloc[:, 2:].to_numpy() if classify else None
    prediction = predicted["prediction"].to_numpy() if classify else predicted.iloc[:, 1].to_numpy()
    content = Content(
        heading=Heading(
            title=f"Predicting {note.target} from {Path(story.data).name}",
            created=f"{datetime.now():%d %B %Y, %H:%M}".lstrip("0"),
            version=note.netwright,
            seconds=story.seconds,
            machine=machine(),
        ),
        verdict=verdict(note.headline, note.scores),
        answers=Answers(
            task=note.answer,
            target=note.target,
            classes=tuple(note.classes),
            truth=np.asarray([str(name) for name in held_y]) if classify else held_y,
            prediction=np.asarray([str(name) for name in prediction]) if classify else prediction,
            probability=probability,
        ),
        comparison=Comparison(note.headline, references_of(story, note)),
        asked=_asked(story, note, model),
        table=TableProfile(profile_columns(learned, model.table_.left_out_), note.n_rows, note.n_held_out),
        learning=learning_of(model.record_),
        importance=story.importance,
        findings=tuple(Finding(f.kind, f.severity, f.message, f.remedy) for f in story.findings),
        usage=_usage(story.out or "FOLDER"),
    )
    return content, predicted


def _asked(story: Story, note: JobNote, model: Any) -> tuple[Fact, ...]:
    return (
        Fact("data", story.data),
        Fact("target", note.target),
        Fact("task", note.task),
        Fact("net", type(model).__name__),
        Fact("rows", f"{note.n_rows:,}, of which {note.n_held_out:,} held out"),
        *story.asked,
    )


def references_of(story: Story, note: JobNote) -> tuple[ReferenceScore, ...]:
    """Return the scores of the net and of each reference, as the report states them.

    Args:
        story: times and notes.
        note: scores.
    """
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


def learning_of(record: Record) -> Learning:
    """Return how the net was trained, as the report states it.

    Args:
        record: of the run.
    """
    return Learning(
        choices=tuple(Choice(c.name, str(c.value), c.reason, c.source) for c in record.choices),
        history=tuple(record.epochs),
        best_epoch=record.best_epoch,
        stopped=record.stopped,
    )


def _usage(folder: str) -> Usage:
    return Usage(
        python="import pandas as pd\n"
        "from netwright.workbench import predict\n"
        f'predictions = predict("{folder}", pd.read_csv("new.csv"))',
        command=f"netwright predict {folder} new.csv --out predictions.csv",
    )


def machine() -> str:
    """Return what the job ran on, in one line."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
