"""Tensor-to-tensor modules, by family."""

from netwright.layers.activation.entmax import AdaptiveEntmax, Entmax, entmax, sparsemax
from netwright.layers.activation.gated_blocks import GEGLU, ReGLU, SwiGLU
from netwright.layers.activation.maxout import Maxout
from netwright.layers.activation.probabilities import LogSoftmax, Softmax
from netwright.layers.activation.rectifiers import (
    CELU,
    ELU,
    SELU,
    LeakyReLU,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Threshold,
)
from netwright.layers.activation.sigmoids import (
    Hardshrink,
    Hardsigmoid,
    Hardtanh,
    LogSigmoid,
    Sigmoid,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
)
from netwright.layers.activation.smooth import GELU, GLU, Hardswish, Mish, SiLU, Softplus
from netwright.layers.activation.sparsity import activation_sparsity
from netwright.layers.activation.swish import Swish
from netwright.layers.attention.adaptive_span import AdaptiveSpanAttention
from netwright.layers.attention.additive import AdditiveAttention, AdditiveScore
from netwright.layers.attention.compressive import CompressiveAttention, CompressiveState
from netwright.layers.attention.concat_input import AttentionConcatInput, AttentionDecoder
from netwright.layers.attention.glimpse import GlimpseSensor
from netwright.layers.attention.hard import HardAttention, HardLook, ScoreFunction
from netwright.layers.attention.hierarchical import AttentionPooling, HierarchicalAttention
from netwright.layers.attention.keras_style import (
    ManyToOneAttention,
    SequenceSelfAttention,
    SequenceWeightedAttention,
)
from netwright.layers.attention.linear_attention import LinearAttention, attend_linearly
from netwright.layers.attention.local import MonotonicLocalAttention, PredictiveLocalAttention
from netwright.layers.attention.masking import causal_mask, masked_softmax
from netwright.layers.attention.multi_head import MultiHeadAttention
from netwright.layers.attention.multiplicative import AttentionalState, DotScore, GeneralScore
from netwright.layers.attention.pointer import PointerAttention
from netwright.layers.attention.reformer import LSHAttention
from netwright.layers.attention.relative import RelativePositionAttention
from netwright.layers.attention.routing import RoutingAttention
from netwright.layers.attention.scored import GlobalAttention
from netwright.layers.attention.sparse_attention import FixedAttention, StridedAttention
from netwright.layers.attention.structured import StructuredSelfAttention, attention_penalty
from netwright.layers.bayesian.bayesian_convolution import BayesianConv2d
from netwright.layers.bayesian.bayesian_linear import BayesianLinear
from netwright.layers.bayesian.gaussian_weights import divergence
from netwright.layers.bayesian.make_bayesian import make_bayesian
from netwright.layers.capsule.routing import PrimaryCapsules, RoutedCapsules, squash
from netwright.layers.comparison.pair_features import pair_features
from netwright.layers.convolution.dilated import Conv2d, DilatedContext, receptive_field
from netwright.layers.convolution.n_gram import NGramConvolution
from netwright.layers.convolution.pointwise import MLPConv2d, PointwiseConv2d
from netwright.layers.convolution.separable import SeparableConv1d, SeparableConv2d
from netwright.layers.convolution.sequence_convolution import SequenceConvolution
from netwright.layers.embedding.category_embeddings import CategoryEmbeddings
from netwright.layers.embedding.columns_side_by_side import ColumnsSideBySide
from netwright.layers.embedding.one_hot_columns import OneHotColumns
from netwright.layers.embedding.piecewise_linear import PiecewiseLinearEmbeddings, PiecewiseLinearEncoding
from netwright.layers.embedding.pretrained import (
    PretrainedEmbedding,
    mean_vector,
    random_vectors,
    read_word_vectors,
    zero_vectors,
)
from netwright.layers.ensemble.ensemble_linear import EnsembleLinear, MemberAdapter
from netwright.layers.linear.affine import Linear
from netwright.layers.linear.one_neuron_skip import OneNeuronSkip
from netwright.layers.memory.product_key_memory import ProductKeyMemory
from netwright.layers.memory.turing_memory import NTMAddressing, NTMRead, NTMWrite
from netwright.layers.normalisation.cosine_norm import CosineConv2d, CosineLinear
from netwright.layers.normalisation.ghost_batch_norm import GhostBatchNorm1d, GhostBatchNorm2d
from netwright.layers.normalisation.hmax import GaborS1, MaxC1
from netwright.layers.normalisation.spatial_batch_norm import SpatialBatchNorm2d
from netwright.layers.normalisation.standardise import Standardise
from netwright.layers.normalisation.streaming_norm import StreamingNorm
from netwright.layers.normalisation.synchronised_batch_norm import (
    SynchronisedBatchNorm,
    desynchronise,
    synchronise_batch_norm,
)
from netwright.layers.normalisation.torch_normalisations import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
)
from netwright.layers.normalisation.weight_normalisation import UnitWeightLinear, weight_norm
from netwright.layers.pooling.blocks import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d, SumPool1d, SumPool2d
from netwright.layers.pooling.blur import BlurPool1d, BlurPool2d, MaxBlurPool2d
from netwright.layers.pooling.roi_align import RoIAlign
from netwright.layers.pooling.scalar_mix import ScalarMix
from netwright.layers.pooling.whole import AverageOverTime, GlobalAveragePool, GlobalMaxPool, MaxOverTime
from netwright.layers.position.absolute import LearnedPosition, SinusoidalPosition
from netwright.layers.radial.k_means import find_centres
from netwright.layers.radial.radial_basis import RadialBasis, gaussian, inverse_multiquadric, multiquadric
from netwright.layers.recurrent.adaptive_computation_time import AdaptiveComputationCell
from netwright.layers.recurrent.batch_norm_input import InputBatchNormLSTMCell
from netwright.layers.recurrent.batch_norm_lstm import BatchNormLSTMCell
from netwright.layers.recurrent.cell import Cell
from netwright.layers.recurrent.composition import CellStack, Feedback, Gate
from netwright.layers.recurrent.conv_lstm import ConvLSTMCell
from netwright.layers.recurrent.elman import ElmanCell
from netwright.layers.recurrent.gru import GRUCell
from netwright.layers.recurrent.layer_norm_gru import LayerNormGRUCell
from netwright.layers.recurrent.layer_norm_lstm import LayerNormLSTMCell
from netwright.layers.recurrent.layer_sizes import LayerSize, layer_sizes, recurrent_parameters
from netwright.layers.recurrent.lstm import LSTMCell
from netwright.layers.recurrent.lstm_variants import LSTMVariantCell
from netwright.layers.recurrent.minimal_gated import MinimalGatedCell
from netwright.layers.recurrent.mutated import MUT1Cell, MUT2Cell, MUT3Cell
from netwright.layers.recurrent.parallel_scan import linear_recurrence
from netwright.layers.recurrent.quasi_recurrent import QRNN
from netwright.layers.recurrent.recurrent import Recurrent
from netwright.layers.recurrent.recurrent_weighted_average import RecurrentWeightedAverageCell
from netwright.layers.recurrent.simple_recurrent_unit import SRU
from netwright.layers.recurrent.time_distributed import TimeDistributed
from netwright.layers.recurrent.variational_dropout import VariationalDropout
from netwright.layers.recurrent.zoneout import Zoneout
from netwright.layers.regularising.corruption import GaussianNoise, MaskingNoise
from netwright.layers.regularising.layer_drop import LayerDrop
from netwright.layers.regularising.minibatch import MinibatchDiscrimination, MinibatchStdDev
from netwright.layers.regularising.random_silence import AlphaDropout, Dropout
from netwright.layers.signal.continuous_wavelet import ContinuousWaveletTransform
from netwright.layers.signal.fourier import FourierTransform
from netwright.layers.signal.shapelets import Shapelets
from netwright.layers.signal.wavelet_1d import WaveletTransform1d
from netwright.layers.signal.wavelet_2d import WaveletTransform2d
from netwright.layers.signal.wavelet_filters import WaveletFilters, cdf97, daubechies, spline_wavelet, symlet

