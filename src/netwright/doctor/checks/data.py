"""All checks of the data, in the order in which they are made."""

from collections.abc import Callable, Iterator

from netwright.doctor.case.case import Case
from netwright.doctor.checks.data_changes import check_augmentation, check_padding
from netwright.doctor.checks.data_classes import check_imbalance, check_too_few
from netwright.doctor.checks.data_columns import check_scaler_leakage, check_target_leakage
from netwright.doctor.checks.data_greys import check_double_scaling, check_integer_division
from netwright.doctor.checks.data_labels import check_label_noise, check_labels_belong
from netwright.doctor.checks.data_order import (
    check_repeated_batch,
    check_single_class_batches,
    check_unshuffled,
)
from netwright.doctor.checks.data_scale import check_target_scale
from netwright.doctor.checks.data_shift import check_relation, check_shift
from netwright.doctor.checks.data_twins import (
    check_conflicting_labels,
    check_leakage,
    check_steps_on_held_out,
)
from netwright.doctor.checks.data_values import (
    check_constant_input,
    check_nan_input,
    check_outliers,
)
from netwright.doctor.checks.labels_lost import check_first_of_several, check_unmapped_class
from netwright.doctor.finding import Finding

DATA_BEFORE: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    check_nan_input,
    check_repeated_batch,
    check_target_leakage,
    check_target_scale,
    check_unmapped_class,
    check_first_of_several,
)
"""Hold before training."""

DATA_AFTER: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    check_constant_input,
    check_double_scaling,
    check_integer_division,
    check_outliers,
    check_single_class_batches,
    check_unshuffled,
    check_conflicting_labels,
    check_leakage,
    check_steps_on_held_out,
    check_scaler_leakage,
    check_shift,
    check_relation,
    check_labels_belong,
    check_label_noise,
    check_imbalance,
    check_augmentation,
    check_padding,
    check_too_few,
)
"""Need the outcome, or all of the run."""
