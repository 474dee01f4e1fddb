"""Checks of the first weights: signals that get lost or grow on their way, layers drawn on another scale."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.first_loss import first_loss
from netwright.doctor.finding import Finding, Place
from netwright.doctor.instruments.signals import Signals, hear_signals

MOST_ROWS = 256
DEEP = 3
"""Layers with weights from which on a signal can get lost on its way."""
TIMES = 5.0
"""From the nearest of the usual rules for first weights."""
FAR_OFF = 10.0
"""Times the usual deviation, and the loss of knowing nothing."""


def check_signal_propagation(case: Case) -> Iterator[Finding]:
    """M16: behind the last layer the signal is 1000 times smaller or larger than behind the first.

    Measured on the training rows before the first step; half of the bounded units at their bounds is told
    alike. Layers that begin at zero are left out. Information: a program that learns all the same is well.

    Args:
        case: whose first weights.

    Source:
        Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks",
        https://proceedings.mlr.press/v9/glorot10a.html
    """
    copies = case.start()
    if copies is None or case.network is None or case.train is None:
        return
    rows = case.train.part(MOST_ROWS)
    heard = hear_signals(copies.modules[id(case.network)], lambda: case.predict(copies, rows))
    told = Signals(tuple(one for one in heard.weighted if one.deviation > 0), heard.bounded)
    if len(told.weighted) < DEEP or told.verdict == "steady":
        return
    first, last = told.weighted[0], told.weighted[-1]
    shares = [one.at_bounds for one in told.bounded]
    said = f"from {first.deviation:.3g} behind {first.name} to {last.deviation:.3g} behind {last.name}"
    if told.verdict == "saturated":
        said = f"{100 * max(shares):.0f} % of the values of a bounded layer stand at its bounds"
    yield Finding(
        "bad_init",
        "info",
        f"Before the first step the signal is {told.verdict} on its way: {said}.",
        Place(f"{case.name}.{last.name}", case.call.line if case.call else None),
        {
            "first deviation": first.deviation,
            "last deviation": last.deviation,
            "at bounds": max(shares, default=0.0),
        },
        "Draw first weights by Glorot's rule for tanh and by He's for ReLU, or normalise between layers.",
    )


def check_first_weights(case: Case) -> Iterator[Finding]:
    """M06: matrices whose first weights are five times off all the usual rules, in their deviation.

    The rules are PyTorch's own, Glorot's and He's; each depends on the numbers of inputs and outputs alone.
    Matrices of zeros are left to `check_units_differ`, which sees whether they stay alike. Information, as
    the remedy is tried where the training is poor; a warning where two measurements agree that the beginning
    is far off: weights ten times too wide, and a first loss ten times that of knowing nothing.

    Args:
        case: whose first weights.

    Source:
        He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers: Surpassing Human-Level Performance on
        ImageNet Classification", arXiv:1502.01852
    """
    off: dict[str, float] = {}
    for module in case.modules:
        entry = case.facts.initial.get(id(module))
        prefix = case.facts.names.get(id(module), type(module).__name__)
        if entry is not None:
            off |= {f"{prefix}.{name}".rstrip("."): times for name, times in _off(entry[1])}
    if not off:
        return
    name, times = max(off.items(), key=lambda one: abs(torch.tensor(one[1]).log()))
    loss, nothing = (first_loss(case) if times > FAR_OFF else None) or (0.0, 1.0)
    far = loss > FAR_OFF * nothing
    tells = f", and the first loss is {loss:.3g}, where knowing nothing costs {nothing:.3g}" if far else ""
    yield Finding(
        "bad_init",
        "warning" if far else "info",
        f"The first weights of {name} deviate {times:.3g} times as much as the nearest usual rule "
        f"says{tells}.",
        Place(name, case.call.line if case.call else None),
        {"deviation over the nearest rule": dict(list(off.items())[:8])},
        "Leave the first weights to the layers, or draw them by Glorot's or He's rule.",
    )


def _off(module: nn.Module) -> Iterator[tuple[str, float]]:
    """Layers that are off all rules, with how many times the nearest one."""
    for name, part in module.named_modules():
        for weight, inputs, outputs in _matrices(part):
            spread = float(weight.detach().double().std())
            if spread == 0 or weight.numel() < 16:
                continue
            rules: tuple[float, ...] = (
                (1 / (3 * inputs)) ** 0.5,
                (2 / (inputs + outputs)) ** 0.5,
                (2 / inputs) ** 0.5,
            )
            if isinstance(part, nn.RNNBase):
                rules = (*rules, (1 / (3 * part.hidden_size)) ** 0.5)
            times = [spread / rule for rule in rules]
            if min(times) > TIMES or max(times) < 1 / TIMES:
                yield name, min(times) if min(times) > TIMES else max(times)


def _matrices(part: nn.Module) -> Iterator[tuple[Tensor, int, int]]:
    """The matrices of a layer, with the numbers of inputs and outputs of a unit."""
    if isinstance(part, nn.RNNBase):
        for one in part.parameters(recurse=False):
            if one.ndim == 2:
                yield one, one.shape[1], part.hidden_size
    elif isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
        kernel = part.weight[0, 0].numel() if part.weight.ndim > 2 else 1
        yield part.weight, part.weight[0].numel(), len(part.weight) * kernel
