"""Where a loss broke: the first part of a step, on the weights of that step, that gives no number."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from netwright.doctor.case.case import Case
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.places import Line
from netwright.doctor.probe.training import Change, train

SECONDS = 2.0
"""For steps that are taken again, also where the budget is smaller."""


def first_broken(case: Case, step: int) -> tuple[str, Line | None]:
    """Return (name, line) of the first thing in a step that gives no number though it was given numbers.

    Within a network it is the innermost layer; outside of it, the function. The weights of the step are had
    by taking the steps before it again on a copy, where all of those were written down and took little time;
    else those of the beginning or the end stand for them.

    Args:
        case: whose loss broke.
        step: at which it did.

    Returns:
        ("", None) where nothing of the kind is seen.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    copies, tape = _at(case, step), next((one for one in case.tapes if one.step >= step), None)
    if copies is None or tape is None:
        return "", None
    case.set_modes(copies)
    inner = _Listener(case, copies)
    try:
        with torch.no_grad():
            played = case.run(tape, copies)
    finally:
        inner.close()
    for operation in tape.operations:
        values = [played.values.get(number) for number in operation.outputs if number is not None]
        if any(_broken(value) for value in values):
            name = case.names.get(id(operation.function), operation.name)
            return (inner.first if operation.is_module and inner.first else name), operation.line
    return "", None


def _at(case: Case, step: int) -> Copies | None:
    """Copies with the weights that a step found."""
    if step == 0:
        return case.start()
    seconds = case.trainee.history.seconds
    quick = case.budget.allows(took := seconds[step] - seconds[0]) or took < SECONDS
    if quick and [one.step for one in case.tapes[: step + 1]] == list(range(step + 1)):
        trial = train(case, Change(), step)
        if trial is not None and trial.copies is not None and len(trial.losses) == step:
            return trial.copies
    return case.end()


class _Listener:
    """Hears of the first layer that was given numbers and gave none."""

    def __init__(self, case: Case, copies: Copies) -> None:
        self.first = ""
        self.handles = [
            part.register_forward_hook(self._hook(name))
            for module in case.modules
            for name, part in self._parts(case, module, copies)
        ]

    def _parts(self, case: Case, module: nn.Module, copies: Copies) -> list[tuple[str, nn.Module]]:
        prefix = case.facts.names.get(id(module), type(module).__name__)
        named = copies.modules[id(module)].named_modules()
        return [(f"{prefix}.{name}" if name else prefix, part) for name, part in named]

    def _hook(self, name: str) -> Any:
        def hear(_module: nn.Module, inputs: Any, output: Any) -> None:
            given = any(_broken(one) for one in tree_flatten(inputs)[0])
            if not self.first and not given and any(_broken(one) for one in tree_flatten(output)[0]):
                self.first = name

        return hear

    def close(self) -> None:
        for handle in self.handles:
            handle.remove()


def _broken(value: Any) -> bool:
    floating = isinstance(value, Tensor) and value.is_floating_point()
    return floating and not bool(torch.isfinite(value).all())
