"""Columns that name their row instead of describing it."""

import re

import numpy as np

from netwright.data.columns.values import Numbers, Words

MIN_ROWS = 20  # fewer rows may all differ by chance
NEARLY_ALL = 0.95
ID_NAME = re.compile(
    r"(?:^|.*[_\s.:-])(?:id|uuid|guid|key|pk|index|row|rowid|rownum|row_?n[or])$", re.IGNORECASE
)
CAMEL_ID_NAME = re.compile(r".*[a-z](?:Id|ID|Key|Uuid|UUID)$")
LONG_TEXT = 40
MANY_WORDS = 6


def is_named_like_id(name: str) -> bool:
    """Tell whether a column's name says that it identifies rows.

    Args:
        name: the column's name.

    Example:
        >>> [is_named_like_id(name) for name in ("id", "customer_id", "PassengerId", "paid", "population")]
        [True, True, True, False, False]
    """
    return bool(ID_NAME.match(name) or CAMEL_ID_NAME.match(name))


def number_identifier(name: str, numbers: Numbers) -> str:
    """Return why a column of numbers identifies rows, or nothing where it does not.

    The rule: whole numbers, none missing, all of at least 20 rows different; and either the name says id,
    key, index or the like, or they count the rows (strictly rising from 0 to 10, and at least half of the
    numbers on the way occur, so that a part of a table still shows it). Numbers with decimals are never
    identifiers, nor is a real quantity whose values all happen to differ, such as a population.

    Args:
        name: the column's name.
        numbers: the column.

    Example:
        >>> number_identifier("n", Numbers(np.arange(50.0), whole=True))
        'counts the rows'
        >>> number_identifier("population", Numbers(np.arange(50.0)[::-1] ** 2, whole=True))
        ''
    """
    values = numbers.array
    if not numbers.whole or len(values) < MIN_ROWS or np.isnan(values).any():
        return ""
    rising = np.diff(values).min() > 0
    if rising and 0 <= values[0] <= 10 and len(values) * 2 >= values[-1] - values[0] + 1:
        return "counts the rows"
    if is_named_like_id(name) and len(np.unique(values)) == len(values):
        return "is named like an identifier and differs in every row"
    return ""


def word_identifier(words: Words) -> str:
    """Return why a column of words is left out as text or identifier, or nothing where it is not.

    The rule, for at least 20 filled rows: text, where more than half of the words differ and half of them
    are longer than 40 characters or 6 words; identifiers, where at least 95 % of the rows differ.

    Args:
        words: the column.

    Example:
        >>> levels = np.array([f"key{n}" for n in range(40)], dtype=object)
        >>> word_identifier(Words(np.arange(40), levels))
        'identifier: 40 different words in 40 rows'
    """
    n_filled = len(words.codes) - words.n_missing
    if words.stated or n_filled < MIN_ROWS:
        return ""
    n_levels = int(np.count_nonzero(words.counts))
    if n_levels > n_filled / 2:
        sample = words.levels[:: max(1, len(words.levels) // 1000)]
        length = np.median([len(level) for level in sample])
        n_words = np.median([len(level.split()) for level in sample])
        if length > LONG_TEXT or n_words > MANY_WORDS:
            return f"text: free text of {length:.0f} characters ({n_levels} different in {n_filled} rows)"
    if n_levels >= NEARLY_ALL * n_filled:
        return f"identifier: {n_levels} different words in {n_filled} rows"
    return ""