__all__ = [
    "CELU",
    "ELU",
    "GEGLU",
    "GELU",
    "GLU",
    "QRNN",
    "SELU",
    "SRU",
    "AdaptiveComputationCell",
    "AdaptiveEntmax",
    "AdaptiveSpanAttention",
    "AdditiveAttention",
    "AdditiveScore",
    "AlphaDropout",
    "AttentionConcatInput",
    "AttentionDecoder",
    "AttentionPooling",
    "AttentionalState",
    "AverageOverTime",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "BatchNormLSTMCell",
    "BayesianConv2d",
    "BayesianLinear",
    "BlurPool1d",
    "BlurPool2d",
    "CategoryEmbeddings",
    "Cell",
    "CellStack",
    "ColumnsSideBySide",
    "CompressiveAttention",
    "CompressiveState",
    "ContinuousWaveletTransform",
    "Conv2d",
    "ConvLSTMCell",
    "CosineConv2d",
    "CosineLinear",
    "DilatedContext",
    "DotScore",
    "Dropout",
    "ElmanCell",
    "EnsembleLinear",
    "Entmax",
    "Feedback",
    "FixedAttention",
    "FourierTransform",
    "GRUCell",
    "GaborS1",
    "Gate",
    "GaussianNoise",
    "GeneralScore",
    "GhostBatchNorm1d",
    "GhostBatchNorm2d",
    "GlimpseSensor",
    "GlobalAttention",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "HardAttention",
    "HardLook",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HierarchicalAttention",
    "InputBatchNormLSTMCell",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LSHAttention",
    "LSTMCell",
    "LSTMVariantCell",
    "LayerDrop",
    "LayerNorm",
    "LayerNormGRUCell",
    "LayerNormLSTMCell",
    "LayerSize",
    "LeakyReLU",
    "LearnedPosition",
    "Linear",
    "LinearAttention",
    "LogSigmoid",
    "LogSoftmax",
    "MLPConv2d",
    "MUT1Cell",
    "MUT2Cell",
    "MUT3Cell",
    "ManyToOneAttention",
    "MaskingNoise",
    "MaxBlurPool2d",
    "MaxC1",
    "MaxOverTime",
    "MaxPool1d",
    "MaxPool2d",
    "Maxout",
    "MemberAdapter",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "MinimalGatedCell",
    "Mish",
    "MonotonicLocalAttention",
    "MultiHeadAttention",
    "NGramConvolution",
    "NTMAddressing",
    "NTMRead",
    "NTMWrite",
    "OneHotColumns",
    "OneNeuronSkip",
    "PReLU",
    "PiecewiseLinearEmbeddings",
    "PiecewiseLinearEncoding",
    "PointerAttention",
    "PointwiseConv2d",
    "PredictiveLocalAttention",
    "PretrainedEmbedding",
    "PrimaryCapsules",
    "ProductKeyMemory",
    "RReLU",
    "RadialBasis",
    "ReGLU",
    "ReLU",
    "ReLU6",
    "Recurrent",
    "RecurrentWeightedAverageCell",
    "RelativePositionAttention",
    "RoIAlign",
    "RoutedCapsules",
    "RoutingAttention",
    "ScalarMix",
    "ScoreFunction",
    "SeparableConv1d",
    "SeparableConv2d",
    "SequenceConvolution",
    "SequenceSelfAttention",
    "SequenceWeightedAttention",
    "Shapelets",
    "SiLU",
    "Sigmoid",
    "SinusoidalPosition",
    "Softmax",
    "Softplus",
    "Softshrink",
    "Softsign",
    "SpatialBatchNorm2d",
    "Standardise",
    "StreamingNorm",
    "StridedAttention",
    "StructuredSelfAttention",
    "SumPool1d",
    "SumPool2d",
    "SwiGLU",
    "Swish",
    "SynchronisedBatchNorm",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "TimeDistributed",
    "UnitWeightLinear",
    "VariationalDropout",
    "WaveletFilters",
    "WaveletTransform1d",
    "WaveletTransform2d",
    "Zoneout",
    "activation_sparsity",
    "attend_linearly",
    "attention_penalty",
    "causal_mask",
    "cdf97",
    "daubechies",
    "desynchronise",
    "divergence",
    "entmax",
    "find_centres",
    "gaussian",
    "inverse_multiquadric",
    "layer_sizes",
    "linear_recurrence",
    "make_bayesian",
    "masked_softmax",
    "mean_vector",
    "multiquadric",
    "pair_features",
    "random_vectors",
    "read_word_vectors",
    "receptive_field",
    "recurrent_parameters",
    "sparsemax",
    "spline_wavelet",
    "squash",
    "symlet",
    "synchronise_batch_norm",
    "weight_norm",
    "zero_vectors",
]
