"""How sure a fitted model may be, and of what kind its doubt is."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.uncertainty.conformal_intervals import (
        ConformalQuantileRegressor,
        ConformalRegressor,
        conformal_bound,
    )
    from netwright.uncertainty.conformal_sets import AdaptiveScore, ConformalClassifier, RegularisedScore
    from netwright.uncertainty.decomposition import Doubt, decompose_classes, decompose_numbers
    from netwright.uncertainty.deep_ensemble import DeepEnsembleClassifier, DeepEnsembleRegressor
    from netwright.uncertainty.mc_dropout import MCDropout
    from netwright.uncertainty.out_of_distribution import OutOfDistributionDetector
    from netwright.uncertainty.strangeness import (
        EnergyStrangeness,
        MahalanobisStrangeness,
        NeighbourStrangeness,
    )
    from netwright.uncertainty.three_parts import ThreeParts, ThreePartUncertainty
    from netwright.uncertainty.variational import (
        DivergencePenalty,
        VariationalClassifier,
        VariationalRegressor,
    )

__all__ = [
    "AdaptiveScore",
    "ConformalClassifier",
    "ConformalQuantileRegressor",
    "ConformalRegressor",
    "DeepEnsembleClassifier",
    "DeepEnsembleRegressor",
    "DivergencePenalty",
    "Doubt",
    "EnergyStrangeness",
    "MCDropout",
    "MahalanobisStrangeness",
    "NeighbourStrangeness",
    "OutOfDistributionDetector",
    "RegularisedScore",
    "ThreePartUncertainty",
    "ThreeParts",
    "VariationalClassifier",
    "VariationalRegressor",
    "conformal_bound",
    "decompose_classes",
    "decompose_numbers",
]

__getattr__, __dir__ = opening(__name__, __file__)
