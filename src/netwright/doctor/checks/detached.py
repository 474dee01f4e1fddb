"""Checks of whether the graph leads from the loss, and from each of its terms, to all weights that matter."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.penalties import terms
from netwright.doctor.checks.wiring import gradients, moved
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.tape import needed


def check_detached(case: Case) -> Iterator[Finding]:
    """M02: a parameter that changes the loss when it is moved, and gets no gradient, was cut off from it."""
    copies = case.start()
    if copies is None or case.network is None:
        return
    felt = gradients(case, copies)
    learning = [one for one in case.network.parameters() if one.requires_grad]
    lost = [one for one in learning if felt.get(id(one)) is None]
    if len(case.facts.trainees) == 1:  # what moved had a gradient, of a layer that is left out now and then
        lost = [one for one in lost if not moved(case, one)]
    size = 1.0
    if not any(gradient is not None and float(gradient) > 0 for gradient in felt.values()):
        lost, size = learning, 20.0  # rounding and choosing have a gradient, which is 0 everywhere
    cut = [one for one in lost if _changes_loss(case, one, size)]
    if not cut:
        return
    names = [case.names.get(id(one), "?") for one in cut]
    yield Finding(
        "detached_graph",
        "error",
        f"{len(cut)} parameters change the loss when they are moved, but get no gradient: the graph is cut "
        "between them and the loss.",
        Place(_owner(names[-1]), case.call.line if case.call else None),
        {"parameters": names[:8]},
        "Look for detach(), .data, item(), numpy(), no_grad(), round or argmax behind them, and take it out.",
    )


def check_term_reached(case: Case) -> Iterator[Finding]:
    """M02: of several terms, the one with the target changes with weights that get no gradient from it.

    Such a cut may be meant, as for a classifier beside something else that is learned; so it is a warning
    where the outcome is poor, and nothing otherwise.
    """
    outcome, copies = case.outcome, case.start()
    if outcome is None or not outcome.poor or copies is None or case.network is None:
        return
    parts = [
        replace(case.tape, operations=needed(case.tape.operations, number), loss=number)
        for number in terms(case.tape)
    ]
    meeting = [one for one in parts if any(case.target_place in op.constants() for op in one.operations[1:])]
    if len(parts) < 2 or len(meeting) != 1:
        return
    (term,) = meeting
    alone = replace(case, tapes=[term], final=None)
    felt = gradients(alone, copies)
    learning = [one for one in case.network.parameters() if one.requires_grad]
    cut = [one for one in learning if felt.get(id(one)) is None and _changes_loss(alone, one, 1.0)]
    if not cut:
        return
    names = [case.names.get(id(one), "?") for one in cut]
    yield Finding(
        "detached_graph",
        "warning",
        f"{len(cut)} parameters change the term of the loss that has the target when they are moved, but get "
        "no gradient from it, only from other terms.",
        Place(_owner(names[-1]), case.loss.operation.line if case.loss else case.tape.line),
        {"parameters": names[:8]},
        "Look for no_grad(), detach() or .data between them and this term, and take it out.",
    )


def _owner(name: str) -> str:
    return name.rpartition(".")[0] or name


def _changes_loss(case: Case, parameter: Tensor, size: float) -> bool:
    """Whether the loss of the first step changes when one parameter is moved, in evaluation mode."""
    values = []
    for move in (False, True):
        copies = case.start()
        assert copies is not None  # noqa: S101 (the caller has had one)
        for module in copies.modules.values():
            module.eval()
        if move:
            for module in case.modules:
                twin = copies.modules[id(module)]
                for one, other in zip(module.parameters(), twin.parameters(), strict=True):
                    if one is parameter:
                        with torch.no_grad():
                            other.add_(size * (torch.randn_like(other) * _spread(other) + 0.1))
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(1)
            values.append(float(case.run(case.tape, copies).loss.sum()))
    return values[0] != values[1]


def _spread(weight: Tensor) -> float:
    return float(weight.std()) if weight.numel() > 1 else 1.0
