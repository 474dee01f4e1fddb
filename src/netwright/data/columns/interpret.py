"""What words mean: numbers written as text, dates, codes, or plain words; and what may not be mixed."""

import re

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from netwright.core.errors import TableError
from netwright.data.columns.values import Dates, Numbers, Words, out_of_range
from netwright.data.wording import shown

ISO_DATE = (
    r"\d{4,6}[-/]\d{1,2}[-/]\d{1,2}"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
OTHER_DATE = r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:[ T].*)?"
# 1,5 or 1,234.50 or 12 % or $12: numbers to a reader, words to a computer
DISGUISED = r"[-+]?[$€£]?\s?(?:\d+,\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?[%$€£]?"
FEW_NUMBERS = 0.05
YEARS = (1678, 2261)
SAMPLE = 1000


def interpret(name: str, words: Words) -> Numbers | Dates | Words:
    """Return words as what they mean: numbers or dates where all of them are, else words.

    The rules, in this order. All empty: numbers, all missing. Every word reads as a number, none with a
    leading zero (007 is a code): numbers. Every word is an ISO date (2013-01-05, with or without a time):
    dates. Half of the rows or more are dates, but not all: an error. At least 5 % of the rows are numbers and
    most of the others are words without any digit: an error, since the words are probably notes for what is
    missing. Numbers with a decimal comma, a currency or a per cent sign: an error. All else: words.

    Args:
        name: the column's name, for messages.
        words: the column.

    Raises:
        TableError: naming the column, an example row of each kind and the remedy.

    Example:
        >>> interpret("a", Words(np.array([0, 1, 0]), np.array(["12", "13"], dtype=object))).array
        array([12., 13., 12.])
        >>> interpret("a", Words(np.array([0, 1, 0]), np.array(["12", "?"], dtype=object)))
        Traceback (most recent call last):
        netwright.core.errors.TableError: column 'a' must hold numbers or words, got both: '12' in row ...
    """
    if words.stated:
        return words
    numbers = numbers_of(words.levels)
    is_number = ~np.isnan(numbers)
    if is_number.all():
        codes = any(re.fullmatch(r"0\d+", level.strip()) for level in words.levels)
        return words if codes else _as_numbers(words, numbers)
    is_date = _matches(words.levels, ISO_DATE)
    if is_date.all():
        return parse_dates(name, words)
    _check_mixture(name, words, is_date, "dates", least=0.5)
    if not _are_codes(words, is_number):
        _check_mixture(name, words, is_number, "numbers", least=FEW_NUMBERS)
    _check_disguise(name, words, is_number)
    return words


def numbers_of(levels: np.ndarray) -> Float[np.ndarray, "levels"]:
    """Return words as numbers, NaN where they are none.

    Args:
        levels: words.

    Example:
        >>> numbers_of(np.array(["1e3", "-2", "inf", "x"], dtype=object))
        array([1000.,   -2.,   inf,   nan])
    """
    return np.asarray(pd.to_numeric(pd.Index(levels, dtype=object), errors="coerce"), dtype=np.float64)


def parse_dates(name: str, words: Words) -> Dates:
    """Return words that are all ISO dates as dates; offsets from UTC are resolved to UTC.

    Args:
        name: the column's name, for messages.
        words: the column.

    Raises:
        TableError: naming the row of a date that does not exist or lies outside of 1678 to 2261.

    Example:
        >>> parse_dates("day", Words(np.array([0]), np.array(["2013-01-05"], dtype=object))).array
        array(['2013-01-05T00:00:00.000000'], dtype='datetime64[us]')
    """
    stamps = pd.to_datetime(pd.Index(words.levels, dtype=object), errors="coerce", format="ISO8601", utc=True)
    stamps = stamps.tz_localize(None)
    bad = np.asarray(stamps.isna() | (stamps.year < YEARS[0]) | (stamps.year > YEARS[1]))
    if bad.any():
        row = words.first_row(bad)
        raise out_of_range(name, shown(words.levels[words.codes[row - 1]]), row)
    return Dates(
        np.append(stamps.to_numpy().astype("datetime64[us]"), np.datetime64("NaT", "us"))[words.codes]
    )


def looks_like_other_date(words: Words) -> bool:
    """Tell whether all words look like dates written in an order that is not ISO's.

    Args:
        words: the column.

    Example:
        >>> looks_like_other_date(Words(np.array([0]), np.array(["31.12.2013"], dtype=object)))
        True
    """
    return bool(_matches(words.levels, OTHER_DATE).all())


def _as_numbers(words: Words, numbers: Float[np.ndarray, "levels"]) -> Numbers:
    whole = bool(np.all(np.mod(numbers, 1) == 0)) if np.isfinite(numbers).all() else False
    return Numbers(np.append(numbers, np.nan)[words.codes], whole=whole and words.n_missing == 0)


def _matches(levels: np.ndarray, pattern: str) -> Bool[np.ndarray, "levels"]:
    """Match every level, or none of them where a sample says that most do not match."""
    compiled = re.compile(pattern)

    def match(part: np.ndarray) -> Bool[np.ndarray, "levels"]:
        return np.array([compiled.fullmatch(level.strip()) is not None for level in part], dtype=bool)

    if len(levels) > SAMPLE and match(levels[:: len(levels) // SAMPLE]).mean() < 0.4:
        return np.zeros(len(levels), dtype=bool)
    return match(levels)


def _are_codes(words: Words, is_number: Bool[np.ndarray, "levels"]) -> bool:
    """Tell whether the words beside the numbers mostly hold digits too, as in 12 and 12B."""
    has_digit = np.array([any(map(str.isdigit, level)) for level in words.levels], dtype=bool)
    counts = words.counts
    return bool(counts[~is_number & has_digit].sum() * 2 > counts[~is_number].sum())


def _check_mixture(
    name: str, words: Words, these: Bool[np.ndarray, "levels"], kind: str, least: float
) -> None:
    counts = words.counts
    if counts[these].sum() < least * counts.sum() or not these.any():
        return
    here, there = words.first_row(these), words.first_row(~these)
    token = shown(words.levels[words.codes[there - 1]])
    came = f"both: {shown(words.levels[words.codes[here - 1]])} in row {here} and {token} in row {there}"
    n_rows = int(counts[~these].sum())
    if (~these).sum() <= 3:
        remedy = f"leave the cells empty where the value is unknown ({n_rows} rows hold {token} or such)"
    else:
        remedy = f"mend the {n_rows} cells that are no {kind}, or leave the column out"
    raise TableError(f"column {shown(name)} must hold {kind} or words", came, remedy)


def _check_disguise(name: str, words: Words, is_number: Bool[np.ndarray, "levels"]) -> None:
    disguised = _matches(words.levels, DISGUISED)
    if (disguised | is_number).all():
        row = words.first_row(~is_number)
        came = f"{shown(words.levels[words.codes[row - 1]])} in row {row}"
        remedy = "write plain numbers with a decimal point, without signs or separators"
        raise TableError(f"column {shown(name)} must hold plain numbers or words", came, remedy)
