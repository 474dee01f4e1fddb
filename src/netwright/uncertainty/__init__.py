"""How sure a fitted model may be, and of what kind its doubt is."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.uncertainty.decomposition import Doubt, decompose_classes, decompose_numbers
    from netwright.uncertainty.mc_dropout import MCDropout

__all__ = [
    "Doubt",
    "MCDropout",
    "decompose_classes",
    "decompose_numbers",
]

__getattr__, __dir__ = opening(__name__, __file__)
