"""How sure a fitted model may be, and of what kind its doubt is."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.uncertainty.decomposition import Doubt, decompose_classes, decompose_numbers
    from netwright.uncertainty.deep_ensemble import DeepEnsembleClassifier, DeepEnsembleRegressor
    from netwright.uncertainty.mc_dropout import MCDropout
    from netwright.uncertainty.three_parts import ThreePartUncertainty, ThreeParts
    from netwright.uncertainty.variational import (
        DivergencePenalty,
        VariationalClassifier,
        VariationalRegressor,
    )

__all__ = [
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "DivergencePenalty",
    "Doubt",
    "MCDropout",
    "ThreePartUncertainty",
    "ThreeParts",
    "VariationalClassifier",
    "VariationalRegressor",
    "decompose_classes",
    "decompose_numbers",
]

__getattr__, __dir__ = opening(__name__, __file__)
