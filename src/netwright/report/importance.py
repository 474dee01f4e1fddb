"""Permutation importance as bars with their spread."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from netwright.report.entries import Importance
from netwright.report.svg import Picture, Scale, at, plot
from netwright.report.wording import clipped, fixed

ROW = 42
MOST_BARS = 12


def ranked(importance: Sequence[Importance]) -> list[Importance]:
    """Put the most important column first; what could not be measured is left out."""
    measured = [item for item in importance if math.isfinite(item.mean) and math.isfinite(item.spread)]
    return sorted(measured, key=lambda item: -item.mean)


def largest(importance: Sequence[Importance]) -> float:
    """Return the size by which all of them are rounded alike."""
    return max((abs(item.mean) for item in ranked(importance)), default=0.0)


def importance_picture(importance: Sequence[Importance], score: str) -> Picture:
    """Draw one bar per column, the most important ones first, with a whisker of one spread each way."""
    shown = ranked(importance)[:MOST_BARS]
    low = min(0.0, *(item.mean - item.spread for item in shown))
    high = max(0.0, *(item.mean + item.spread for item in shown))
    scale = Scale(low, high if high > low else low + 1)
    most = largest(importance)
    label = f"Fall of {score} when a column is shuffled: " + "; ".join(
        f"{item.column} {fixed(item.mean, most)} ± {fixed(item.spread, most)}" for item in shown
    )
    rows = [_row(k, item, scale, most) for k, item in enumerate(shown)]
    drawing = plot(label, rows, shape="rows", height=ROW * len(shown))
    return Picture(f"Fall of {score} when the column is shuffled", drawing)


def _row(k: int, item: Importance, scale: Scale, most: float) -> Markup:
    zero, end = float(scale(0.0)), float(scale(item.mean))
    top = ROW * k
    return Markup(
        '<text class="name" x="0" y="{0}">{1}</text>'
        '<text class="value" x="100%" y="{0}" text-anchor="end">{2} ± {3}</text>'
        '<rect class="bar" x="{4}" width="{5}" y="{6}" height="9" rx="2"/>'
        '<line class="whisker" x1="{7}" x2="{8}" y1="{9}" y2="{9}"/>'
        '<line class="base" x1="{10}" x2="{10}" y1="{11}" y2="{12}"/>'
    ).format(
        top + 14,
        clipped(item.column, 24),
        fixed(item.mean, most),
        fixed(item.spread, most),
        at(min(zero, end)),
        at(abs(end - zero)),
        top + 21,
        at(float(scale(item.mean - item.spread))),
        at(float(scale(item.mean + item.spread))),
        top + 25.5,
        at(zero),
        top + 18,
        top + 33,
    )
