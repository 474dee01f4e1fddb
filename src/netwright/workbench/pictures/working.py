"""The work of a job of pictures once they are cut: train, judge, compare, show, write down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.memory import release_memory
from netwright.data import TableFinding, choose_augmentation
from netwright.metrics import scores
from netwright.report import (
    Answers,
    Comparison,
    Content,
    Fact,
    Finding,
    Gallery,
    Heading,
    TableProfile,
    Usage,
)
from netwright.training import Augmentation, Training
from netwright.workbench.importance import score_of
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.pictures.calibrating import KeptAnswers, cooled
from netwright.workbench.pictures.cutting import PictureCut
from netwright.workbench.pictures.galleries import (
    galleries_of_mistakes,
    gallery_of_augmentations,
    gallery_of_errors,
)
from netwright.workbench.pictures.references import fit_picture_references, small_rows
from netwright.workbench.stages import Plan, train
from netwright.workbench.summary import Story, learning_of, machine, references_of
from netwright.workbench.verdict import verdict


def work(cut: PictureCut, model: Any, plan: Plan, story: Story, *, augment: bool = False) -> FittedJob:
    """Train, judge, compare, show, and return the job.

    Args:
        cut: the pictures.
        model: an unfitted estimator, or a function that makes one for a task.
        plan: how; it hears what is cut short.
        story: its beginning.
        augment: whether the pictures are changed in training by what keeps their labels.
    """
    changes: list[Augmentation] = []
    if augment:
        plan.tell("trying which changes keep the labels")
        chosen = choose_augmentation(cut.pictures.pixels, cut.learn.y, random_state=plan.seed)
        changes = [Augmentation(chosen.augmentation)]
        told = TableFinding("augmentation", "note", "; ".join(chosen.reasons) + ".", (), (), "")
        story = replace(story, findings=(*story.findings, told))
    plan.tell(f"training on {len(cut.learn):,} pictures, judging on {len(cut.held_out):,}")
    kept, task = KeptAnswers(), cut.target.task
    fitted = train(cut, model, plan, kept, *changes)
    release_memory()
    fitted.temperature_ = 1.0 if task == "regression" else kept.temperature(fitted.record_.best_epoch)
    panels, answers = _judged(fitted, cut)
    seconds, notes = {"net": sum(fitted.record_.seconds)}, {}
    galleries: tuple[Gallery, ...] = ()
    try:
        if plan.references and plan.first:
            plan.tell("fitting the references")
            held = small_rows(cut.held)
            for reference in fit_picture_references(
                cut.pictures,
                cut.learn.y,
                classify=task != "regression",
                seed=plan.seed,
                go_on=plan.goes_on,
            ):
                panels[reference.name] = score_of(reference.model, held, cut.held_out.y, task=task)
                seconds[reference.name], notes[reference.name] = reference.seconds, reference.note
        if plan.first:
            plan.tell("showing pictures")
            galleries = _galleries(fitted, cut, answers, plan.seed, changes)
    except KeyboardInterrupt:
        plan.whole = False
        plan.tell("interrupted; what is done is kept")
    note = _note(cut, panels)
    story = replace(story, seconds_of=seconds, notes=notes, seconds=plan.passed())
    kept_where = "in their files" if cut.pictures.in_files else "in memory"
    story = replace(story, asked=(Fact("pictures kept", kept_where), *story.asked))
    content = _told(story, note, fitted, replace(answers, galleries=galleries))
    return FittedJob(fitted, note, content, _held_out(cut, answers), whole=plan.whole)


def _judged(fitted: Any, cut: PictureCut) -> tuple[dict[str, dict[str, float]], Answers]:
    truth, task, name = cut.held_out.y, cut.target.task, cut.target.name
    if task == "regression":
        said = fitted.predict(cut.held.pixels)
        return {"net": scores(task, truth, said)}, Answers(task, name, (), truth, said)
    probability = cooled(fitted.predict_proba(cut.held.pixels), fitted.temperature_)
    said = fitted.classes_[probability.argmax(1)]
    panel = scores(task, truth, said, probability, classes=list(fitted.classes_))
    classes = tuple(str(one) for one in fitted.classes_)
    answers = Answers(task, name, classes, truth.astype(str), said.astype(str), probability)
    return {"net": panel}, answers


def _galleries(
    fitted: Any, cut: PictureCut, answers: Answers, seed: int, changes: Sequence[Augmentation]
) -> tuple[Gallery, ...]:
    assert answers.truth is not None  # noqa: S101  (filled by _judged)
    assert answers.prediction is not None  # noqa: S101
    if answers.probability is None:
        shown = gallery_of_errors(cut.held, answers.truth, answers.prediction, fitted)
    else:
        classes = list(answers.classes)
        shown = galleries_of_mistakes(cut.held, answers.truth, classes, answers.probability, fitted)
    told = fitted.training or Training()
    recipe, _ = fitted.settle(replace(told, callbacks=[*changes, *told.callbacks]), len(cut.learn))
    return (*shown, *gallery_of_augmentations(cut.pictures, recipe, seed))


def _note(cut: PictureCut, panels: dict[str, dict[str, float]]) -> JobNote:
    classes = cut.target.classes
    return JobNote(
        netwright=version(),
        target=cut.target.name,
        task=cut.target.task,
        columns=["picture"],
        classes=[] if classes is None else [str(name) for name in classes],
        scores={
            name: {key: float(value) if np.isfinite(value) else None for key, value in panel.items()}
            for name, panel in panels.items()
        },
        n_rows=len(cut.learn) + len(cut.held_out),
        n_held_out=len(cut.held_out),
    )


def _told(story: Story, note: JobNote, fitted: Any, answers: Answers) -> Content:
    channels, height, width = fitted.picture_shape_
    folder = story.out or "FOLDER"
    facts = (
        Fact("data", story.data),
        Fact("task", note.task),
        Fact("net", type(fitted).__name__),
        Fact("pictures", f"{note.n_rows:,}, of which {note.n_held_out:,} held out"),
        Fact("size", f"{height} x {width} pixels, {'colour' if channels == 3 else f'{channels} channel'}"),
        Fact("temperature", f"{fitted.temperature_:.3f}"),
        *story.asked,
    )
    return Content(
        heading=Heading(
            title=f"Predicting {note.target} from the pictures of {Path(story.data).name}",
            created=f"{datetime.now():%d %B %Y, %H:%M}".lstrip("0"),
            version=note.netwright,
            seconds=story.seconds,
            machine=machine(),
        ),
        verdict=verdict(note.headline, note.scores),
        answers=answers,
        comparison=Comparison(note.headline, references_of(story, note)),
        asked=facts,
        table=TableProfile((), note.n_rows, note.n_held_out),
        learning=learning_of(fitted.record_),
        findings=tuple(Finding(f.kind, f.severity, f.message, f.remedy) for f in story.findings),
        usage=Usage(
            python="from netwright.workbench import predict\n"
            f'predictions = predict("{folder}", ["new/1.png", "new/2.png"])',
            command=f"netwright predict {folder} new --out predictions.csv",
        ),
    )


def _held_out(cut: PictureCut, answers: Answers) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"picture": cut.held.names, "truth": answers.truth, "prediction": answers.prediction}
    )
    if answers.probability is not None:
        for column, name in enumerate(answers.classes):
            frame[f"probability of {name}"] = answers.probability[:, column]
    return frame
