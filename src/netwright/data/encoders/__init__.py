"""Encoders: what a table becomes before a net sees it, fitted on training rows alone."""

from netwright.data.encoders.category_column import CategoryColumn
from netwright.data.encoders.category_encoder import CategoryEncoder
from netwright.data.encoders.date_column import DateColumn
from netwright.data.encoders.day_column import DayColumn
from netwright.data.encoders.group_entropy_encoder import GroupEntropyEncoder
from netwright.data.encoders.number_column import NumberColumn
from netwright.data.encoders.table_encoder import TableEncoder

__all__ = [
    "CategoryColumn",
    "CategoryEncoder",
    "DateColumn",
    "DayColumn",
    "GroupEntropyEncoder",
    "NumberColumn",
    "TableEncoder",
]
