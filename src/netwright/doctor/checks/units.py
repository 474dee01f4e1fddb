"""Checks of what units do: silent, at their bounds, or out of the gradient's reach; only where training
is poor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.wiring import gradients
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.mode import FunctionMode

RELUS = frozenset({"relu", "relu_", "relu6", "threshold", "clamp_min", "clamp"})
BOUNDED = {"sigmoid": (0.0, 1.0), "sigmoid_": (0.0, 1.0), "tanh": (-1.0, 1.0), "tanh_": (-1.0, 1.0)}
MOST_ROWS = 512
FEWEST_UNITS = 8
"""Of a layer of which a share can be told; in a smaller one each unit counts for itself."""
MOST = 0.8
"""Share of a layer whose silence explains that all answers are alike."""
ALIKE = 0.01
"""Spread over rows, over the largest mean of a unit, below which a layer says the same of every row."""


@dataclass(frozen=True)
class Activation:
    """What an activation gave for many rows.

    Args:
        name: of the function.
        values: (rows, units), steps and pixels counted as rows.
    """

    name: str
    values: Tensor


def activations(case: Case, copies: Copies) -> list[Activation]:
    """Return what the activations of the networks give for training rows, in evaluation mode, in order.

    Args:
        case: whose.
        copies: of `start` or `end`.
    """
    found: list[Activation] = []

    def listen(function: Any, _args: Any, _kwargs: Any, result: Any) -> None:
        name = getattr(function, "__name__", "")
        if (name in RELUS or name in BOUNDED) and isinstance(result, Tensor) and result.ndim > 1:
            values = result.detach()
            if values.ndim > 2 and values.ndim != 3:
                values = values.movedim(1, -1)
            found.append(Activation(name, values.reshape(-1, values.shape[-1])))

    if case.train is None:
        return []
    mode = FunctionMode(listen, lambda *_: None)
    with mode:
        case.predict(copies, case.train.part(MOST_ROWS))
    return found


def check_silent_units(case: Case) -> Iterator[Finding]:
    """T09: units that are 0 for every row, most of a layer, in a network whose outcome is poor.

    Source:
        Holden (2017), "My Neural Network isn't working! What should I do?", theorangeduck.com
    """
    yield from _stuck(case, "dead_relu", _silent, "are silent (0) for every row")


def check_saturated_units(case: Case) -> Iterator[Finding]:
    """T10: bounded units that stand at a bound for 95 % of the rows, most of a layer, outcome poor."""
    yield from _stuck(case, "saturated", _at_bound, "stand at their bounds for 95 % of the rows")


def _silent(one: Activation) -> Tensor | None:
    """Which units are 0 for every row; None where no unit of the layer tells rows apart.

    What gets the same input for every row is silent or active for all of them, and no cause of it.
    """
    if one.name not in RELUS:
        return None
    level, spread = one.values.abs().mean(0), one.values.double().std(0)
    if bool(level.any()) and float(spread.max()) < ALIKE * float(level.max()):
        return None
    return (one.values <= 0).all(0)


def _at_bound(one: Activation) -> Tensor | None:
    if one.name not in BOUNDED:
        return None
    low, high = BOUNDED[one.name]
    edge = 0.005 * (high - low)
    return ((one.values < low + edge) | (one.values > high - edge)).double().mean(0) > 0.95


def _stuck(case: Case, kind: str, which: Any, said: str) -> Iterator[Finding]:
    if case.outcome is None or not case.outcome.poor or (copies := case.end()) is None:
        return
    first = case.start()
    before = [which(one) for one in activations(case, first)] if first is not None else []
    after = [which(one) for one in activations(case, copies)]
    after = [one if one is None or len(one) >= FEWEST_UNITS else torch.zeros(1) for one in after]
    shares = [float(one.double().mean()) for one in after if one is not None]
    if not shares or max(shares) < 0.5:
        return
    began = [float(one.double().mean()) for one in before if one is not None]
    layer = int(np.argmax(shares))
    grown = layer < len(began) and shares[layer] > began[layer] + 0.1
    if shares[layer] < (0.5 if grown else MOST):
        return
    yield Finding(
        kind,
        "warning",
        f"{100 * shares[layer]:.0f} % of the units of activation {layer + 1} of {len(shares)} {said}"
        + (f", {100 * began[layer]:.0f} % did at first." if layer < len(began) else "."),
        Place(case.name, case.call.line if case.call else None),
        {"share of each layer": shares, "at first": began},
        "Take a smaller rate, smaller first weights and biases of 0; or LeakyReLU and normalisation.",
        ("collapsed_output",) if shares[layer] >= MOST else (),
    )


def check_gradient_reaches(case: Case) -> Iterator[Finding]:
    """T07: gradients of the first layer, relative to its weights, a thousandth of the last layer's or less.

    Both before and after training, and only where the outcome is poor.

    Source:
        Holden (2017), "My Neural Network isn't working! What should I do?", theorangeduck.com
    """
    if case.outcome is None or not case.outcome.poor or case.network is None:
        return
    ratios = []
    for copies in (case.start(), case.end()):
        if copies is None:
            return
        sizes = _relative_gradients(case, copies)
        if len(sizes) < 3 or sizes[-1] <= 0:
            return
        ratios.append(sizes[0] / sizes[-1])
    if max(ratios) > 1e-3:
        return
    yield Finding(
        "vanishing_gradient",
        "warning",
        f"The gradient of the first layer is {ratios[0]:.1g} times that of the last, relative to the "
        "weights.",
        Place(case.name, case.call.line if case.call else None),
        {"first over last, before training": ratios[0], "after": ratios[1]},
        "Use ReLU in place of sigmoid or tanh, He's weights, normalisation or residual connections.",
    )


def _relative_gradients(case: Case, copies: Copies) -> list[float]:
    felt = gradients(case, copies)
    found = []
    if case.network is not None:
        twin = copies.modules[id(case.network)]
        for own, weight in zip(case.network.parameters(), twin.parameters(), strict=True):
            gradient = felt.get(id(own))
            if own.ndim > 1 and gradient is not None:
                found.append(float(gradient / weight.detach().abs().max().clamp(min=1e-12)))
    return found


def check_gradient_size(case: Case) -> Iterator[Finding]:
    """T08: gradients that are now and then a hundred times those before them, or grow a thousandfold.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    norms = np.asarray([one for one in case.trainee.history.gradient if np.isfinite(one)])
    poor = case.outcome is not None and case.outcome.poor
    if len(norms) < 20 or not poor:
        return
    usual = float(np.median(norms))
    before = np.array([np.median(norms[max(0, step - 10) : step]) for step in range(5, len(norms))])
    spikes = float(np.mean(norms[5:] > 100 * np.maximum(before, 1e-12)))
    grown = float(np.median(norms[-10:]) / max(np.median(norms[:10]), 1e-12))
    if spikes < 0.03 and grown < 1e3:
        return
    yield Finding(
        "exploding_gradient",
        "warning",
        f"The gradient's norm is {usual:.3g} as a rule and up to {norms.max():.3g}.",
        Place(case.name, case.trainee.optimizer.step_line if case.trainee.optimizer else None),
        {"usual norm": usual, "largest": float(norms.max()), "share of spikes": spikes, "growth": grown},
        "Cut gradients to a norm (clip_grad_norm_), take a smaller rate, or smaller recurrent weights.",
    )


