"""The recipe, the loop and its callbacks."""

from typing import TYPE_CHECKING

from netwright.core.opening import opening

if TYPE_CHECKING:
    from netwright.training.callbacks import (
        ActivityPenalty,
        Augmentation,
        BatchGrowth,
        Callback,
        Checkpoint,
        DiscriminativeRates,
        EarlyStopping,
        EpochMetric,
        Freezing,
        GradientAccumulation,
        GradientClipping,
        GradualUnfreezing,
        L1Penalty,
        MaxNorm,
        Progress,
        ReduceOnPlateau,
        StochasticWeightAverage,
        StopOnInterrupt,
        TensorBoard,
        TimeLimit,
        ValueClipping,
        WeightAverage,
    )
    from netwright.training.distribute import ProcessLost, World, memory_per_parameter, scale_rate
    from netwright.training.engine import Engine
    from netwright.training.hogwild import EpochCheckpoint, EpochReport
    from netwright.training.large_batches import large_batch_regime
    from netwright.training.layer_answers import UpTo, predict_layer
    from netwright.training.objective import Objective, OutputObjective, Player, Supervised
    from netwright.training.predicting import predict
    from netwright.training.random_passes import DropoutPasses, dropout_passes
    from netwright.training.range_test import RangeTest, find_learning_rate
    from netwright.training.record import Choice, Record
    from netwright.training.run import Run
    from netwright.training.samples import Batch, Samples, Steps, TensorSamples
    from netwright.training.streams import LoaderStream, MemoryMapSamples, ParquetStream, Prefetch, Stream
    from netwright.training.training import Training
    from netwright.training.transferring import Transfer, replace_head, transfer_weights
    from netwright.training.truncated import TruncatedBackpropagation, unroll

__all__ = [
    "ActivityPenalty",
    "Augmentation",
    "Batch",
    "BatchGrowth",
    "Callback",
    "Checkpoint",
    "Choice",
    "DiscriminativeRates",
    "DropoutPasses",
    "EarlyStopping",
    "Engine",
    "EpochCheckpoint",
    "EpochMetric",
    "EpochReport",
    "Freezing",
    "GradientAccumulation",
    "GradientClipping",
    "GradualUnfreezing",
    "L1Penalty",
    "LoaderStream",
    "MaxNorm",
    "MemoryMapSamples",
    "Objective",
    "OutputObjective",
    "ParquetStream",
    "Player",
    "Prefetch",
    "ProcessLost",
    "Progress",
    "RangeTest",
    "Record",
    "ReduceOnPlateau",
    "Run",
    "Samples",
    "Steps",
    "StochasticWeightAverage",
    "StopOnInterrupt",
    "Stream",
    "Supervised",
    "TensorBoard",
    "TensorSamples",
    "TimeLimit",
    "Training",
    "Transfer",
    "TruncatedBackpropagation",
    "UpTo",
    "ValueClipping",
    "WeightAverage",
    "World",
    "dropout_passes",
    "find_learning_rate",
    "large_batch_regime",
    "memory_per_parameter",
    "predict",
    "predict_layer",
    "replace_head",
    "scale_rate",
    "transfer_weights",
    "unroll",
]

__getattr__, __dir__ = opening(__name__, __file__)
