"""Times and sizes as words of the command line."""

from netwright.core.errors import InputError


def read_seconds(text: str, option: str = "--time-limit") -> float:
    """Return the seconds that a text such as 90, 90s, 5m or 1h stands for.

    Args:
        text: a positive number with or without a unit.
        option: whose text it is.

    Raises:
        InputError: when it is something else.

    Example:
        >>> read_seconds("5m")
        300.0
    """
    seconds = _number(text, {"s": 1, "m": 60, "h": 3600})
    if not 0 < seconds < float("inf"):
        raise InputError(f"{option} must be a time", repr(text), "write 90, 90s, 5m or 1h")
    return seconds


def read_bytes(text: str | None, option: str = "--memory") -> int | None:
    """Return the bytes that a text such as 800M or 4G stands for; None for None.

    Args:
        text: a number, 0 or above, with or without a unit of 1,024.
        option: whose text it is.

    Raises:
        InputError: when it is something else.

    Example:
        >>> read_bytes("4G")
        4294967296
    """
    if text is None:
        return None
    size = _number(text.upper().removesuffix("B"), {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40})
    if not 0 <= size < float("inf"):
        raise InputError(f"{option} must be a size", repr(text), "write 800M or 4G")
    return int(size)


def _number(text: str, units: dict[str, int]) -> float:
    """What a number with a unit stands for, or -1."""
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    try:
        return float(number) * unit
    except ValueError:
        return -1.0
