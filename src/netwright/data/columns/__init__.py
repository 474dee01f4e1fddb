"""The columns of a table: what they are, and their values as numbers, dates or words."""

from netwright.data.columns.kinds import ColumnKind, describe_columns
from netwright.data.columns.values import Dates, Numbers, Words

__all__ = ["ColumnKind", "Dates", "Numbers", "Words", "describe_columns"]
