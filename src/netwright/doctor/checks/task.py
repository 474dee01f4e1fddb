"""Checks of what the loss asks for: the right loss for the targets, types, weights, and the network in it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import NUMBER_LOSSES
from netwright.doctor.finding import Finding, Place, Severity
from netwright.doctor.observe.operation import Outside
from netwright.doctor.observe.places import Line
from netwright.doctor.observe.tape import play
from netwright.doctor.probe.references import clean, features

MOST_CLASSES = 50


def _line(case: Case) -> Line | None:
    return case.loss.operation.line if case.loss else case.tape.line


def check_binary_targets(case: Case) -> Iterator[Finding]:
    """L07: binary cross-entropy is for targets from 0 to 1; cross-entropy's shares of classes sum to 1."""
    if case.loss is None or case.train is None or case.train.target is None:
        return
    target, name = case.train.target, case.loss.name
    low, high = float(target.min()), float(target.max())
    if name.startswith("binary_cross_entropy") and (low < 0 or high > 1):
        yield Finding(
            "bad_label_values" if len(torch.unique(target)) == 2 else "wrong_loss_for_task",
            "error",
            f"{name} is for targets from 0 to 1, and these go from {low:g} to {high:g}.",
            Place(case.name, _line(case)),
            {"smallest target": low, "largest target": high},
            "Use cross_entropy with one output for each class, or bring the targets to 0 and 1.",
        )
    shares = target.is_floating_point() and target.ndim == 2 and target.shape[1] == case.task.n_outputs
    if name == "cross_entropy" and shares:
        sums = target.double().sum(1)
        off = float(((sums - 1).abs() > 1e-3).double().mean())
        if off > 0.05:
            yield Finding(
                "wrong_loss_for_task",
                "error",
                f"cross_entropy takes shares of classes that sum to 1, but {100 * off:.0f} % of the rows do "
                "not: "
                f"their sums go from {float(sums.min()):.3g} to {float(sums.max()):.3g}.",
                Place(case.name, _line(case)),
                {"share of rows": off, "smallest sum": float(sums.min()), "largest sum": float(sums.max())},
                "For several labels a row, use binary_cross_entropy_with_logits.",
            )


def check_soft_targets(case: Case) -> Iterator[Finding]:
    """P05: soft targets that a cast to integers has emptied sum to 0 where they should sum to 1."""
    if case.loss is None or case.loss.name not in ("kl_div", "cross_entropy"):
        return
    copies = case.start()
    if copies is None:
        return
    target = case.loss.operation.argument(1, "target")
    for tape, played in case.played(copies, 2):
        value = tape.constants[target.number] if isinstance(target, Outside) else None
        if value is None:
            value = played.values.get(getattr(target, "number", -1))
        if not isinstance(value, Tensor) or value.ndim != 2 or not value.is_floating_point():
            return
        if bool((value < 0).any()) or float((value.sum(1) == 0).double().mean()) < 0.5:
            return
    yield Finding(
        "wrong_target_dtype",
        "error",
        "Most soft targets are 0 for every class: probabilities were cut to integers on their way.",
        Place(case.name, _line(case)),
        {},
        "Keep probabilities as floating point numbers.",
    )


def check_cut_targets(case: Case) -> Iterator[Finding]:
    """P05: a regression on integers most of which are one value has lost its fractions in a cast.

    Counts, ratings and years are integers rightly; those that lie on both sides of a dominant 0, or are
    almost all one value, are standardised or normalised numbers that were cut.
    """
    if (
        case.loss is None
        or case.loss.name not in NUMBER_LOSSES
        or case.train is None
        or case.train.target is None
    ):
        return
    target = case.train.target
    whole = bool((target == target.round()).all()) if target.is_floating_point() else True
    if not whole or len(target) < 20:
        return
    values, counts = torch.unique(target.flatten().double(), return_counts=True)
    share = float(counts.max() / counts.sum())
    mode, low, high = float(values[counts.argmax()]), float(values.min()), float(values.max())
    both_sides = mode == 0 and low < 0 < high and high - low <= 12 and share >= 0.4
    one_value = share >= 0.9 and (not target.is_floating_point() or len(values) == 1)
    if not (both_sides or one_value):
        return
    yield Finding(
        "wrong_target_dtype",
        "error" if not target.is_floating_point() or len(values) == 1 else "warning",
        f"The targets of a regression are whole numbers from {low:g} to {high:g}, {100 * share:.0f} % of "
        "them "
        f"{mode:g}: fractions were cut off.",
        Place(case.name, _line(case)),
        {"distinct values": len(values), "share of the commonest": share, "type": str(target.dtype)},
        "Make the target a float32 tensor from the original numbers.",
    )


def check_classes_as_numbers(case: Case) -> Iterator[Finding]:
    """L07: class numbers that are regressed, although a classifier tells the classes apart far better.

    The classifier has to name more than half of the rows, and 15 points more than the rounded regression.
    """
    train, rows = case.train, case.held_out
    fits = (
        case.task.kind == "numbers" and not case.task.reconstructs and train is not None and rows is not None
    )
    if not fits or train is None or rows is None or train.target is None or rows.target is None:
        return
    target = train.target.double()
    if target[0].numel() != 1 or not bool((target == target.round()).all()):
        return
    classes = torch.unique(target)
    copies = case.end()
    if not 3 <= len(classes) <= MOST_CLASSES or len(target) < 5 * len(classes) or copies is None:
        return
    train, rows = clean(train.part(2000)), clean(rows.part(1000))
    answer = case.predict(copies, rows)
    if answer is None or answer.numel() != len(rows) or train.target is None or rows.target is None:
        return
    x, z = features(train, rows)
    model = ExtraTreesClassifier(60, random_state=0).fit(x, train.target.flatten().numpy().round())
    truth = rows.target.flatten().double().numpy()
    theirs = float(np.mean(model.predict(z) == truth))
    ours = float(np.mean(answer.flatten().double().numpy().round() == truth))
    if theirs < 0.5 or theirs - ours < 0.15:
        return
    yield Finding(
        "wrong_loss_for_task",
        "warning",
        f"The {len(classes)} classes are regressed as numbers: rounded, {100 * ours:.0f} % of held-out rows "
        "are "
        f"right, and trees that classify reach {100 * theirs:.0f} %.",
        Place(case.name, _line(case)),
        {"classes": len(classes), "rounded regression": ours, "classifying trees": theirs},
        "Use cross_entropy with one output for each class.",
    )


