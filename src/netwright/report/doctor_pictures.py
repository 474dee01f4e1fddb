"""Pictures of the doctor's page: losses over the steps, and scores as bars."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from netwright.report.svg import Picture, Scale, at, axes, dots, line, mark, plot, scale_of, stretched
from netwright.report.wording import MINUS, clipped, number, score

BAR = 46
WIDE = 50.0
"""Times the smallest loss from which the axis shows powers of ten."""
SCORES = {"numbers": "share of the variance explained"}


def numbers(values: Iterable[Any]) -> list[float]:
    """Read numbers out of JSON, where those that it has not are words.

    Example:
        >>> numbers([1, "nan", "inf", 0.5])
        [1.0, nan, inf, 0.5]
    """
    return [float(value) for value in values]


def curve_picture(run: Mapping[str, Any]) -> Picture:
    """Draw the losses of the steps, and those on held-out rows where they are known.

    Example:
        >>> curve_picture({"losses": [2.0, 1.0], "steps_between": 5}).title
        'Loss over the steps'
    """
    curves = [("s1", "training steps", _steps(run), numbers(run["losses"]))]
    held_out = [(step, float(loss)) for step, loss in run.get("held_out_losses", ())]
    if len(held_out) > 1:
        curves.append(
            ("s2", "held-out rows", [float(step) for step, _ in held_out], [y for _, y in held_out])
        )
    return _drawn("Loss over the steps", curves)


def curves_picture(runs: Mapping[str, Mapping[str, Any]]) -> Picture:
    """Draw the losses of several runs in one picture.

    Args:
        runs: name -> what is told of it.

    Example:
        >>> told = {"losses": [2.0, 1.0], "steps_between": 1}
        >>> curves_picture({"before": told, "with the remedy": told}).legend
        (('s2', 'before'), ('s1', 'with the remedy'))
    """
    styles = ("s2", "s1", "s3")
    found = [
        (style, name, _steps(run), numbers(run["losses"]))
        for style, (name, run) in zip(styles, runs.items(), strict=False)
    ]
    return _drawn("Training loss over the steps", found)


def _steps(run: Mapping[str, Any]) -> list[float]:
    every = int(run.get("steps_between", 1))
    return [float(every * place) for place in range(len(run["losses"]))]


def _drawn(title: str, curves: list[tuple[str, str, list[float], list[float]]]) -> Picture:
    finite = [loss for *_, losses in curves for loss in losses if math.isfinite(loss)]
    wide = bool(finite) and min(finite) > 0 and max(finite) > WIDE * min(finite)
    rescaled = np.log10 if wide else np.asarray
    heights = [rescaled(np.asarray(losses, dtype=np.float64)) for *_, losses in curves]
    y = scale_of(value for one in heights for value in one.tolist())
    last = max([steps[-1] for _, _, steps, _ in curves] + [1.0])
    x = Scale(0.0, last)
    lines = [
        line(x(np.asarray(steps)), y(np.where(np.isfinite(high), high, np.nan)), style)
        for (style, _, steps, _), high in zip(curves, heights, strict=True)
    ]
    points = [
        dots(x(np.asarray(steps)), y(high), f"{style} few")
        for (style, name, steps, _), high in zip(curves, heights, strict=True)
        if name == "held-out rows" and len(steps) <= 40 and bool(np.isfinite(high).all())
    ]
    label = f"{title}. " + " ".join(
        f"{name}: from {number(losses[0])} to {number(losses[-1])}." for _, name, _, losses in curves
    )
    body = [axes(x, y, "step", whole=True), *_breaks(curves, x), stretched(*lines, *points)]
    caption = f"The vertical axis shows powers of ten: 0 is a loss of 1, {MINUS}1 one of 0.1." if wide else ""
    return Picture(title, plot(label, body), tuple((style, name) for style, name, *_ in curves), caption)


def _breaks(curves: list[tuple[str, str, list[float], list[float]]], x: Scale) -> list[Markup]:
    """A mark where the first curve ceases to be a number."""
    _, _, steps, losses = curves[0]
    broken = [step for step, loss in zip(steps, losses, strict=True) if not math.isfinite(loss)]
    return [mark(float(x(broken[0])), f"no number from step {broken[0]:.0f}", "flat")] if broken else []


def bar_picture(scores: Mapping[str, float], run: Mapping[str, Any], own: str = "network") -> Picture:
    """Draw scores as bars from 0 on, the best one on top.

    Args:
        scores: name -> score, of which greater is better.
        run: what is told of the run: its task, and whether rows were held out.
        own: name of the bar that stands out.

    Example:
        >>> bar_picture({"network": 0.9, "constant": 0.5}, {"task": "classes", "held_out": True}).title
        'Accuracy on held-out rows'
    """
    ordered = sorted(scores.items(), key=lambda one: -one[1])
    top = max(1.0, *(value for _, value in ordered)) if run.get("task") != "numbers" else 1.0
    rows = [_bar(k, name, value, top, name == own) for k, (name, value) in enumerate(ordered)]
    what = SCORES.get(str(run.get("task")), "accuracy")
    where = "on held-out rows" if run.get("held_out") else "on training rows"
    title = f"{what[0].upper()}{what[1:]} {where}"
    said = "; ".join(f"{name} {score(value, 1.0)}" for name, value in ordered)
    caption = "" if run.get("held_out") else "The simple models are cross-validated on these rows."
    drawing = plot(f"{title}: {said}", rows, shape="rows", height=BAR * len(rows))
    return Picture(title, drawing, (), caption if own == "network" else "")


def _bar(k: int, name: str, value: float, top: float, own: bool) -> Markup:
    length: Float[np.ndarray, ""] = Scale(0.0, top)(min(max(value, 0.0), top))
    return Markup(
        '<g class="{0}"><text class="name" x="0" y="{1}">{2}</text>'
        '<text class="value" x="100%" y="{1}" text-anchor="end">{3}</text>'
        '<rect class="groove" x="0" width="100%" y="{4}" height="10" rx="5"/>'
        '<rect class="{6}" x="0" width="{5}" y="{4}" height="10" rx="5"/></g>'
    ).format(
        "net" if own else "other",
        BAR * k + 14,
        clipped(name, 32),
        score(value, 1.0),
        BAR * k + 23,
        at(float(length)),
        "fill" if own else "rest",
    )
