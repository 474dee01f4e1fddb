"""Pictures of sequences: coloured text, a coloured series, and attention as a table of shades."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError

WARM, COLD = (220, 30, 20), (20, 70, 220)
"""The colours of what is above 0, and below it."""


def coloured_text(tokens: Sequence[Any], values: Any, *, gap: str = " ") -> str:
    """Return a text as HTML, each token on red where a number is above 0 and on blue where it is below.

    Use it to read what a unit does over a text (`recurrent_states`), or what an answer hangs on
    (`saliency_over_time`). The largest absolute number has the full colour; each token tells its number when
    it is pointed to.

    Args:
        tokens: words or characters.
        values: one number for each.
        gap: what stands between two tokens; "" for characters.

    Raises:
        InputError: when there are not as many numbers as tokens.

    Example:
        >>> print(coloured_text(["a", "<"], [0.0, -2.0], gap=""))
        <p><span style="background:rgba(220,30,20,0.00)" title="0">a</span><span ...title="-2">&lt;</span></p>
    """
    numbers = _numbers(values, "values", 1)
    if len(numbers) != len(tokens):
        came = f"{len(numbers)} for {len(tokens)}"
        raise InputError("values must be one for each token", came, "cut both to the same length")
    spans = [
        f'<span style="background:{colour}" title="{number:.4g}">{escape(str(token))}</span>'
        for token, number, colour in zip(tokens, numbers, _colours(numbers), strict=True)
    ]
    return f"<p>{escape(gap).join(spans)}</p>"


def coloured_series(series: Any, values: Any, *, width: int = 640, height: int = 160) -> str:
    """Return a series as an SVG line, on red where a number is above 0 and on blue where it is below.

    Use it for series as `coloured_text` for texts: what a unit does, or what an answer hangs on.

    Args:
        series: (time), what is drawn as a line.
        values: (time), what colours the ground behind it.
        width: pixels.
        height: pixels.

    Raises:
        InputError: when the two are not equally long, or have other axes.

    Example:
        >>> coloured_series([0, 1, 0], [0.0, 1.0, -1.0]).count("<rect")
        3
    """
    line, numbers = _numbers(series, "series", 1), _numbers(values, "values", 1)
    if len(line) != len(numbers) or not len(line):
        came = f"{len(line)} and {len(numbers)}"
        raise InputError("series and values must be equally long, of one step or more", came, "cut both")
    step, low = width / len(line), line.min()
    up = 4 + (height - 8) * (1 - (line - low) / max(float(np.ptp(line)), 1e-12))
    rows = zip(line, numbers, _colours(numbers), strict=True)
    ground = "".join(
        f'<rect x="{t * step:.2f}" y="0" width="{step:.2f}" height="{height}" fill="{colour}">'
        f"<title>step {t}: {point:.4g}, {number:.4g}</title></rect>"
        for t, (point, number, colour) in enumerate(rows)
    )
    points = " ".join(f"{(t + 0.5) * step:.2f},{y:.2f}" for t, y in enumerate(up))
    drawn = f'<polyline points="{points}" fill="none" stroke="#222" stroke-width="1.5"/>'
    return _svg(width, height, ground + drawn)


def attention_svg(weights: Any, queries: Sequence[Any], keys: Sequence[Any], *, cell: int = 22) -> str:
    """Return an attention as an SVG table: what looks in rows, what is looked at in columns.

    Use it for weights of any attention, addresses of a `NeuralTuringMachine`, hops of a `MemoryNetwork`, or
    links of `explain_tokens`. The darkest cell is the largest number of the table.

    Args:
        weights: (queries, keys), 0 or more.
        queries: labels of the rows.
        keys: labels of the columns.
        cell: side of a cell in pixels.

    Raises:
        InputError: when labels do not fit the weights, or a weight is below 0.

    Example:
        >>> attention_svg([[1.0, 0.0]], ["le"], ["the", "a"]).count("<rect")
        2
    """
    table = _numbers(weights, "weights", 2)
    if table.shape != (len(queries), len(keys)) or (table < 0).any():
        came = f"{table.shape} for {len(queries)} and {len(keys)}"
        raise InputError("weights must be (queries, keys) and not below 0", came, "give a label to each")
    left = 8 + 8 * max((len(str(one)) for one in queries), default=0)
    top = 8 + 8 * max((len(str(one)) for one in keys), default=0)
    shades = table / max(float(table.max(initial=0.0)), 1e-12)
    cells = "".join(
        f'<rect x="{left + j * cell}" y="{top + i * cell}" width="{cell}" height="{cell}" '
        f'fill="rgba(20,70,220,{shades[i, j]:.3f})" stroke="#ddd"><title>{escape(str(query))} looks at '
        f"{escape(str(key))}: {table[i, j]:.3g}</title></rect>"
        for i, query in enumerate(queries)
        for j, key in enumerate(keys)
    )
    style = 'font-family="monospace" font-size="12"'
    rows = "".join(
        f'<text x="{left - 4}" y="{top + (i + 0.7) * cell:.1f}" text-anchor="end" {style}>'
        f"{escape(str(one))}</text>"
        for i, one in enumerate(queries)
    )
    columns = "".join(
        f'<text transform="translate({left + (j + 0.7) * cell:.1f},{top - 4}) rotate(-90)" {style}>'
        f"{escape(str(one))}</text>"
        for j, one in enumerate(keys)
    )
    return _svg(left + len(keys) * cell + 1, top + len(queries) * cell + 1, cells + rows + columns)


def _svg(width: int, height: int, inner: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inner}</svg>'


def _numbers(values: Any, name: str, axes: int) -> NDArray[np.float64]:
    given = values.detach().cpu() if hasattr(values, "detach") else values
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.ndim != axes or not np.isfinite(numbers).all():
        mend = "take one row, and leave gaps out"
        raise InputError(f"{name} must be finite numbers with {axes} axes", str(numbers.shape), mend)
    return numbers


def _colours(numbers: NDArray[np.float64]) -> list[str]:
    most = max(float(np.abs(numbers).max(initial=0.0)), 1e-12)
    shades = [(WARM if number >= 0 else COLD, abs(number) / most) for number in numbers]
    return [f"rgba({red},{green},{blue},{0.75 * share:.2f})" for (red, green, blue), share in shades]
