"""Pictures of a training run: one for the loss, one for each metric, one for the learning rate."""

import numpy as np
from jaxtyping import Int
from markupsafe import Markup

from netwright.metrics import SCORE_TABLE
from netwright.report.curves import LearningCurves
from netwright.report.svg import Picture, Scale, axes, line, mark, plot, scale_of, stretched
from netwright.report.wording import number

ABBREVIATIONS = {"auc", "mse"}
SPLITS = (("s1", "training"), ("s2", "validation"))


def epoch_pictures(curves: LearningCurves, best_epoch: int | None) -> list[Picture]:
    """Draw each metric over the epochs with the best epoch and the plateau marked."""
    names = list(dict.fromkeys([*curves.training, *curves.validation]))
    pictures = [_metric(curves, name, best_epoch, marked=name == "loss") for name in names]
    if len(curves.learning_rate) > 1 and np.ptp(curves.learning_rate) > 0:
        pictures.append(_rate(curves))
    return pictures


def _metric(curves: LearningCurves, name: str, best_epoch: int | None, *, marked: bool) -> Picture:
    splits = [
        (style, split, values)
        for (style, split), values in zip(
            SPLITS, (curves.training.get(name), curves.validation.get(name)), strict=True
        )
        if values is not None and np.isfinite(values).any()
    ]
    x = _epoch_scale(curves.epochs)
    y = scale_of(np.concatenate([values for *_, values in splits] or [np.zeros(1)]))
    marks = _marks(curves, best_epoch, x) if marked else []
    label = f"{name} per epoch. " + " ".join(
        f"On {split} rows from {number(values[0])} to {number(values[-1])}." for _, split, values in splits
    )
    lines = [line(x(curves.epochs), y(values), style) for style, _, values in splits]
    drawing = plot(label, [axes(x, y, "epoch", whole=True), *marks, stretched(*lines)])
    legend = tuple((style, split) for style, split, _ in splits)
    return Picture(_heading(name), drawing, legend)


def _heading(name: str) -> str:
    if name in SCORE_TABLE:
        return SCORE_TABLE[name].label
    return name.upper() if name in ABBREVIATIONS else name.replace("_", " ").capitalize()


def _marks(curves: LearningCurves, best_epoch: int | None, x: Scale) -> list[Markup]:
    best = best_epoch or curves.best_epoch
    marks: list[Markup] = []
    if best is not None:
        marks.append(mark(float(x(best)), f"best, epoch {best}", "best"))
    if curves.plateau_epoch is not None:
        marks.append(
            mark(float(x(curves.plateau_epoch)), f"levels off, {curves.plateau_epoch}", "flat", row=1)
        )
    return marks


def _rate(curves: LearningCurves) -> Picture:
    x, y = _epoch_scale(curves.epochs), scale_of([0.0, *curves.learning_rate])
    label = f"Learning rate per epoch, at most {number(float(np.nanmax(curves.learning_rate)))}"
    body = [axes(x, y, "epoch", whole=True), stretched(line(x(curves.epochs), y(curves.learning_rate), "s1"))]
    return Picture("Learning rate", plot(label, body))


def _epoch_scale(epochs: Int[np.ndarray, " epochs"]) -> Scale:
    first, last = float(epochs[0]), float(epochs[-1])
    return Scale(first, last if last > first else first + 1)
