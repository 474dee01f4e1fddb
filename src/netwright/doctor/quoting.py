"""The lines of a script around the one that a finding names."""

from pathlib import Path
from typing import Any

AROUND = 2
"""Lines before and after."""


def quote(diagnosis: dict[str, Any]) -> dict[str, Any]:
    """Return a diagnosis in which each finding that names a line carries the lines around it.

    Args:
        diagnosis: as plain values. Files are read as they are now, from where the script was started.

    Example:
        >>> told = {"findings": [{"where": {"file": "none.py", "line": 3}}]}
        >>> quote(told)["findings"][0]["quote"]
        []
    """
    findings = [{**one, "quote": _lines(one["where"])} for one in diagnosis["findings"]]
    return {**diagnosis, "findings": findings}


def _lines(where: dict[str, Any]) -> list[tuple[int, str]]:
    if not where.get("file"):
        return []
    try:
        text = Path(where["file"]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    first = max(1, where["line"] - AROUND)
    return list(enumerate(text[first - 1 : where["line"] + AROUND], first))
