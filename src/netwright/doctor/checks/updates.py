"""Checks of what steps do: updates far from their weights, weights that grow, biases that decide."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.units import MOST_ROWS
from netwright.doctor.finding import Finding, Place
from netwright.doctor.instruments.parameters import SMALLEST
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.training import Change, train

LARGEST = 1.0
"""Of a step beside its weights; the first steps of Adam are long and do no harm up to there."""
GROWN = 100.0
DECIDED = 0.99
"""Share of the rows whose answer is that of the bias alone."""


def check_update_size(case: Case) -> Iterator[Finding]:
    """T15: a step moves weights by more than they are themselves, or by less than a millionth of it.

    One step is taken on copies of the beginning, at the highest rate of the program; what counts is the
    median over matrices. LBFGS is left out, whose steps are as long as its search says. Information: what a
    rate does is judged by trials where the training is poor.

    Args:
        case: whose steps.

    Source:
        Karpathy et al., "CS231n: Convolutional Neural Networks for Visual Recognition", notes,
        cs231n.github.io/neural-networks-3, "Ratio of weights:updates"
    """
    optimizer = case.trainee.optimizer
    rates = [one for one in case.trainee.history.learning_rate if one == one and one > 0]
    before = case.start()
    if optimizer is None or not rates or before is None or isinstance(optimizer.optimizer, torch.optim.LBFGS):
        return
    trial = train(case, Change(fixed=max(rates)), 1)
    if trial is None or trial.copies is None:
        return
    ratios = sorted(_ratios(before, trial.copies))
    middle = ratios[len(ratios) // 2] if ratios else 0.01
    if SMALLEST <= middle <= LARGEST:
        return
    high = middle > LARGEST
    yield Finding(
        "lr_too_high" if high else "lr_too_low",
        "info",
        f"The first step at a rate of {max(rates):.3g} moves weights by {middle:.2g} times themselves; "
        "about a thousandth is usual.",
        Place(case.name, optimizer.line),
        {"update over weights": middle, "learning rate": max(rates)},
        f"Take a {'lower' if high else 'higher'} learning rate.",
    )


def _ratios(before: Copies, after: Copies) -> Iterator[float]:
    """Length of the update over that of the weights, of each matrix that was not zero."""
    for key, module in before.modules.items():
        for one, other in zip(module.parameters(), after.modules[key].parameters(), strict=True):
            if one.requires_grad and one.ndim > 1 and bool(one.any()):
                yield float((other - one).detach().norm() / one.detach().norm())


def check_weights_grow(case: Case) -> Iterator[Finding]:
    """A matrix whose weights became 100 times as large, or no numbers, in the course of the training.

    Matrices that began at zero are left out. Information: it is the loss that says whether it did harm.

    Args:
        case: whose weights.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    first, last = case.start(), case.end()
    if first is None or last is None:
        return
    grown: dict[str, float] = {}
    for module in case.modules:
        pairs = zip(
            first.modules[id(module)].parameters(), last.modules[id(module)].parameters(), strict=True
        )
        for own, (before, after) in zip(module.parameters(), pairs, strict=True):
            size = float(before.detach().norm())
            times = float(after.detach().norm()) / size if size > 0 and own.ndim > 1 else 1.0
            if not times < GROWN:
                grown[case.names.get(id(own), "?")] = times
    if not grown:
        return
    name = max(grown, key=lambda one: grown[one] if grown[one] == grown[one] else torch.inf)
    yield Finding(
        "diverged",
        "info",
        f"The weights of {name} became {grown[name]:.3g} times as large as they were at first.",
        Place(name.rpartition(".")[0] or name, case.call.line if case.call else None),
        {"growth": dict(list(grown.items())[:8])},
        "Take a smaller learning rate or some weight decay, or cut the gradients' norm.",
    )


def check_output_bias(case: Case) -> Iterator[Finding]:
    """Classes that the bias of the last layer decides alone, for 99 % of the rows and more.

    So it becomes where one class is far more frequent, and what the rows say is too weak to change the
    answer. Told where that answer is wrong for 1 % of the rows or more, and the bias stands out three times
    as far as anything that rows add to it.

    Args:
        case: of a training that has ended.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    copies, rows = case.end(), case.train
    if (
        case.task.kind != "classes"
        or copies is None
        or case.network is None
        or rows is None
        or rows.target is None
    ):
        return
    bias = _last_bias(copies.modules[id(case.network)], case.task.n_outputs)
    part = rows.part(MOST_ROWS)
    scores = case.predict(copies, part)
    if bias is None or scores is None or scores.ndim != 2 or part.target is None or part.target.ndim != 1:
        return
    decided = float((scores.argmax(1) == bias.argmax()).double().mean())
    right = float((part.target == bias.argmax()).double().mean())
    spread = float((scores.detach() - bias).std(0).max())
    reach = float(bias.max() - bias.median())
    if decided < DECIDED or right > DECIDED or not reach > 3 * spread:
        return
    yield Finding(
        "imbalance_ignored",
        "info",
        f"The bias of the last layer decides the answer alone: class {int(bias.argmax())} for "
        f"{100 * decided:.0f} % of the rows, of which {100 * right:.0f} % are of that class.",
        Place(case.name, case.call.line if case.call else None),
        {"largest bias": float(bias.max()), "deviation of what the rows add": spread, "share": decided},
        "Weight the classes or sample them alike, and let the other layers learn faster than the bias.",
    )


def _last_bias(module: nn.Module, n_outputs: int) -> Tensor | None:
    """The bias of the last layer that has one for each class."""
    layers = [one for one in module.modules() if isinstance(one, nn.Linear)]
    last = layers[-1] if layers else None
    if last is None or last.bias is None or len(last.bias) != n_outputs or n_outputs < 2:
        return None
    return last.bias.detach()
