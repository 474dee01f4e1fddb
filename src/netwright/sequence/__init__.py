"""Estimators that predict from series and other sequences."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    pass

__all__: list[str] = []

__getattr__, __dir__ = opening(__name__, __file__)
