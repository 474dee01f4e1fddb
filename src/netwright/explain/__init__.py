"""What a fitted model or a space of vectors holds, made visible."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.explain.cycles import WordCycle, word_cycle, word_cycles
    from netwright.explain.pictures.cam import class_activation_map, grad_cam

__all__ = ["WordCycle", "class_activation_map", "grad_cam", "word_cycle", "word_cycles"]

__getattr__, __dir__ = opening(__name__, __file__)
