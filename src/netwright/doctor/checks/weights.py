"""Checks of weights in a loss: of classes, of positives, and of labels that do not count."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import CLASS_LOSSES
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.operation import Outside


def check_class_weights(case: Case) -> Iterator[Finding]:
    """L08: weights that grow with the frequency of a class make rare classes rarer still."""
    if case.loss is None or case.loss.name not in CLASS_LOSSES:
        return
    weight, target = _constant(case, "weight"), case.targets
    if weight is None or target is None or target.is_floating_point() or weight.ndim != 1 or len(weight) < 2:
        return
    labels = target.flatten()
    real = labels[(labels >= 0) & (labels < len(weight)) & (labels != case.task.ignore)]
    share = torch.bincount(real, minlength=len(weight)).double() / max(len(real), 1)
    seen = share > 0
    share, weights = share[seen], weight.double()[seen]
    if len(share) < 2 or float(share.max() / share.min()) < 1.5 or float(weights.std()) == 0:
        return
    matched = float(torch.corrcoef(torch.stack([share.log(), weights.clamp(min=1e-12).log()]))[0, 1])
    if matched < 0.5:
        return
    yield Finding(
        "loss_weights",
        "warning",
        f"The weights of the classes grow with their frequency (correlation {matched:.2f}): the commonest "
        "class, "
        f"{100 * float(share.max()):.0f} % of the rows, weighs "
        f"{float(weights[share.argmax()] / weights.mean()):.2g} "
        "times the mean.",
        Place(case.name, case.loss.operation.line if case.loss else case.tape.line),
        {"correlation": matched, "weights": weight.tolist()[:12]},
        "Weigh classes by the inverse of their frequency.",
    )


def check_positive_weight(case: Case) -> Iterator[Finding]:
    """L08: a weight of positives over ten times what would balance them, where it harms the outcome."""
    if case.loss is None or case.train is None or case.train.target is None:
        return
    weight, target = _constant(case, "pos_weight"), case.train.target.double()
    if weight is None or case.task.kind != "binary":
        return
    positive = target.reshape(len(target), -1).mean(0).clamp(1e-6, 1 - 1e-6)
    excess = (weight.double().flatten() * positive / (1 - positive)).max()
    poor = case.outcome is not None and case.outcome.poor
    if float(excess) < 10 or not poor:
        return
    yield Finding(
        "loss_weights",
        "warning",
        f"Positives weigh {float(weight.max()):g} times as much as negatives, {float(excess):.0f} times "
        "what would "
        "balance them.",
        Place(case.name, case.loss.operation.line if case.loss else case.tape.line),
        {"pos_weight": float(weight.max()), "share of positives": float(positive.mean())},
        "Take pos_weight = negatives / positives, or none.",
    )


def check_ignored_class(case: Case) -> Iterator[Finding]:
    """L08: the label that does not count is one of the classes, and stands at inputs that are no padding."""
    ignore = case.task.ignore
    if case.task.kind != "classes" or ignore is None or ignore < 0 or case.train is None:
        return
    target, inputs = case.train.target, case.train.inputs
    if target is None or target.is_floating_point() or ignore >= case.task.n_outputs:
        return
    ignored = target == ignore
    share = float(ignored.double().mean())
    if share < 0.05 or inputs.shape[: target.ndim] != target.shape:
        return
    entered = torch.unique(inputs[ignored].reshape(int(ignored.sum()), -1), dim=0)
    if len(entered) < 3:
        return
    yield Finding(
        "loss_weights",
        "warning",
        f"ignore_index is {ignore}, which is the label of {100 * share:.0f} % of the targets and stands at "
        f"{len(entered)} different inputs: that class is never learned.",
        Place(case.name, case.loss.operation.line if case.loss else case.tape.line),
        {"ignore_index": ignore, "share of the targets": share, "different inputs": len(entered)},
        "Let ignore_index be a number that only padding has, such as -100.",
    )


def _constant(case: Case, name: str) -> Tensor | None:
    given: Any = case.loss.settings.get(name) if case.loss is not None else None
    given = case.tape.constants[given.number] if isinstance(given, Outside) else given
    return given if isinstance(given, Tensor) else None