def check_gradient_stands(case: Case) -> Iterator[Finding]:
    """T09: the gradient is exactly 0 at the end, while the loss is not: nothing will ever move again."""
    pairs = zip(case.trainee.history.gradient, case.trainee.history.loss, strict=False)
    measured = [(norm, loss) for norm, loss in pairs if norm == norm]
    late = measured[-max(5, len(measured) // 10) :]
    if len(measured) < 20 or any(norm != 0 for norm, _ in late) or all(norm == 0 for norm, _ in measured):
        return
    if not all(abs(loss) > 0 for _, loss in late) or (copies := case.end()) is None:
        return
    found = activations(case, copies)
    silent = [one for one in found if one.name in RELUS and bool((one.values <= 0).all())]
    yield Finding(
        "dead_relu" if silent else "vanishing_gradient",
        "warning",
        f"The gradient is exactly 0 at the last {len(late)} steps that were looked at, while the loss is "
        f"{late[-1][1]:.3g}"
        + (": all units of a ReLU are silent for every row." if silent else ": training stands still."),
        Place(case.name, case.call.line if case.call else None),
        {"steps looked at": len(late), "loss": late[-1][1]},
        "Take a smaller rate, leave a ReLU at the end out, or use LeakyReLU.",
    )


def check_batch_norm(case: Case) -> Iterator[Finding]:
    """M14: statistics of batch normalisation that never moved, or that say something else than the batches.

    In evaluation, answers to the training rows then are far worse than in training mode.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    layers = [
        (name, part)
        for module in case.modules
        for name, part in module.named_modules()
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.track_running_stats
    ]
    last = case.end()
    if not layers or last is None or case.train is None or case.train.target is None:
        return
    trained = any(case.trainee.history.training)
    stuck = [name for name, part in layers if part.momentum == 0 and trained]
    rows = case.train.part(MOST_ROWS)
    gap = _mode_losses(case, last, rows)
    if gap is None:
        return
    quiet, loud = gap
    if not quiet > 3 * max(loud, 1e-3) or quiet - loud < 0.05 * _scale(case):
        return
    said = (
        "their running statistics never moved (momentum 0)"
        if stuck
        else "their running statistics do not fit"
    )
    yield Finding(
        "batchnorm_misuse",
        "warning",
        f"On the training rows the loss is {quiet:.3g} in evaluation mode and {loud:.3g} in training mode: "
        f"{said}.",
        Place(f"{case.name}.{layers[0][0]}", case.call.line if case.call else None),
        {"loss in evaluation mode": quiet, "in training mode": loud, "momentum": layers[0][1].momentum},
        "Take a momentum of 0.1 and larger batches, or GroupNorm.",
    )


def _mode_losses(case: Case, copies: Copies, rows: Any) -> tuple[float, float] | None:
    found = []
    for training in (False, True):
        for module in copies.modules.values():
            for part in module.modules():
                if isinstance(part, nn.Dropout):
                    part.p = 0.0
        answer = case.predict(copies, rows, training=training)
        each = case.losses(answer, rows.target) if answer is not None else None
        if each is None:
            return None
        found.append(float(torch.nan_to_num(each, nan=1e6).mean()))
    return found[0], found[1]


def _scale(case: Case) -> float:
    """A loss that is worth mentioning: that of the constant answer."""
    if case.task.kind == "numbers" and case.train is not None and case.train.target is not None:
        return float(case.train.target.double().var())
    return 1.0
