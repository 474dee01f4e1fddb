"""Settings beside the recommendations for gradient-based training: each note names its rule."""

from collections.abc import Iterator

import torch

from netwright.doctor.case.case import Case
from netwright.doctor.checks.seen import batches_of, first_epoch, is_tabular
from netwright.doctor.checks.standardised import unlike_standard
from netwright.doctor.finding import Finding, Place, Severity

LOWEST, HIGHEST, FIRST = 1e-6, 1.0, 0.01
RULE = 'Bengio (2012), "Practical Recommendations for Gradient-Based Training of Deep Architectures"'
INFO: Severity = "info"


def check_practice(case: Case) -> Iterator[Finding]:
    """B04, the rules: rate of gradient descent, order of rows, and scale of inputs beside Bengio's advice.

    Information, all of it: where a setting harms, trials say so. The rate is looked at for plain gradient
    descent alone, since other optimizers have other scales.

    Source:
        Bengio (2012), "Practical Recommendations for Gradient-Based Training of Deep Architectures",
        arXiv:1206.5533.
    """
    yield from _rate(case)
    yield from _order(case)
    yield from _inputs(case)


def _rate(case: Case) -> Iterator[Finding]:
    facts = case.trainee.optimizer
    if facts is None or not isinstance(facts.optimizer, torch.optim.SGD):
        return
    rate = max(float(group["lr"]) for group in facts.groups)
    if LOWEST < rate < HIGHEST:
        return
    yield Finding(
        "lr_too_high" if rate >= HIGHEST else "lr_too_low",
        INFO,
        f"The rate is {rate:g}; with inputs of scale 1 it is usually between {LOWEST:g} and {HIGHEST:g}, and "
        f"{FIRST:g} is a first try ({RULE}).",
        Place(case.name or None, facts.line),
        {"learning rate": rate},
        f"Try {FIRST:g}, and a third or three times as much from there.",
    )


def _order(case: Case) -> Iterator[Finding]:
    batches, first = batches_of(case), first_epoch(case)
    n_steps = len(first)
    if n_steps < 3 or len(batches) < 2 * n_steps:
        return
    later = batches[n_steps : 2 * n_steps]
    follows = later[0].step == first[-1].step + 1
    if not follows or any(a.keys != b.keys for a, b in zip(first, later, strict=True)):
        return
    loader = case.trainee.loader
    yield Finding(
        "unshuffled",
        INFO,
        f"Both of the first two epochs take their {n_steps} batches in one order; drawn anew they converge "
        f"faster ({RULE}).",
        Place(None, loader.line if loader is not None else case.tape.line),
        {"batches": n_steps},
        "Shuffle the rows in each epoch.",
    )


def _inputs(case: Case) -> Iterator[Finding]:
    if case.train is None or not is_tabular(case.train.inputs) or len(case.train) < 20:
        return
    off = unlike_standard(case.train.flat)
    if not off:
        return
    yield Finding(
        "unscaled_input",
        INFO,
        f"{len(off)} columns are far from mean 0 and deviation 1, for which the usual rates are meant "
        f"({RULE}).",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {"columns": off[:32]},
        "Take off the mean and divide by the deviation, or map the columns to ranks or logarithms.",
    )
