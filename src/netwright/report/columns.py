"""The data profile: one line per column, with a tiny histogram."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from netwright.report.entries import ColumnProfile
from netwright.report.svg import bars
from netwright.report.wording import percent

FIRST = 15
MOST_DRAWN = 300


@dataclass(frozen=True)
class ProfileRow:
    """One row of the table as it is printed."""

    column: ColumnProfile
    missing: str
    drawing: Markup


def profile_rows(columns: Sequence[ColumnProfile]) -> list[ProfileRow]:
    """Prepare the rows; in very wide tables only the first columns get a drawing."""
    return [
        ProfileRow(
            column, percent(column.missing_share), _sparkline(column) if k < MOST_DRAWN else Markup("")
        )
        for k, column in enumerate(columns)
    ]


def _sparkline(column: ColumnProfile) -> Markup:
    if not column.histogram:
        return Markup("")
    counts = [count for _, count in column.histogram]
    label, most = max(column.histogram, key=lambda pair: pair[1])
    said = f"Histogram of {column.name}: most at {label}, {percent(most / max(sum(counts), 1))}"
    style = "ordered" if column.kind in {"number", "date"} else "named"
    return Markup(
        '<svg class="spark {}" role="img" aria-label="{}" viewBox="0 0 1000 1000" '
        'preserveAspectRatio="none">{}</svg>'
    ).format(style, said, bars(counts, "fill", gap=0.12 if style == "ordered" else 0.3))
