"""The job for pictures: from folders or arrays to a model that has been judged, shown and written down."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import ImageError, InputError
from netwright.core.files import check_folder
from netwright.core.memory import release_memory
from netwright.data import Target, read_target, split_rows
from netwright.data.images.fitting import two_sides
from netwright.estimators import DeepEstimator
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
from netwright.workbench.cut import Part, TaskName
from netwright.workbench.importance import score_of
from netwright.workbench.job import FittedJob, JobNote, version
from netwright.workbench.nets import conv_net
from netwright.workbench.pictures.calibrating import KeptAnswers, cooled
from netwright.workbench.pictures.checks import check_pictures
from netwright.workbench.pictures.galleries import (
    galleries_of_mistakes,
    gallery_of_augmentations,
    gallery_of_errors,
)
from netwright.workbench.pictures.references import fit_picture_references, small_pixels
from netwright.workbench.pictures.source import Pictures, Reading, read_source
from netwright.workbench.stages import Plan, train
from netwright.workbench.summary import Story, learning_of, machine, references_of
from netwright.workbench.verdict import verdict


@dataclass(frozen=True)
class PictureCut:
    """Pictures that have been cut into those to learn from and those to judge by.

    Args:
        target: what is predicted, of the former.
        learn: the former, as rows.
        held_out: the latter.
        pictures: the former with their names.
        held: the latter with their names.
    """

    target: Target
    learn: Part
    held_out: Part
    pictures: Pictures
    held: Pictures


def fit_pictures(
    data: Any,
    *,
    target: str | None = None,
    image: str | None = None,
    size: int | tuple[int, int] | None = None,
    out: str | Path | None = None,
    model: DeepEstimator | Callable[[str], DeepEstimator] = conv_net,
    task: TaskName = "auto",
    test_size: float = 0.2,
    time_limit: float | None = None,
    references: bool = True,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> FittedJob:
    """Read pictures, check them, train a net, judge it beside references, and write model and report.

    What the source names as test pictures is held out: folders `train` and `test`, the idx files of t10k,
    arrays X_test and y_test. Else a share of the pictures is, with the same classes. Probabilities are made
    as sure as they should be by one temperature, fitted on the pictures that judged the epochs.

    Args:
        data: a folder with a folder for each class; a folder of idx files, or one of them; an .npz file of
            arrays X and y; or, with `image`, a table of paths.
        target: the column of labels, where the source is a table.
        image: the column of paths, where the source is a table.
        size: to which pictures are brought; None for the commonest size, of files at most 128 pixels.
        out: folder for the model and the report; None writes nothing.
        model: an estimator of pictures, unfitted, or a function that makes one for a task.
        task: "auto" goes by the labels.
        test_size: share that is held out where the source does not say what is.
        time_limit: seconds for the whole job; training stops early.
        references: whether to fit the constant and the linear model of the pixels.
        seed: of the split and the net.
        say: told of each stage, and makes training show its progress; None is silent.

    Raises:
        InputError: naming the file, the row or the label that cannot be used.
        OSError: when the folder cannot be written.

    Example:
        >>> import tempfile
        >>> from sklearn.datasets import load_digits
        >>> from netwright.training import Training
        >>> from netwright.vision import ConvNetClassifier
        >>> digits, file = load_digits(), Path(tempfile.mkdtemp()) / "digits.npz"
        >>> np.savez(file, X=(digits.images * 15).astype(np.uint8), y=digits.target)
        >>> net = ConvNetClassifier(training=Training(epochs=3))
        >>> fit_pictures(file, model=net, references=False).scores["accuracy"] > 0.8
        True
    """
    plan = Plan(seed, references, limit=time_limit, say=say)
    if out is not None:
        check_folder(Path(out))
    plan.tell("reading the pictures")
    sides = None if size is None else two_sides(size)
    cut = cut_pictures(*read_source(data, Reading(image, target, sides)), task, test_size, seed)
    findings = tuple(check_pictures(cut.pictures, cut.held))
    story = Story(str(data), None if out is None else str(out), (Fact("seed", str(seed)),), findings)
    job = _work(cut, model, plan, story)
    if out is not None:
        job.save(out)
    return job


def cut_pictures(
    pictures: Pictures, test: Pictures | None, task: TaskName, test_size: float, seed: int
) -> PictureCut:
    """Return pictures cut into those to learn from and those to judge by.

    Args:
        pictures: all, or those to learn from.
        test: those to judge by, or None to hold some out.
        task: "auto" goes by the labels.
        test_size: share that is held out.
        seed: of the split.

    Raises:
        InputError: when labels are lacking, or cannot be learned.
    """
    name = pictures.target
    if pictures.labels is None:
        mend = "name the column by --target, or add the labels"
        raise ImageError("pictures to learn from must have labels", "none", mend)
    target = read_target(pd.DataFrame({name: pictures.labels}), name, task)
    held = test
    rows, held_rows = target.rows, np.zeros(0, np.int64)
    if test is None:
        y = None if target.classes is None else target.values
        places, held_places = split_rows(len(rows), fraction=test_size, y=y, random_state=seed)
        rows, held_rows = target.rows[places], target.rows[held_places]
        held = _taken(pictures, held_rows)
    assert held is not None  # noqa: S101  (taken above where it was)
    learn = _taken(pictures, rows)
    truth = _labels(held, target)
    return PictureCut(
        target,
        Part(learn.pixels, _labels(learn, target), rows),  # type: ignore[arg-type]  # pictures, not a frame
        Part(held.pixels, truth, held_rows if test is None else np.arange(len(held))),  # type: ignore[arg-type]
        learn,
        held,
    )


def _taken(pictures: Pictures, rows: np.ndarray) -> Pictures:
    labels = None if pictures.labels is None else np.asarray(pictures.labels)[rows]
    return Pictures(pictures.pixels[rows], labels, [pictures.names[row] for row in rows], pictures.target)


def _labels(pictures: Pictures, target: Target) -> np.ndarray:
    if pictures.labels is None:
        raise ImageError("test pictures must have labels", "none", "add them, or leave the pictures out")
    labels = np.asarray(pictures.labels)
    if target.classes is None:
        return labels.astype(np.float64)
    strange = ~np.isin(labels, target.classes)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise InputError(
            "test pictures must have classes of training",
            f"{str(labels[row])[:60]!r} for {pictures.names[row]}",
            f"known are {', '.join(map(str, target.classes[:8]))}",
        )
    return labels


def _work(cut: PictureCut, model: Any, plan: Plan, story: Story) -> FittedJob:
    plan.tell(f"training on {len(cut.learn):,} pictures, judging on {len(cut.held_out):,}")
    kept, task = KeptAnswers(), cut.target.task
    fitted = train(cut, model, plan, kept)
    release_memory()
    temperature = 1.0 if task == "regression" else kept.temperature(fitted.record_.best_epoch)
    panels, answers = _judged(fitted, cut, temperature)
    seconds, notes = {"net": sum(fitted.record_.seconds)}, {}
    galleries: tuple[Gallery, ...] = ()
    try:
        if plan.references:
            plan.tell("fitting the references")
            held = small_pixels(cut.held.pixels)
            for reference in fit_picture_references(
                cut.pictures.pixels,
                cut.learn.y,
                classify=task != "regression",
                seed=plan.seed,
                go_on=plan.goes_on,
            ):
                panels[reference.name] = score_of(reference.model, held, cut.held_out.y, task=task)
                seconds[reference.name], notes[reference.name] = reference.seconds, reference.note
        plan.tell("showing pictures")
        galleries = _galleries(fitted, cut, answers, plan.seed)
    except KeyboardInterrupt:
        plan.whole = False
        plan.tell("interrupted; what is done is kept")
    note = _note(cut, panels, temperature)
    story = replace(story, seconds_of=seconds, notes=notes, seconds=plan.passed())
    content = _told(story, note, fitted, replace(answers, galleries=galleries))
    return FittedJob(fitted, note, content, _held_out(cut, answers), whole=plan.whole)


def _judged(fitted: Any, cut: PictureCut, temperature: float) -> tuple[dict[str, dict[str, float]], Answers]:
    truth, task, name = cut.held_out.y, cut.target.task, cut.target.name
    if task == "regression":
        said = fitted.predict(cut.held.pixels)
        return {"net": scores(task, truth, said)}, Answers(task, name, (), truth, said)
    probability = cooled(fitted.predict_proba(cut.held.pixels), temperature)
    said = fitted.classes_[probability.argmax(1)]
    panel = scores(task, truth, said, probability, classes=list(fitted.classes_))
    classes = tuple(str(one) for one in fitted.classes_)
    answers = Answers(task, name, classes, truth.astype(str), said.astype(str), probability)
    return {"net": panel}, answers


def _galleries(fitted: Any, cut: PictureCut, answers: Answers, seed: int) -> tuple[Gallery, ...]:
    assert answers.truth is not None  # noqa: S101  (filled by _judged)
    assert answers.prediction is not None  # noqa: S101
    if answers.probability is None:
        shown = gallery_of_errors(cut.held, answers.truth, answers.prediction)
    else:
        shown = galleries_of_mistakes(cut.held, answers.truth, list(answers.classes), answers.probability)
    return (*shown, *gallery_of_augmentations(cut.pictures, fitted.training, seed))


def _note(cut: PictureCut, panels: dict[str, dict[str, float]], temperature: float) -> JobNote:
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
        kind="pictures",
        temperature=temperature,
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
        Fact("temperature", f"{note.temperature:.3f}"),
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
