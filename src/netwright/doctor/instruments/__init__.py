"""Instruments for one's own hands: one question each, of a layer, a gradient, a curve, a race or a game."""

from netwright.doctor.instruments.batch_sizes import BatchAdvice, advise_batch_size, step_memory
from netwright.doctor.instruments.by_heart import ByHeart, learn_by_heart
from netwright.doctor.instruments.curves import (
    CurveReading,
    ScoreReading,
    Trend,
    read_curves,
    read_score,
    read_trend,
)
from netwright.doctor.instruments.gan import GANMonitor
from netwright.doctor.instruments.gan_theory import (
    GANTips,
    Optimum,
    check_gan_settings,
    compare_with_optimum,
    jensen_shannon,
)
from netwright.doctor.instruments.gradients import (
    GradientComparison,
    GradientReport,
    LayerGradient,
    compare_gradients,
    gradients_by_layer,
)
from netwright.doctor.instruments.known_data import KnownResult, try_known_data
from netwright.doctor.instruments.label_issues import doubtful_labels
from netwright.doctor.instruments.layers import AxesTest, LayerFault, examine_axes, examine_layer
from netwright.doctor.instruments.loss_functions import examine_loss
from netwright.doctor.instruments.minima import sharpness
from netwright.doctor.instruments.options import Rebuilt, rebuild
from netwright.doctor.instruments.parameters import (
    Still,
    UpdateSizes,
    draw_parameters,
    list_still,
    measure_updates,
)
from netwright.doctor.instruments.parts_alone import PartAlone, learn_parts_alone
from netwright.doctor.instruments.penalties import examine_penalty
from netwright.doctor.instruments.races import (
    Entry,
    Tuned,
    grid_around,
    race_optimizers,
    search_grid,
)
from netwright.doctor.instruments.recurrent import RecurrentAdvice, RecurrentStack, advise_recurrent
from netwright.doctor.instruments.relations import relation_test
from netwright.doctor.instruments.shards import FullShards, starved_workers
from netwright.doctor.instruments.shifts import shift_consistency
from netwright.doctor.instruments.signals import LayerSignal, Signals, hear_signals, trace_signals
from netwright.doctor.instruments.unknown_classes import Sureness, compare_sureness

__all__ = [
    "AxesTest",
    "BatchAdvice",
    "ByHeart",
    "CurveReading",
    "Entry",
    "FullShards",
    "GANMonitor",
    "GANTips",
    "GradientComparison",
    "GradientReport",
    "KnownResult",
    "LayerFault",
    "LayerGradient",
    "LayerSignal",
    "Optimum",
    "PartAlone",
    "Rebuilt",
    "RecurrentAdvice",
    "RecurrentStack",
    "ScoreReading",
    "Signals",
    "Still",
    "Sureness",
    "Trend",
    "Tuned",
    "UpdateSizes",
    "advise_batch_size",
    "advise_recurrent",
    "check_gan_settings",
    "compare_gradients",
    "compare_sureness",
    "compare_with_optimum",
    "doubtful_labels",
    "draw_parameters",
    "examine_axes",
    "examine_layer",
    "examine_loss",
    "examine_penalty",
    "gradients_by_layer",
    "grid_around",
    "hear_signals",
    "jensen_shannon",
    "learn_by_heart",
    "learn_parts_alone",
    "list_still",
    "measure_updates",
    "race_optimizers",
    "read_curves",
    "read_score",
    "read_trend",
    "rebuild",
    "relation_test",
    "search_grid",
    "sharpness",
    "shift_consistency",
    "starved_workers",
    "step_memory",
    "trace_signals",
    "try_known_data",
]
