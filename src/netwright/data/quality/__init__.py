"""Checks of a table: what would spoil a training, said before it starts."""

from netwright.data.quality.answers import find_answers
from netwright.data.quality.checks import (
    check_columns,
    check_table,
    check_target,
    find_duplicated_columns,
    find_duplicated_rows,
)
from netwright.data.quality.finding import TableFinding

__all__ = [
    "TableFinding",
    "check_columns",
    "check_table",
    "check_target",
    "find_answers",
    "find_duplicated_columns",
    "find_duplicated_rows",
]
