"""Numbers, counts and times as a reader wants them."""

import math
from datetime import timedelta

MINUS = "\N{MINUS SIGN}"


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, without exponent where that reads well.

    Example:
        >>> number(0.75312), number(1234.5), number(12345678.0), number(0.00001234), number(math.nan)
        ('0.753', '1,234', '12,345,678', '1.23e-05', 'n/a')
    """
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size >= 10 ** (digits - 1):
        text = f"{value:,.0f}" if size < 1e9 else f"{value:.{digits - 1}e}"
    elif size >= 1e-3:
        decimals = digits if size < 1 else digits - 1 - math.floor(math.log10(size))
        text = f"{value:.{decimals}f}"
    else:
        text = "0" if value == 0 else f"{value:.{digits - 1}e}"
    return text.replace("-", MINUS, 1) if value < 0 else text


def score(value: float, size: float, digits: int = 4) -> str:
    """Write a score so that it lines up with others of about this size.

    Example:
        >>> score(0.7531, 0.75), score(-0.00014, 0.36), score(45.18, 45.2), score(math.nan, 1.0)
        ('0.7531', '\N{MINUS SIGN}0.0001', '45.18', 'n/a')
    """
    if not math.isfinite(value * size) or abs(value) >= 1e9 or not size:
        return number(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(size))))
    return _signed(f"{value:,.{min(decimals, digits) if size >= 0.001 else decimals}f}")


def leading(text: str) -> str:
    """Write the first letter large.

    Example:
        >>> leading("log loss")
        'Log loss'
    """
    return text[:1].upper() + text[1:]


def fixed(value: float, largest: float, digits: int = 3) -> str:
    """Write a number with the decimals that give `largest` so many significant digits.

    Example:
        >>> fixed(0.0031, largest=0.0214), fixed(3.0, largest=1500.0), fixed(-0.0001, largest=0.5)
        ('0.0031', '3', '0.000')
    """
    decimals = 0 if largest <= 0 else max(0, digits - 1 - math.floor(math.log10(largest)))
    return _signed(f"{value:,.{decimals}f}")


def short(value: float) -> str:
    """Write a number as briefly as it can be said, for the ticks of an axis.

    Example:
        >>> short(0.5), short(1500.0), short(2_000_000.0), short(-3.0)
        ('0.5', '1.5k', '2M', '−3')
    """
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.4g}{letter}".replace("-", MINUS)
    return _signed(f"{value:.4g}")


def percent(share: float) -> str:
    """Write a share of one; what is not quite nothing, or all, does not become so by rounding.

    Example:
        >>> percent(0.125), percent(0.0), percent(0.0004), percent(0.9996)
        ('12.5 %', '0 %', '< 0.1 %', '> 99.9 %')
    """
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def duration(seconds: float) -> str:
    """Write a time.

    Example:
        >>> duration(0.21), duration(42.0), duration(71.0), duration(7260.0)
        ('0.2 s', '42 s', '1 min 11 s', '2 h 1 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def clipped(text: str, width: int) -> str:
    """Shorten a long text with an ellipsis.

    Example:
        >>> clipped("departure", 6)
        'depar…'
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def _signed(text: str) -> str:
    """Give a negative number its proper sign, and nothing its own: a rounded zero has none."""
    if not text.startswith("-"):
        return text
    return MINUS + text[1:] if text.strip("-0.,") else text[1:]
