"""What mkdocs adds to the pages: each room's reference, the table of the compendium, the doctor's causes."""

import html
import importlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netwright.compendium import Row, open_object, rows
from netwright.doctor.kinds import KINDS

sys.path.append(str(Path(__file__).parent))  # mkdocs opens a hook by its path

from public import home_of, words_of

TABLE = "<!-- the table of techniques -->"
PARTS = "<!-- the table of parts -->"
KINDS_OF_REASON = re.compile(r"<!-- kinds of reason (\d+) -->")
NOT_OFFERED = {"cli"}  # used by typing, not by importing


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs with each page before it is rendered."""
    markdown = markdown.replace("```python no-run", "```python")
    if TABLE in markdown:
        return markdown.replace(TABLE, table_of_techniques())
    kind = re.fullmatch(r"doctor/(\w+)\.md", page.file.src_uri)
    if kind and kind[1] in KINDS:
        return f"{markdown}\n{causes_of(kind[1])}"
    markdown = KINDS_OF_REASON.sub(lambda found: kinds_of(int(found[1])), markdown)
    room = re.fullmatch(r"rooms/(\w+)\.md", page.file.src_uri)
    if room:
        markdown = markdown.replace(PARTS, table_of_parts(room[1]))
    if room and room[1] not in NOT_OFFERED:
        return f"{markdown}\n\n## Reference\n\n::: netwright.{room[1]}\n{below(room[1])}"
    return markdown


def below(room: str) -> str:
    """References of the techniques that a room keeps below its door, such as the doctor's checks."""
    offered = set(getattr(importlib.import_module(f"netwright.{room}"), "__all__", ()))
    found = {row.object for row in rows() if row.room == room and row.object.split(".")[2] not in offered}
    return "".join(f"\n::: {path}\n    options:\n      show_root_heading: true\n" for path in sorted(found))


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


def table_of_parts(room: str) -> str:
    """A room's techniques by family: what each docstring says of use and formula, source and proof."""
    families: dict[str, list[str]] = {}
    for row in rows():
        if row.room == room:
            obj = open_object(row)
            line = part_of(row, words_of(row.object, obj))
            families.setdefault(family_of(row, obj), []).append(line)
    heads = ["| part | what it is, when to use it | formula | source | proof |", "|---|---|---|---|---|"]
    parts: list[str] = []
    for family, lines in sorted(families.items()):
        if family:
            said = importlib.import_module(f"netwright.{room}.{family}").__doc__ or ""
            parts += [f"## {family.replace('_', ' ')}", "", " ".join(said.split()), ""]
        parts += [*heads, *sorted(lines, key=str.lower), ""]
    return "\n".join(parts)


def family_of(row: Row, obj: Any) -> str:
    """The package inside its room in which a technique lives; nothing for the room itself or a guest."""
    _, room, *below = home_of(row.object, obj).split(".")
    return below[0] if room == row.room and len(below) > 1 else ""


def part_of(row: Row, words: str) -> str:
    """One part as a line of its room's table."""
    body = re.split(r"^[A-Z][a-z]+:$", words, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = [block for block in re.split(r"\n\s*\n", body) if block.strip()]
    said = [" ".join(block.split()) for block in blocks if not block.startswith("    ")]
    use = next((block for block in said[1:] if re.match(r"(Use|For|Give|Put|Where|When)\b", block)), "")
    formula = "<br>".join(
        f"<code>{text(line.strip())}</code>"
        for block in blocks
        if block.startswith("    ")
        for line in block.splitlines()
    )
    name = row.object.rpartition(".")[2]
    told = " ".join(cell(block) for block in (said[0] if said else row.technique, use) if block)
    proof = f"`{row.proof.rpartition('::')[2]}`"
    return f"| [`{name}`][{row.object}] | {told} | {formula} | {linked(text(row.source))} | {proof} |"


def cell(words: str) -> str:
    """Words of a docstring in a cell of a table; what stands in back quotes stays code."""
    return words.replace("|", "&#124;")


def kinds_of(reason: int) -> str:
    """The kinds of the doctor that answer one of the 37 reasons, each linked to its page."""
    found = [name for name, kind in KINDS.items() if reason in kind.reasons]
    return linked_kinds(found, "../doctor/") or "no kind of its own"


def causes_of(name: str) -> str:
    """Where a kind stands in the cause tree: its reasons, its effects, and what it may follow from."""
    reasons = KINDS[name].reasons
    following = dict.fromkeys(KINDS[name].causes)
    roots = [other for other, kind in KINDS.items() if name in kind.causes]
    numbers = " and ".join(filter(None, (", ".join(map(str, reasons[:-1])), str(reasons[-1]))))
    listed = "[the 37 reasons](../rooms/doctor.md#the-37-reasons)"
    lines = ["## In the cause tree", "", f"Of {listed}: {numbers}."]
    if following:
        lines += ["", f"Told with it, as what follows from it: {linked_kinds(following)}."]
    if roots:
        lines += ["", f"It may itself follow from: {linked_kinds(roots)}."]
    return "\n".join(lines) + "\n"


def linked_kinds(names: Iterable[str], folder: str = "") -> str:
    """Kinds as links to their pages."""
    return ", ".join(f"[{name}]({folder}{name}.md)" for name in names)
