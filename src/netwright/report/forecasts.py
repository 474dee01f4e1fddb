"""Lines of series with the steps ahead, their bands, and what was forecast from earlier origins."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from netwright.report.svg import Picture, Scale, axes, line, mark, path, plot, scale_of, stretched
from netwright.report.wording import number

STRENGTHS = ("h1", "h2", "h3")
"""Of bands, the widest first."""


@dataclass(frozen=True)
class ForecastLine:
    """One line of a series as it is drawn.

    Args:
        name: of the series or the target; empty where there is one line.
        times: of all steps, seen and ahead, as they should stand at the axis.
        seen: values up to now, NaN where missing.
        ahead: forecasts of the steps after them.
        lower: lower ends of the bands, by the share that they should hold.
        upper: upper ends.
        backtests: (origin, forecasts): how many of `seen` were known, and what was forecast then.

    Example:
        >>> one = ForecastLine("", ("1", "2", "3"), np.array([1.0, 2.0]), np.array([3.0]), {}, {})
        >>> one.times[len(one.seen)]
        '3'
    """

    name: str
    times: tuple[str, ...]
    seen: np.ndarray
    ahead: np.ndarray
    lower: Mapping[float, np.ndarray]
    upper: Mapping[float, np.ndarray]
    backtests: tuple[tuple[int, np.ndarray], ...] = ()


def forecast_pictures(lines: tuple[ForecastLine, ...]) -> list[Picture]:
    """Draw each line."""
    return [_picture(one) for one in lines]


def _picture(one: ForecastLine) -> Picture:
    n_seen, n_ahead = len(one.seen), len(one.ahead)
    levels = sorted(one.lower, reverse=True)
    ends = [end for level in levels for end in (one.lower[level], one.upper[level])]
    x = Scale(0.0, float(max(n_seen + n_ahead - 1, 1)))
    y = scale_of(np.concatenate([one.seen, one.ahead, *ends, *(values for _, values in one.backtests)]))
    steps = np.arange(n_seen + n_ahead, dtype=np.float64)
    drawn = [
        _band(x(steps[n_seen:]), y(one.lower[level]), y(one.upper[level]), strength)
        for level, strength in zip(levels, STRENGTHS, strict=False)
    ]
    drawn.append(line(x(steps[:n_seen]), y(one.seen), "s1"))
    drawn += [
        line(x(np.arange(origin, origin + len(values), dtype=np.float64)), y(values), "s2")
        for origin, values in one.backtests
    ]
    drawn.append(line(x(steps[n_seen - 1 :]), y(np.r_[one.seen[-1:], one.ahead]), "s3"))
    of = f" of {one.name}" if one.name else ""
    label = f"Forecasts{of}: from {number(float(one.ahead[0]))} to {number(float(one.ahead[-1]))}"
    body = [
        axes(x, y, "", texts=_texts(one.times)),
        stretched(*drawn),
        mark(float(x(n_seen - 1.0)), "now", "best"),
    ]
    legend = (
        ("s1", "seen"),
        *((("s2", "forecast from earlier origins"),) if one.backtests else ()),
        ("s3", "forecast"),
    )
    return Picture(one.name or "Forecast", plot(label, body), legend, _caption(one, levels))


def _band(x: np.ndarray, low: np.ndarray, high: np.ndarray, strength: str) -> Markup:
    """One filled shape between two curves, in per mille."""
    around = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
    points = "L".join(f"{a:.1f} {1000 - b:.1f}" for a, b in around if np.isfinite(a + b))
    return path(f"M{points}z" if points else "", f"heat {strength}")


def _texts(times: tuple[str, ...]) -> list[tuple[float, str]]:
    """Where times stand at the axis, and how: five of them at most."""
    places = np.unique(np.linspace(0, len(times) - 1, 5).round().astype(int))
    return [(float(place), times[place]) for place in places]


def _caption(one: ForecastLine, levels: list[float]) -> str:
    if not levels:
        return ""
    level = levels[-1]
    low, high = number(float(one.lower[level][-1])), number(float(one.upper[level][-1]))
    said = f"At {one.times[-1]} the forecast is {number(float(one.ahead[-1]))}"
    return f"{said}, with {100 * level:.0f} % from {low} to {high}."
