"""From observations to findings: pure functions, which print nothing and change nothing."""

from collections.abc import Callable, Iterator

from netwright.doctor.case.case import Case
from netwright.doctor.checks.batch_size import check_failed_batch_norm
from netwright.doctor.checks.codes import check_answers_differ, check_code_width, check_columns_rebuilt
from netwright.doctor.checks.crash import check_failed_loss, check_loss_has_graph
from netwright.doctor.checks.data import DATA_AFTER, DATA_BEFORE
from netwright.doctor.checks.detached import check_detached, check_term_reached
from netwright.doctor.checks.exchanged import check_exchanged
from netwright.doctor.checks.graphs import check_graph_baseline
from netwright.doctor.checks.history import (
    check_chance,
    check_collapsed,
    check_diverged,
    check_loss_is_number,
    check_overfit,
    check_underfit,
)
from netwright.doctor.checks.loop import (
    check_evaluation_mode,
    check_every_optimizer_steps,
    check_gradients_cleared,
    check_parameters_move,
    check_steps_move,
    check_steps_taken,
    check_training_mode,
)
from netwright.doctor.checks.loss import (
    check_double_sigmoid,
    check_log_probabilities,
    check_output_range,
    check_softmax_axis,
    check_softmax_before_ce,
    check_softmax_dim,
    check_softmax_over_labels,
)
from netwright.doctor.checks.recipes import check_dropout_recipe
from netwright.doctor.checks.rules import RULES_AFTER, RULES_BEFORE
from netwright.doctor.checks.schedule import check_schedule
from netwright.doctor.checks.scores import check_score_follows_loss
from netwright.doctor.checks.shapes import check_broadcast, check_output_units
from netwright.doctor.checks.signals import check_first_weights, check_signal_propagation
from netwright.doctor.checks.structure import (
    check_future_hidden,
    check_not_linear,
    check_order_seen,
    check_units_differ,
)
from netwright.doctor.checks.tags import check_answers_in_place, check_tags_in_place
from netwright.doctor.checks.task import (
    check_binary_targets,
    check_classes_as_numbers,
    check_cut_targets,
    check_measures,
    check_network_counts,
    check_soft_targets,
)
from netwright.doctor.checks.units import (
    check_batch_norm,
    check_gradient_reaches,
    check_gradient_size,
    check_gradient_stands,
    check_saturated_units,
    check_silent_units,
)
from netwright.doctor.checks.updates import check_output_bias, check_update_size, check_weights_grow
from netwright.doctor.checks.weights import check_class_weights, check_ignored_class, check_positive_weight
from netwright.doctor.checks.wiring import (
    check_input_connected,
    check_params_in_optimizer,
    check_parts_registered,
    check_rows_mixed,
)
from netwright.doctor.finding import Finding
from netwright.doctor.observe.facts import Facts

WITHOUT_CASE: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    check_failed_loss,
    check_failed_batch_norm,
    check_loss_has_graph,
    check_steps_taken,
    check_every_optimizer_steps,
)
"""Need the facts of the run alone."""

BEFORE: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    *DATA_BEFORE,
    check_softmax_before_ce,
    check_double_sigmoid,
    check_log_probabilities,
    check_broadcast,
    check_output_units,
    check_softmax_axis,
    check_softmax_dim,
    check_softmax_over_labels,
    check_output_range,
    check_binary_targets,
    check_soft_targets,
    check_cut_targets,
    check_class_weights,
    check_ignored_class,
    check_network_counts,
    check_params_in_optimizer,
    check_parts_registered,
    check_detached,
    check_input_connected,
    check_rows_mixed,
    *RULES_BEFORE,
)
"""Hold before training: data, shapes, loss, network, wiring."""

AFTER: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    *DATA_AFTER,
    check_gradients_cleared,
    check_steps_move,
    check_units_differ,
    check_future_hidden,
    check_training_mode,
    check_evaluation_mode,
    check_parameters_move,
    check_loss_is_number,
    check_diverged,
    check_schedule,
    check_classes_as_numbers,
    check_measures,
    check_exchanged,
    check_positive_weight,
    check_not_linear,
    check_order_seen,
    check_batch_norm,
    check_silent_units,
    check_saturated_units,
    check_gradient_reaches,
    check_gradient_size,
    check_gradient_stands,
    check_term_reached,
    check_code_width,
    check_columns_rebuilt,
    check_answers_differ,
    check_tags_in_place,
    check_answers_in_place,
    check_graph_baseline,
    check_overfit,
    check_collapsed,
    check_chance,
    check_underfit,
    check_score_follows_loss,
    check_weights_grow,
    check_output_bias,
    check_update_size,
    check_signal_propagation,
    check_first_weights,
    check_dropout_recipe,
    *RULES_AFTER,
)
"""Need the history or the outcome."""
