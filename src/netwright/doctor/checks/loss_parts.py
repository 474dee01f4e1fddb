"""Parts of a loss beside each other: how much each says in the gradient."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.penalties import terms
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.tape import Tape, needed

RATIO = 100.0


def check_loss_parts(case: Case) -> Iterator[Finding]:
    """L08: of the summands of a loss one has over a hundred times the gradient of another.

    Information: the smaller one is hardly heard, which may be meant. Gradients are those of the weights that
    both have a part in, before the first step. Penalties on weights are no summands here: they are small by
    nature.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    parts = summands(case.tape)
    copies = case.start()
    if len(parts) < 2 or copies is None:
        return
    norms = _norms(case, copies, parts)
    if len(norms) < 2 or min(norms) <= 0 or max(norms) <= RATIO * min(norms):
        return
    shares = [one / sum(norms) for one in norms]
    told = ", ".join(f"{100 * one:.2g} %" for one in shares)
    yield Finding(
        "loss_weights",
        "info",
        f"The {len(norms)} parts of the loss have {told} of the gradient: the smallest is hardly heard.",
        Place(case.name or None, case.tape.line),
        {"gradient norms": norms, "shares": shares},
        "Weigh the parts so that their gradients are of one size, and look how each falls.",
    )


def summands(tape: Tape) -> list[int]:
    """Return the numbers of the tensors whose sum a loss is, as far as they come from a network's answer.

    Args:
        tape: of a step.
    """
    return [
        one
        for one in terms(tape, scaled=True)
        if any(operation.is_module for operation in needed(tape.operations, one))
    ]


def _norms(case: Case, copies: Copies, parts: list[int]) -> list[float]:
    """Norms of the parts' gradients, over the weights that at least two of them have a part in."""
    played = case.run(case.tape, copies)
    values = [played.values[one] for one in parts]
    weights = [one for one in copies.parameters() if one.requires_grad]
    if not weights or any(one.numel() != 1 or not one.requires_grad for one in values):
        return []
    found = [torch.autograd.grad(one.sum(), weights, retain_graph=True, allow_unused=True) for one in values]
    shared = [place for place in range(len(weights)) if sum(one[place] is not None for one in found) > 1]
    return [_norm([one[place] for place in shared]) for one in found]


def _norm(gradients: list[Tensor | None]) -> float:
    return math.sqrt(sum(float(one.double().square().sum()) for one in gradients if one is not None))
