"""Checks of rules of thumb: mostly notes, since a rule that is broken need not do harm."""

from collections.abc import Callable, Iterator

from netwright.doctor.case.case import Case
from netwright.doctor.checks.batch_size import check_large_batch, check_small_batch
from netwright.doctor.checks.class_ratio import check_class_ratio
from netwright.doctor.checks.enough_rows import check_hardly_any_rows, check_rows_per_class
from netwright.doctor.checks.first_loss import check_first_loss
from netwright.doctor.checks.input_batches import check_axes_exchanged, check_blank_batches
from netwright.doctor.checks.loss_parts import check_loss_parts
from netwright.doctor.checks.practice import check_practice
from netwright.doctor.checks.pretrained import check_pretrained_range
from netwright.doctor.checks.standardised import check_standardised
from netwright.doctor.checks.swapped import check_swapped
from netwright.doctor.finding import Finding

RULES_BEFORE: tuple[Callable[[Case], Iterator[Finding]], ...] = (check_swapped,)
"""Hold before training."""

RULES_AFTER: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    check_blank_batches,
    check_axes_exchanged,
    check_pretrained_range,
    check_small_batch,
    check_large_batch,
    check_first_loss,
    check_loss_parts,
    check_class_ratio,
    check_standardised,
    check_hardly_any_rows,
    check_rows_per_class,
    check_practice,
)
"""Need the outcome, or say nothing of harm."""
