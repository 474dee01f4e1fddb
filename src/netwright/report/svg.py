"""Drawing in SVG by hand: no size is fixed but that of text and lines.

A plot is an SVG without viewBox whose padding holds the labels: inside it percentages are positions on the
data's own axes, so that the picture stretches with the page while its text keeps the size of the page's.
Colours are classes; the style sheet gives them their light and their dark value.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from netwright.report.wording import clipped, short

POINTS = 200
SERIES = 8


@dataclass(frozen=True)
class Picture:
    """A drawn figure with its heading, its legend of (series class, name), and a sentence below."""

    title: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    caption: str = ""


@dataclass(frozen=True)
class Scale:
    """The range of one axis; positions are per mille of its length."""

    low: float
    high: float

    def __call__(self, values: Float[np.ndarray, "*any"] | float) -> Float[np.ndarray, "*any"]:
        """Return positions from 0 to 1000."""
        return 1000 * (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)

    def ticks(self, about: int = 5) -> list[float]:
        """Return round values inside the range.

        Example:
            >>> Scale(0, 1).ticks()
            [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        """
        rough = (self.high - self.low) / about
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{k * step:.10g}") for k in range(first, last + 1)]


def scale_of(values: Iterable[float], margin: float = 0.04) -> Scale:
    """Make a scale that holds the finite ones of these values, with a little air."""
    array = np.fromiter(values, dtype=np.float64)
    array = array[np.isfinite(array)]
    if not len(array):
        return Scale(0, 1)
    low, high = float(array.min()), float(array.max())
    air = margin * (high - low) or max(abs(low), 1.0) * 0.5
    return Scale(low - air, high + air)


def plot(label: str, body: Iterable[Markup], *, shape: str = "", height: int = 0) -> Markup:
    """Frame a drawing as one picture that a screen reader names by `label`."""
    style = Markup(' style="height:{}px"').format(height) if height else ""
    return Markup('<svg class="plot {}" role="img" aria-label="{}"{}>{}</svg>').format(
        shape, label, style, Markup("").join(body)
    )


def axes(
    x: Scale,
    y: Scale,
    x_label: str,
    *,
    whole: bool = False,
    texts: Sequence[tuple[float, str]] | None = None,
) -> Markup:
    """Draw grid lines with the values of both axes.

    `whole` keeps fractions off the horizontal one; `texts` are what stands there instead of values.
    """
    below = texts or [(tick, short(tick)) for tick in x.ticks(4) if not whole or tick == round(tick)]
    parts = [
        Markup(
            '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>'
            '<text class="tick" x="0" y="{0}" dx="-8" dy=".32em" text-anchor="end">{1}</text>'
        ).format(at(1000 - float(y(tick))), short(tick))
        for tick in y.ticks()
    ]
    parts += [
        Markup('<text class="tick" x="{}" y="100%" dy="18" text-anchor="middle">{}</text>').format(
            at(float(x(tick))), text
        )
        for tick, text in below
    ]
    parts.append(Markup('<line class="base" x1="0" x2="100%" y1="100%" y2="100%"/>'))
    parts.append(
        Markup('<text class="axis" x="100%" y="100%" dy="36" text-anchor="end">{}</text>').format(
            clipped(x_label, 40)
        )
    )
    return Markup("").join(parts)


def stretched(*paths: Markup) -> Markup:
    """Hold paths whose coordinates are per mille of both axes."""
    return Markup(
        '<svg class="stretch" width="100%" height="100%" viewBox="0 0 1000 1000" '
        'preserveAspectRatio="none">{}</svg>'
    ).format(Markup("").join(paths))


def path(d: str, classes: str) -> Markup:
    """Draw one path in a stretched frame."""
    return Markup('<path class="{}" d="{}"/>').format(classes, d)


def line(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], classes: str) -> Markup:
    """Draw a curve given in per mille, thinned to some 200 points; gaps stay open."""
    finite = np.isfinite(x) & np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.r_[False, finite, False].astype(int)))
    pieces = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        points = thinned(x[start:stop], y[start:stop])
        pieces.append("M" + "L".join(f"{_short(a)} {_short(1000 - b)}" for a, b in points))
    return path("".join(pieces), f"line {classes}")


def thinned(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], keep: int = POINTS
) -> list[tuple[float, float]]:
    """Keep points that stand about equally far apart along the curve, first and last among them."""
    if len(x) > keep:
        walked = np.r_[0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
        rows = np.unique(np.searchsorted(walked, np.linspace(0, walked[-1], keep)).clip(0, len(x) - 1))
        rows = np.unique(np.r_[0, rows, len(x) - 1])
        x, y = x[rows], y[rows]
    return list(zip(x.tolist(), y.tolist(), strict=True))


def dots(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], classes: str) -> Markup:
    """Draw round points in a stretched frame: strokes of no length with round ends."""
    pieces = (f"M{_short(a)} {_short(1000 - b)}h0" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return path("".join(pieces), f"dots {classes}")


def bars(counts: Sequence[float], classes: str, *, gap: float = 0.12, highest: float = 0.0) -> Markup:
    """Draw columns of equal width that fill a stretched frame."""
    top = highest or max(counts, default=0) or 1
    width = 1000 / max(len(counts), 1)
    pieces = []
    for k, count in enumerate(counts):
        height = max(1000 * count / top, 12.0 if count else 0.0)  # what is there should be seen
        if height:
            left, broad = _short((k + gap / 2) * width), _short((1 - gap) * width)
            pieces.append(f"M{left} 1000v-{_short(height)}h{broad}v{_short(height)}z")
    return path("".join(pieces), classes)


def mark(x: float, label: str, classes: str, row: int = 0) -> Markup:
    """Draw a vertical line at `x` per mille with its name at the top, on the side that has room."""
    left = x > 500
    return Markup(
        '<line class="mark {0}" x1="{1}" x2="{1}" y1="{5}" y2="100%"/>'
        '<text class="note" x="{1}" y="{5}" dx="{2}" dy="10" text-anchor="{3}">{4}</text>'
    ).format(classes, at(x), -6 if left else 6, "end" if left else "start", label, 17 * row)


def series(k: int) -> str:
    """Name the class of the k-th series; colour and dashes of each are in the style sheet."""
    return f"s{k % SERIES + 1}"


def at(per_mille: float) -> str:
    """Write a position as a percentage."""
    return f"{per_mille / 10:.2f}".rstrip("0").rstrip(".") + "%"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
