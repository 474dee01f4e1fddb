"""What is made smaller: from a prediction and a target to one number with a gradient."""

from netwright.losses.adversarial.energy import (
    EnergyDiscriminatorLoss,
    EnergyGeneratorLoss,
    EquilibriumDiscriminatorLoss,
    PullingAwayTerm,
)
from netwright.losses.adversarial.feature_matching import FeatureMatchingLoss, HistoricalAveraging
from netwright.losses.adversarial.gradient_penalty import DRAGANPenalty, GradientPenalty
from netwright.losses.adversarial.hinge import HingeDiscriminatorLoss
from netwright.losses.adversarial.least_squares import (
    LeastSquaresDiscriminatorLoss,
    LeastSquaresGeneratorLoss,
)
from netwright.losses.adversarial.minimax import (
    MinimaxDiscriminatorLoss,
    MinimaxGeneratorLoss,
    NonSaturatingGeneratorLoss,
)
from netwright.losses.adversarial.relativistic import RelativisticAverageLoss, RelativisticLoss
from netwright.losses.adversarial.wasserstein import WassersteinCriticLoss, WassersteinGeneratorLoss
from netwright.losses.classification.auxiliary_heads import AuxiliaryHeadsLoss
from netwright.losses.classification.capsule_margin import CapsuleMarginLoss
from netwright.losses.classification.cost_sensitive import CostSensitiveLoss, cheapest_class
from netwright.losses.classification.cross_entropy import CrossEntropyLoss
from netwright.losses.classification.focal import BinaryFocalLoss, FocalLoss
from netwright.losses.classification.glimpse import GlimpseLoss
from netwright.losses.classification.squared_hinge import SquaredHingeLoss
from netwright.losses.distillation.hints import HintLoss
from netwright.losses.distillation.ranking import RankingDistillationLoss
from netwright.losses.distillation.relational import RelationalDistillationLoss
from netwright.losses.distillation.soft_targets import DistillationLoss
from netwright.losses.metric_learning.clip import CLIPLoss
from netwright.losses.metric_learning.contrastive import ContrastiveLoss
from netwright.losses.metric_learning.graded_pairs import CosineSimilarityLoss
from netwright.losses.metric_learning.pair_ranking import (
    AdditiveMarginRankingLoss,
    MultipleNegativesRankingLoss,
)
from netwright.losses.metric_learning.sampled_negatives import NegativesMarginLoss, NegativesSoftmaxLoss
from netwright.losses.metric_learning.triplet import (
    BatchAllTripletLoss,
    BatchHardTripletLoss,
    SemiHardTripletLoss,
    TripletMarginLoss,
)
from netwright.losses.penalty.contractive import ContractivePenalty
from netwright.losses.penalty.group_lasso import GroupLassoPenalty, SparseGroupLassoPenalty
from netwright.losses.penalty.sparse_activity import SparseActivityPenalty
from netwright.losses.regression.half_squared_error import HalfSquaredError
from netwright.losses.robust.adaptive import AdaptiveRobustLoss
from netwright.losses.robust.general import GeneralRobustLoss
from netwright.losses.segmentation.dice import DiceLoss
from netwright.losses.self_supervised.barlow_twins import BarlowTwinsLoss
from netwright.losses.self_supervised.information_gain import BinaryInformationGain
from netwright.losses.self_supervised.parzen_entropy import ParzenEntropy
from netwright.losses.vocabulary.adaptive_softmax import AdaptiveSoftmaxLoss
from netwright.losses.vocabulary.differentiated_softmax import DifferentiatedSoftmaxLoss
from netwright.losses.vocabulary.hierarchical_softmax import HierarchicalSoftmax
from netwright.losses.vocabulary.masked_language_model import MaskedLanguageModelLoss
from netwright.losses.vocabulary.negative_sampling import NegativeSamplingLoss
from netwright.losses.vocabulary.noise_contrastive import NoiseContrastiveLoss
from netwright.losses.vocabulary.sampled_softmax import SampledSoftmaxLoss

__all__ = [
    "AdaptiveRobustLoss",
    "AdaptiveSoftmaxLoss",
    "AdditiveMarginRankingLoss",
    "AuxiliaryHeadsLoss",
    "BarlowTwinsLoss",
    "BatchAllTripletLoss",
    "BatchHardTripletLoss",
    "BinaryFocalLoss",
    "BinaryInformationGain",
    "CLIPLoss",
    "CapsuleMarginLoss",
    "ContractivePenalty",
    "ContrastiveLoss",
    "CosineSimilarityLoss",
    "CostSensitiveLoss",
    "CrossEntropyLoss",
    "DRAGANPenalty",
    "DiceLoss",
    "DifferentiatedSoftmaxLoss",
    "DistillationLoss",
    "EnergyDiscriminatorLoss",
    "EnergyGeneratorLoss",
    "EquilibriumDiscriminatorLoss",
    "FeatureMatchingLoss",
    "FocalLoss",
    "GeneralRobustLoss",
    "GlimpseLoss",
    "GradientPenalty",
    "GroupLassoPenalty",
    "HalfSquaredError",
    "HierarchicalSoftmax",
    "HingeDiscriminatorLoss",
    "HintLoss",
    "HistoricalAveraging",
    "LeastSquaresDiscriminatorLoss",
    "LeastSquaresGeneratorLoss",
    "MaskedLanguageModelLoss",
    "MinimaxDiscriminatorLoss",
    "MinimaxGeneratorLoss",
    "MultipleNegativesRankingLoss",
    "NegativeSamplingLoss",
    "NegativesMarginLoss",
    "NegativesSoftmaxLoss",
    "NoiseContrastiveLoss",
    "NonSaturatingGeneratorLoss",
    "ParzenEntropy",
    "PullingAwayTerm",
    "RankingDistillationLoss",
    "RelationalDistillationLoss",
    "RelativisticAverageLoss",
    "RelativisticLoss",
    "SampledSoftmaxLoss",
    "SemiHardTripletLoss",
    "SparseActivityPenalty",
    "SparseGroupLassoPenalty",
    "SquaredHingeLoss",
    "TripletMarginLoss",
    "WassersteinCriticLoss",
    "WassersteinGeneratorLoss",
    "cheapest_class",
]