def check_measures(case: Case) -> Iterator[Finding]:
    """A08: an evaluation that measures something else than it seems, whatever the network says.

    The largest of a single column is the first one. Answers (rows, 1) against targets (rows,) compare each
    row with every other one. Scores cut at 0.5 as if they were probabilities are a slip where the loss takes
    scores, and a warning where over 1 % of the rows are labelled otherwise for it. Softmax over tags,
    which the loss takes each by itself, leaves at most one of them above 0.5.
    """
    calls = [call for one in case.facts.evaluations for call in one.calls if call.module is case.network]
    for name, tell in SLIPS.items():
        found = [call for call in calls if name in call.slips]
        told = tell(case, [call.slips[name] for call in found]) if found else None
        if told is not None:
            message, remedy, severity = told
            yield Finding(
                "wrong_metric",
                severity,
                message,
                Place(case.name, found[0].line),
                {"evaluations": len(found), "of": len(calls)},
                remedy,
            )


def _one_column(_: Case, __: list[Any]) -> tuple[str, str, Severity]:
    return (
        "The evaluation takes argmax over a single output, which is 0 for every row.",
        "Compare the score with 0 (or the probability with 0.5) instead.",
        "warning",
    )


def _stretched(_: Case, shapes: list[Any]) -> tuple[str, str, Severity]:
    answers, targets = shapes[0]
    return (
        f"The evaluation compares {answers} with {targets}, which are stretched to each other: every row is "
        "compared with all rows.",
        "Give both one shape before they are compared: answers.squeeze(1).",
        "warning",
    )


def _halved(case: Case, shares: list[Any]) -> tuple[str, str, Severity] | None:
    if case.task.loss not in ("binary_cross_entropy_with_logits", "soft_margin_loss"):
        return None
    outside, between = (sum(column) / len(shares) for column in zip(*shares, strict=True))
    return (
        f"The evaluation cuts scores at 0.5, which for scores is at 0: {100 * outside:.0f} % of them are no "
        f"probabilities, and {100 * between:.0f} % lie between 0 and 0.5.",
        "Compare the scores with 0, or their sigmoid with 0.5.",
        "warning" if between > 0.01 else "info",
    )


def _shared_out(case: Case, _: list[Any]) -> tuple[str, str, Severity] | None:
    target = case.train.target if case.train is not None else None
    if (
        case.task.loss not in TAG_LOSSES
        or target is None
        or target.ndim != 2
        or not bool((target.sum(1) > 1).any())
    ):
        return None
    return (
        f"The evaluation takes softmax over {target.shape[1]} tags that the loss takes each by itself: they "
        "sum to 1, and at most one of them is above 0.5.",
        "Take the sigmoid of each, or compare the scores with 0.",
        "warning",
    )


TAG_LOSSES = ("binary_cross_entropy_with_logits", "multilabel_soft_margin_loss")
SLIPS: dict[str, Callable[[Case, list[Any]], tuple[str, str, Severity] | None]] = {
    "one column": _one_column,
    "stretched": _stretched,
    "halved": _halved,
    "shared out": _shared_out,
}
"""How each slip of an evaluation is told."""


def check_network_counts(case: Case) -> Iterator[Finding]:
    """L09: a loss that stays the same, bit for bit, whatever the networks answer."""
    copies = case.start()
    moved = {
        id(parameter)
        for group in (case.trainee.optimizer.optimizer.param_groups if case.trainee.optimizer else ())
        for parameter in group["params"]
    }
    called = {id(call.module): call.module for one in case.facts.evaluations for call in one.calls}
    mine = [one for one in called.values() if any(id(p) in moved for p in one.parameters())]
    if not case.tape.calls and mine:
        yield _ignoring(case, "it is not computed from the network's answer at all")
        return
    if copies is None or not case.tape.calls:
        return
    values = []
    for noisy in (False, True):
        torch.manual_seed(0)
        with torch.no_grad():
            plain = play(case.tape, copies.modules, copies.weights)
            noise = {
                number: torch.randn_like(plain.values[number])
                for call in case.tape.calls
                for number in call.outputs
                if number is not None and plain.values[number].is_floating_point()
            }
            torch.manual_seed(0)
            played = play(case.tape, copies.modules, copies.weights, None, noise if noisy else None)
        values.append(float(played.loss.sum()))
    if case.tape.loss not in noise and values[0] == values[1]:
        yield _ignoring(case, "it is the same, to the last bit, for random answers")


def _ignoring(case: Case, said: str) -> Finding:
    return Finding(
        "loss_ignores_model",
        "error",
        f"The loss does not depend on what the network says: {said}.",
        Place(case.name, _line(case)),
        {"loss": case.tape.value},
        "Compute the loss from the network's answer, without item(), detach() or no_grad() in between.",
    )
