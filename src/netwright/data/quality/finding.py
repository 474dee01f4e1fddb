"""What a check says about a table."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TableFinding:
    """One thing about a table that its user should know.

    Args:
        kind: which check found it.
        severity: "warning" where scores or predictions may mislead, else "note".
        message: what was found, in a sentence.
        columns: the columns it is about.
        rows: the rows it is about, counted from 0, at most the first 100.
        remedy: what can be done.

    Example:
        >>> TableFinding("constant", "note", "'unit' has one value.", ("unit",), (), "leave it out").severity
        'note'
    """

    kind: str
    severity: Literal["warning", "note"]
    message: str
    columns: tuple[str, ...]
    rows: tuple[int, ...]
    remedy: str
