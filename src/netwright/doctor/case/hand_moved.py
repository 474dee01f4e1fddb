"""Steps that a script takes by hand: the rate that they have, where they are plain gradient descent."""

import torch
from torch import Tensor

from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.facts import Facts, OptimizerFacts, Trainee
from netwright.doctor.observe.tape import Tape, play

ALIKE = 0.99
"""Cosine of a step and its gradient from which on the one is a multiple of the other."""


def plain_descent(facts: Facts, trainee: Trainee, tape: Tape) -> OptimizerFacts | None:
    """Return an SGD that moves the weights as the script did in its first step; None where none does.

    Args:
        facts: of the run.
        trainee: without an optimizer.
        tape: of its first step.
    """
    known = {id(own): first for pair in facts.initial.values() for own, first in _pairs(*pair)}
    known |= {key: first for key, (_, first) in facts.initial_weights.items()}
    moved = [(own, after) for own, after in trainee.moved if id(own) in known]
    felt = _gradients(facts, tape) if moved else {}
    rates = []
    for own, after in moved:
        step, gradient = (known[id(own)].detach() - after).flatten(), felt.get(id(own))
        if gradient is None or not bool(gradient.any()):
            return None
        gradient = gradient.flatten()
        if abs(float(torch.cosine_similarity(step, gradient, 0))) < ALIKE:
            return None
        rates.append(float(step @ gradient / (gradient @ gradient)))
    if not rates or max(rates) * min(rates) <= 0 or abs(max(rates)) > 1.1 * abs(min(rates)) > 0:
        return None
    rate = sum(rates) / len(rates)
    weights = [p for module in tape.modules for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD([*weights, *tape.weights], lr=abs(rate), maximize=rate < 0)
    groups = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    return OptimizerFacts(optimizer, groups, tape.line, tape.line)


def _pairs(module: torch.nn.Module, twin: torch.nn.Module) -> list[tuple[Tensor, Tensor]]:
    return list(zip(module.parameters(), twin.parameters(), strict=False))


def _gradients(facts: Facts, tape: Tape) -> dict[int, Tensor]:
    """Id of each weight -> its gradient at the first step, from copies."""
    copies = Copies(
        {id(one): facts.initial[id(one)][1] for one in tape.modules},
        {id(one): facts.initial_weights[id(one)][1] for one in tape.weights},
    ).again()
    for call in tape.calls:
        copies.modules[id(call.function)].train(bool(call.training))
    pairs = [pair for one in tape.modules for pair in _pairs(one, copies.modules[id(one)])]
    pairs += [(one, copies.weights[id(one)]) for one in tape.weights]
    pairs = [(own, twin) for own, twin in pairs if twin.requires_grad]
    with torch.random.fork_rng(), torch.enable_grad():
        loss = play(tape, copies.modules, copies.weights).loss.sum()
        values = torch.autograd.grad(loss, [twin for _, twin in pairs], allow_unused=True)
    return {
        id(own): value.detach() for (own, _), value in zip(pairs, values, strict=True) if value is not None
    }
