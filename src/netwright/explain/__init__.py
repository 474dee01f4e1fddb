"""What a fitted model or a space of vectors holds, made visible."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.explain.cycles import WordCycle, word_cycle, word_cycles

__all__ = ["WordCycle", "word_cycle", "word_cycles"]

__getattr__, __dir__ = opening(__name__, __file__)
