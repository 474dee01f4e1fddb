"""How values, names and row numbers are put into one-line messages."""

from collections.abc import Iterable
from typing import Any

MAX_VALUE = 40
MAX_NAMES = 5


def shown(value: Any, limit: int = MAX_VALUE) -> str:
    """Return a value as it is shown in a message: quoted where it is text, on one line, never long.

    Args:
        value: any value, of a cell or a name.
        limit: characters after which an ellipsis stands.

    Example:
        >>> shown("red"), shown(2.5), shown("a" * 100, limit=10)
        ("'red'", '2.5', "'aaaaaaaaa…'")
    """
    text = repr(str(value)) if isinstance(value, str) else " ".join(str(value).split())
    if len(text) <= limit + 2:
        return text
    return text[:limit] + ("…'" if isinstance(value, str) else "…")


def listed(names: Iterable[Any], limit: int = MAX_NAMES) -> str:
    """Return several names as one phrase, the first few of them spelt out.

    Args:
        names: what is listed.
        limit: how many are spelt out.

    Example:
        >>> listed(["a", "b", "c"], limit=2)
        "'a', 'b' and 1 more"
    """
    names = [shown(str(name)) for name in names]
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
