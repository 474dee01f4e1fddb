"""Checks of what enters the loss: each is exact, since values are looked at, not names."""

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import LossCall, as_labels
from netwright.doctor.checks.wiring import randomise_zero_layers
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies

CLOSE = 1e-4
FEWEST_VALUES = 64


def check_softmax_before_ce(case: Case) -> Iterator[Finding]:
    """L01: cross-entropy takes scores; rows that are at least 0 and sum to 1 have been through a softmax.

    Looked at before and after training, so that no chance makes scores look like probabilities. Threshold:
    sums within 1e-4 of 1 on all rows, which scores of a network do not have.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    for call in case.loss_calls("cross_entropy"):
        ends = [copies for copies in (case.start(), case.end()) if copies is not None]
        told = [_probabilities(case, copies, call) for copies in ends]
        if told and all(told):
            yield Finding(
                "softmax_before_ce",
                "error",
                "cross_entropy is given probabilities: each row is from 0 to 1 and sums to 1, and it takes "
                "scores.",
                Place(case.name, call.operation.line),
                {"largest distance of a row's sum from 1": max(told[0])},
                "Return the scores of the last layer as they are; cross_entropy applies log_softmax itself.",
            )


def _probabilities(case: Case, copies: Copies, call: LossCall | None = None) -> list[float]:
    """How far the sums of rows are from 1, of all batches; nothing where a batch is no probability."""
    found = []
    for prediction, _ in case.judged(copies, call=call):
        if prediction.ndim < 2 or prediction.shape[1] < 2 or bool((prediction < 0).any()):
            return []
        found.append(float((prediction.sum(1) - 1).abs().max()))
    return found if found and max(found) <= CLOSE else []


def check_double_sigmoid(case: Case) -> Iterator[Finding]:
    """L02: binary_cross_entropy_with_logits takes scores; values that never leave 0 to 1 have been squashed.

    The last parameters are made 20 times as large on a copy: scores would leave 0 to 1, a sigmoid cannot.
    """
    for call in case.loss_calls("binary_cross_entropy_with_logits"):
        values = []
        for scale in (1.0, 20.0):
            copies = case.start()
            if copies is None or case.network is None:
                return
            magnify_last(copies.modules[id(case.network)], scale)
            values += [prediction.flatten() for prediction, _ in case.judged(copies, call=call)]
        flat = torch.cat(values) if values else torch.zeros(0)
        if len(flat) < FEWEST_VALUES or bool((flat < 0).any()) or bool((flat > 1).any()):
            continue
        low, high = float(flat.min()), float(flat.max())
        yield Finding(
            "double_sigmoid",
            "error",
            f"The loss applies a sigmoid to values that are from {low:.3g} to {high:.3g}, also after the "
            "last layer was made 20 times as large: they have been through a sigmoid.",
            Place(case.name, call.operation.line),
            {"smallest": low, "largest": high, "values": len(flat)},
            "Return the scores without the sigmoid, or use binary_cross_entropy on the probabilities.",
        )


def magnify_last(module: torch.nn.Module, scale: float) -> None:
    """Multiply the parameters of the last layer that has a matrix, in place.

    Args:
        module: a copy.
        scale: factor.
    """
    last = [one for one in module.modules() if any(p.ndim > 1 for p in one.parameters(recurse=False))]
    if last:
        with torch.no_grad():
            for parameter in last[-1].parameters(recurse=False):
                parameter.mul_(scale)


def check_log_probabilities(case: Case) -> Iterator[Finding]:
    """L03: nll_loss takes log-probabilities, whose exponentials sum to 1 in each row."""
    for call in case.loss_calls("nll_loss", "kl_div"):
        copies = case.start()
        judged = case.judged(copies, call=call) if copies is not None else []
        if not judged or any(one.ndim < 2 for one, _ in judged):
            continue
        sums = [one.double().exp().sum(_classes(call, one)) for one, _ in judged]
        off = max(float((one - 1).abs().max()) for one in sums)
        if off <= 1e-3 or _other_axis(judged[0][0]) is not None:
            continue
        yield Finding(
            "missing_log_softmax",
            "error",
            f"{call.name} takes log-probabilities, but the exponentials of a row sum to {1 + off:.3g} or so, "
            "not 1.",
            Place(case.name, call.operation.line),
            {"distance of the sum from 1": off, "first loss": case.tape.value},
            "Apply log_softmax to the scores first, or use cross_entropy on them.",
        )


def _classes(call: LossCall, scores: Tensor) -> int:
    """The axis of the classes; kl_div leaves it open, and the last one is usual."""
    return -1 if call.name == "kl_div" else min(1, scores.ndim - 1)


def _other_axis(scores: Tensor) -> int | None:
    """The axis, but for that of the classes, over which exponentials sum to 1."""
    shares = scores.double().exp()
    axes = (axis for axis in range(scores.ndim) if axis != 1 and scores.shape[axis] > 1)
    return next((axis for axis in axes if float((shares.sum(axis) - 1).abs().max()) <= 1e-3), None)


def check_softmax_axis(case: Case) -> Iterator[Finding]:
    """M09: log-probabilities of steps or pixels that sum to 1 over another axis than that of the classes."""
    if case.loss is None or case.loss.name != "nll_loss" or (copies := case.start()) is None:
        return
    judged = [one for one, _ in case.judged(copies) if one.ndim > 2]
    axes = {_other_axis(one) for one in judged}
    right = any(float((one.double().exp().sum(1) - 1).abs().max()) <= 1e-3 for one in judged)
    if not judged or len(axes) != 1 or None in axes or right:
        return
    yield Finding(
        "softmax_wrong_dim",
        "error",
        f"The softmax runs over axis {axes.pop()} of {tuple(judged[0].shape)}; the classes stand in axis 1.",
        Place(case.name, case.loss.operation.line),
        {"shape": list(judged[0].shape)},
        "Use dim=1, the axis of the classes.",
    )


def check_softmax_dim(case: Case) -> Iterator[Finding]:
    """M09: what sums to 1 over the rows of a batch was normalised along the wrong axis."""
    judged = []
    for copies in (case.start(), case.end()):
        judged += case.judged(copies) if copies is not None else []
    if not judged or case.loss is None:
        return
    off = []
    for prediction, _ in judged:
        if prediction.ndim != 2 or len(prediction) < 4 or prediction.shape[1] < 2:
            return
        share = prediction.double()
        share = share.exp() if bool((share <= CLOSE).all()) else share
        if bool((share < -CLOSE).any()):
            return
        off.append(float((share.sum(0) - 1).abs().max()))
        if float((share.sum(1) - 1).abs().max()) < 0.05:
            return
    if max(off) <= 1e-3:
        yield Finding(
            "softmax_wrong_dim",
            "error",
            "The softmax runs over the rows of the batch: each class sums to 1 over the rows, not each row "
            "over "
            "the classes.",
            Place(case.name, case.loss.operation.line),
            {"largest distance of a column's sum from 1": max(off), "rows": len(judged[0][0])},
            "Use dim=1 (or -1), the axis of the classes.",
        )


def check_softmax_over_labels(case: Case) -> Iterator[Finding]:
    """L07: answers to several yes-or-no questions that sum to 1 share one yes among them."""
    if case.task.kind != "binary" or case.loss is None or case.train is None or case.train.target is None:
        return
    target = case.train.target
    told = [_probabilities(case, copies) for copies in (case.start(), case.end()) if copies is not None]
    if target.ndim != 2 or target.shape[1] < 2 or not told or not all(told):
        return
    other = float(((target.double().sum(1) - 1).abs() > 1e-3).double().mean())
    if other < 0.05:
        return
    yield Finding(
        "wrong_loss_for_task",
        "error",
        f"The answers of a row sum to 1 (a softmax), but {100 * other:.0f} % of the rows have none or "
        "several of "
        "the labels.",
        Place(case.name, case.loss.operation.line),
        {"share of rows without exactly one label": other},
        "Use a sigmoid for each label: binary_cross_entropy_with_logits on the scores.",
    )


def check_output_range(case: Case) -> Iterator[Finding]:
    """M10: targets that a ReLU, sigmoid or tanh at the end cannot reach, whatever the weights.

    The last parameters are made 100 times as large, with both signs; what outputs then never leave is the
    reach of the network. Threshold: more than 1 % of the targets lie outside, by more than rounding.

    Source:
        Holden (2017), "My Neural Network isn't working! What should I do?".
    """
    if case.task.kind != "numbers" or case.train is None or case.train.target is None or case.network is None:
        return
    reach = [_magnified(case, scale) for scale in (1e4, 1e6)]
    if any(one is None for one in reach):
        return
    low, high = _bounds(*(one for one in reach if one is not None))
    if low == high:  # nothing was magnified, as where all weights begin at zero
        return
    target = case.train.target.flatten().double()
    slack = 1e-3 * max(1.0, float(target.abs().max()))
    outside = ((target < low - slack) | (target > high + slack)).double().mean()
    if not float(outside) > 0.01:
        return
    yield Finding(
        "output_range",
        "error",
        f"{100 * float(outside):.0f} % of the targets cannot be reached: answers lie from {low:g} to "
        f"{high:g} "
        f"whatever the weights, targets from {float(target.min()):.3g} to {float(target.max()):.3g}.",
        Place(case.name, case.loss.operation.line if case.loss else case.tape.line),
        {"smallest answer": low, "largest answer": high, "share of targets outside": float(outside)},
        "Leave the last activation out, or bring the targets into its range.",
    )


def _magnified(case: Case, scale: float) -> Tensor | None:
    """All answers when the last layer is so many times as large, with both signs; None without any."""
    found = []
    for factor in (scale, -scale):
        copies = case.start()
        if copies is None:
            return None
        randomise_zero_layers(copies)
        magnify_last(copies.modules[id(case.tape.calls[-1].function)], factor)
        found += [as_labels(answer, case.task).flatten().double() for answer, _ in case.judged(copies)]
    return torch.cat(found) if found else None


def _bounds(one: Tensor, other: Tensor) -> tuple[float, float]:
    """The least and the largest answer at which many stand, however large the last layer is, or infinity."""
    ends = []
    for sign in (-1.0, 1.0):
        ends_of = [float((sign * values).max()) for values in (one, other)]
        close = 1e-6 * max(1.0, abs(ends_of[0]))
        many = float((sign * one >= ends_of[0] - close).double().mean()) > 0.05
        fixed = abs(ends_of[0] - ends_of[1]) <= close
        ends.append(sign * (ends_of[0] if many and fixed else torch.inf))
    return ends[0], ends[1]
