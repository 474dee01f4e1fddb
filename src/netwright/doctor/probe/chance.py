"""The loss of knowing nothing: what the best constant answer costs."""

import math

import torch

from netwright.doctor.case.case import Case


def chance_loss(case: Case) -> float:
    """Return the loss of the best constant answer; infinite where it is not known.

    Args:
        case: whose.
    """
    if case.train is None or case.train.target is None or case.task.reconstructs:
        return math.inf
    if case.loss is not None and case.tape.loss not in case.loss.operation.outputs:
        return math.inf  # other terms stand beside it, or it is scaled
    target = case.train.target.detach().cpu()
    if case.task.kind == "classes" and not target.is_floating_point():
        share = torch.bincount(target[target >= 0].flatten()).double()
        share = share[share > 0] / share.sum()
        entropy = -float((share * share.log()).sum())
    elif case.task.kind == "binary":
        share = target.double().reshape(len(target), -1).mean(0).clamp(1e-9, 1 - 1e-9)
        entropy = -float((share * share.log() + (1 - share) * (1 - share).log()).mean())
    elif case.task.kind == "numbers" and (case.task.loss in ("", "mse_loss")):
        entropy = float(target.double().var(0, unbiased=False).mean())
    else:
        return math.inf
    rows = len(case.tape.constants[case.target_place]) if case.target_place is not None else 1
    return entropy * (rows if case.loss is not None and case.loss.settings.get("reduction") == "sum" else 1)
