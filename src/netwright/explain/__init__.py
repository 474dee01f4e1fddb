"""What a fitted model or a space of vectors holds, made visible."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

__all__: list[str] = []

__getattr__, __dir__ = opening(__name__, __file__)
