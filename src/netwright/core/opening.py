"""Rooms that open part by part: what a room offers is imported when it is first asked for."""

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def opening(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a room, whose exports stand under `if TYPE_CHECKING:`.

    So `from netwright.data import Corpus` imports neither torch nor pandas, which other parts of the room
    need. Type checkers and documentation read the same lines.

    Args:
        room: the room's `__name__`.
        file: its `__file__`.

    Example:
        >>> import netwright.data
        >>> get, names = opening("netwright.data", netwright.data.__file__)
        >>> get("split_rows").__module__
        'netwright.data.splits'
        >>> "split_rows" in names()
        True
    """
    where: dict[str, str] = {}
    for node in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and line.module:
                    where |= {one.asname or one.name: line.module for one in line.names}

    def get(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"{room} has no {name!r}; it offers {', '.join(sorted(where))}")
        value = getattr(importlib.import_module(where[name]), name)
        setattr(sys.modules[room], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[room]), *where})

    return get, names
