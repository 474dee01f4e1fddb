"""Which kinds an examination has looked at: those whose question can be asked of this training."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from netwright.doctor.case.case import Case
from netwright.doctor.checks.seen import labels_of
from netwright.doctor.kinds import KINDS

NEEDS: dict[str, str] = {
    "nan_input": "rows",
    "constant_input": "rows full",
    "unscaled_input": "reals full",
    "double_scaling": "reals full",
    "scaler_leakage": "table held_out full",
    "train_val_leakage": "held_out full",
    "target_leakage": "targets",
    "train_val_shift": "held_out full",
    "label_misaligned": "targets outcome full",
    "random_labels": "targets outcome full",
    "label_noise": "labels full",
    "conflicting_labels": "targets full",
    "imbalance_ignored": "labels outcome full",
    "single_class_batches": "labels batches full",
    "unshuffled": "targets batches full",
    "repeated_batch": "rows batches",
    "destructive_augmentation": "held_out outcome full",
    "too_few_samples": "targets outcome held_out full",
    "bad_label_values": "labels|yes_or_no",
    "target_scale": "numbers",
    "padding_dominates": "sequences full",
    "outliers": "table|numbers full",
    "softmax_before_ce": "classes",
    "double_sigmoid": "yes_or_no",
    "missing_log_softmax": "classes",
    "wrong_loss_for_task": "targets",
    "target_shape_broadcast": "numbers|yes_or_no",
    "wrong_target_dtype": "targets",
    "loss_sign": "trials",
    "loss_reduction": "sum trials",
    "loss_weights": "labels",
    "bad_initial_loss": "classes|yes_or_no full",
    "loss_ignores_model": "network",
    "wrong_output_units": "classes|yes_or_no",
    "output_range": "numbers|yes_or_no",
    "softmax_wrong_dim": "network",
    "linear_network": "network full",
    "bad_init": "network full",
    "zero_init": "network full",
    "batch_mixing": "rows targets",
    "input_disconnected": "reals",
    "detached_graph": "network",
    "capacity_too_small": "network trials",
    "bottleneck": "network trials",
    "order_blind": "sequences full",
    "dropout_too_high": "dropout trials",
    "batchnorm_misuse": "batch_norm full",
    "frozen_params": "network full",
    "params_not_in_optimizer": "network optimizer",
    "missing_zero_grad": "optimizer full",
    "step_order": "optimizer",
    "eval_mode_training": "dropout|batch_norm full",
    "train_mode_eval": "dropout|batch_norm held_out full",
    "val_used_for_training": "held_out full",
    "lr_too_high": "optimizer trials",
    "lr_too_low": "optimizer trials",
    "lr_schedule": "schedule full",
    "weight_decay_too_high": "decay trials",
    "batch_too_large": "rows optimizer full",
    "batch_too_small": "batch_norm rows full",
    "too_few_epochs": "optimizer trials",
    "clip_too_small": "clip trials",
    "bad_optimizer_setting": "optimizer trials",
    "nan_loss": "full",
    "diverged": "full",
    "vanishing_gradient": "network outcome full",
    "exploding_gradient": "outcome full",
    "dead_relu": "network outcome full",
    "saturated": "network outcome full",
    "oscillation": "optimizer trials",
    "not_learning": "outcome full",
    "collapsed_output": "outcome full",
    "underfit": "outcome full",
    "overfit": "outcome held_out full",
    "not_better_than_constant": "outcome full",
    "wrong_metric": "evaluations full",
}
"""Kind -> what has to be known of a training before its checks can say anything; a bar parts alternatives."""

_TRIED = {"too_few_epochs": "lr_too_low", "oscillation": "lr_too_high", "bottleneck": "capacity_too_small"}
"""Kinds that are told by the trials of another one."""
_WEIGHED = frozenset(
    {
        "bad_optimizer_setting",
        "clip_too_small",
        "dropout_too_high",
        "loss_reduction",
        "weight_decay_too_high",
    }
)
"""Kinds whose remedy is tried where something speaks for it, beside the trial of the loss's sign."""


def looked_at(cases: Iterable[Case], *, full: bool = True) -> list[str]:
    """Return the kinds that could have been found in this run, in the order of the vocabulary.

    A kind of classes is not among them where numbers are predicted, one of held-out rows not where there are
    none, and one that only a trial shows not where the trial was wanted and there was no time for it.

    Args:
        cases: that were judged, each after its examination.
        full: whether the outcome was looked at as well.

    Example:
        >>> looked_at([])
        []
    """
    found: set[str] = set()
    for case in cases:
        known = {*_known(case), *(("full",) if full else ())}
        found |= {kind for kind, needs in NEEDS.items() if _met(case, kind, needs, known)}
    return [kind for kind in KINDS if kind in found]


def _met(case: Case, kind: str, needs: str, known: set[str]) -> bool:
    for need in needs.split():
        if need == "trials":
            if "full" not in known or not _tried(case, kind):
                return False
        elif not known.intersection(need.split("|")):
            return False
    return True


def _tried(case: Case, kind: str) -> bool:
    """Whether a trial was made, or the training went so well that none was wanted."""
    if case.tried is None:
        return case.outcome is not None or len(case.trainee.history) >= 10
    tried = {one["kind"] for one in case.tried}
    return _TRIED.get(kind, kind) in tried or (kind in _WEIGHED and "loss_sign" in tried)


def _known(case: Case) -> Iterator[str]:
    yield from _of_rows(case)
    yield from _of_network(case)
    yield from _of_optimizer(case)
    yield from {"classes": ["classes"], "binary": ["yes_or_no"], "numbers": ["numbers"]}.get(
        case.task.kind, []
    )
    facts = {
        "held_out": case.held_out is not None,
        "outcome": case.outcome is not None,
        "batches": len(case.tapes) > 1,
        "evaluations": bool(case.facts.evaluations),
        "sum": case.loss is not None and case.loss.settings.get("reduction") == "sum",
    }
    yield from (name for name, holds in facts.items() if holds)


def _of_rows(case: Case) -> Iterator[str]:
    if case.train is None:
        return
    yield "rows"
    inputs: Tensor = case.train.inputs
    if inputs.is_floating_point():
        yield "reals"
        yield from ["table"] if inputs.ndim == 2 else ["sequences"] if inputs.ndim == 3 else []
    elif inputs.ndim == 2:
        yield "sequences"
    if case.train.target is not None and case.task.kind != "unknown":
        yield "targets"
        if labels_of(case.train.target, case.task) is not None:
            yield "labels"


def _of_network(case: Case) -> Iterator[str]:
    parts: list[nn.Module] = [part for module in case.modules for part in module.modules()]
    if parts:
        yield "network"
    if any(isinstance(part, _DropoutNd) for part in parts):
        yield "dropout"
    if any(isinstance(part, _BatchNorm) for part in parts):
        yield "batch_norm"


def _of_optimizer(case: Case) -> Iterator[str]:
    facts = case.trainee.optimizer
    if facts is None:
        return
    yield "optimizer"
    rates = torch.tensor([one for one in case.trainee.history.learning_rate if one == one])
    if len(rates) and bool((rates != rates[0]).any()):
        yield "schedule"
    if any(float(group.get("weight_decay", 0.0) or 0.0) > 0 for group in facts.groups):
        yield "decay"
    if case.trainee.clip is not None:
        yield "clip"
