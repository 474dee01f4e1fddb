"""What mkdocs adds to the pages by itself: each room's reference, and the table of the compendium."""

import html
import re
from typing import Any

from netwright.compendium import Row, rows

TABLE = "<!-- the table of techniques -->"
NOT_OFFERED = {"cli"}  # used by typing, not by importing


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs with each page before it is rendered."""
    markdown = markdown.replace("```python no-run", "```python")
    if TABLE in markdown:
        return markdown.replace(TABLE, table_of_techniques())
    room = re.fullmatch(r"rooms/(\w+)\.md", page.file.src_uri)
    if room and room[1] not in NOT_OFFERED:
        return f"{markdown}\n\n## Reference\n\n::: netwright.{room[1]}\n"
    return markdown


def table_of_techniques() -> str:
    """The compendium as one table per room, each object linked to its reference."""
    parts: list[str] = []
    for room in sorted({row.room for row in rows()}):
        lines = [line_of(row) for row in rows() if row.room == room]
        heading = f"## [{room}](rooms/{room}.md)"
        parts += [heading, "", "| technique | object | source | proof |", "|---|---|---|---|", *lines, ""]
    return "\n".join(parts)


def line_of(row: Row) -> str:
    """One technique as a line of a table."""
    short = row.object.partition(".")[2].partition(".")[2]
    cells = [
        text(row.technique),
        f"[`{short}`][{row.object}]",
        linked(text(row.source)),
        f"`{row.proof.rpartition('::')[2]}`",
    ]
    return f"| {' | '.join(cells)} |"


def text(words: str) -> str:
    """Words as they are, in a cell of a table."""
    return html.escape(words, quote=False).replace("|", "&#124;")


def linked(source: str) -> str:
    """A source whose arXiv number or DOI can be followed."""
    source = re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", source)
    return re.sub(r"doi:(10\.[^\s,;]+[^\s,;.])", r"[doi:\1](https://doi.org/\1)", source)
