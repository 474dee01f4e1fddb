"""A loss whose arguments were exchanged."""

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import loss_calls
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.operation import Outside, Ref

ONE_WAY = frozenset({"cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"})
"""Losses that mean something else when prediction and target change places."""


def check_swapped(case: Case) -> Iterator[Finding]:
    """L09: the loss is given the target in place of the answer, and the answer in place of the target.

    Exact: what stands first comes from outside and is nothing but zeros and ones, which no scores are, and
    what stands second is computed by the network.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    for call in loss_calls(case.tape):
        first, second = call.operation.argument(0, "input"), call.operation.argument(1, "target")
        if call.name not in ONE_WAY or not isinstance(first, Outside) or not isinstance(second, Ref):
            continue
        if not _is_hard(case.tape.constants[first.number]):
            continue
        yield Finding(
            "wrong_target_dtype",
            "error",
            f"{call.name} is given the target first and the network's answer second: they were exchanged.",
            Place(case.name or None, call.operation.line),
            {"first": list(case.tape.constants[first.number].shape)},
            f"Write {call.name}(answer, target).",
        )


def _is_hard(values: Tensor) -> bool:
    return bool(((values == 0) | (values == 1)).all()) and len(torch.unique(values)) == 2
