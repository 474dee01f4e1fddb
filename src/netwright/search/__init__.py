"""Nearest vectors: one index over FAISS or PostgreSQL, with ids, filters, updates and files."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

__all__: list[str] = []

__getattr__, __dir__ = opening(__name__, __file__)
