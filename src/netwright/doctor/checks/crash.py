"""Checks of what ended a script, or was cut off before a step: nothing was trained, so there is no case."""

from collections.abc import Iterator

from torch import Tensor

from netwright.doctor.case.task import BINARY_LOSSES, CLASS_LOSSES, LOSSES, NUMBER_LOSSES
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import Facts, Failure


def check_failed_loss(facts: Facts) -> Iterator[Finding]:
    """P05, M08, D16: the script ended in a loss function whose prediction and target do not fit each
    other.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    failure = facts.failure
    if failure is None or not facts.crash or failure.message not in facts.crash or failure.name not in LOSSES:
        return
    given = dict(zip(("input", "target"), failure.args, strict=False)) | failure.kwargs
    prediction, target = given.get("input"), given.get("target")
    if not isinstance(prediction, Tensor) or not isinstance(target, Tensor):
        return
    kind, said, remedy = _misfit(failure, prediction, target)
    if kind:
        evidence = {
            "prediction": f"{tuple(prediction.shape)} {prediction.dtype}",
            "target": f"{tuple(target.shape)} {target.dtype}",
        }
        yield Finding(
            kind, "error", f"{failure.name} refused {said}.", Place(None, failure.line), evidence, remedy
        )


def _misfit(failure: Failure, prediction: Tensor, target: Tensor) -> tuple[str, str, str]:
    floating = target.is_floating_point()
    if types := _type_misfit(failure.name, prediction, target):
        return "wrong_target_dtype", *types
    if failure.name in CLASS_LOSSES and not floating and prediction.ndim > 1 and target.numel():
        low, high, n_outputs = int(target.min()), int(target.max()), prediction.shape[1]
        if low < 0 or high >= n_outputs:
            said = f"labels from {low} to {high} for {n_outputs} outputs"
            moved = low < 0 or high - low < n_outputs  # as many classes, which begin at another number
            kind = "bad_label_values" if moved else "wrong_output_units"
            return kind, said, "Number the classes from 0, and give the network an output for each."
    if failure.name == "binary_cross_entropy" and "between 0 and 1" in failure.message:
        said = f"predictions from {float(prediction.min()):.3g} to {float(prediction.max()):.3g}"
        return "output_range", said, "Use binary_cross_entropy_with_logits, or a sigmoid at the end."
    if prediction.shape != target.shape:
        said = f"a prediction of {tuple(prediction.shape)} and a target of {tuple(target.shape)}"
        return "wrong_output_units", said, "Give both one shape."
    return "", "", ""


def _type_misfit(name: str, prediction: Tensor, target: Tensor) -> tuple[str, str] | None:
    """What is wrong with the types, and what to do; None where they fit."""
    floating = target.is_floating_point()
    if not prediction.is_floating_point() and floating:
        said = f"integers of {tuple(prediction.shape)} first and answers of {tuple(target.shape)} second"
        return said, "Exchange them: the network's answer comes first."
    if name in CLASS_LOSSES and not floating and target.shape == prediction.shape:
        return f"one-hot labels of type {target.dtype}", "Give class numbers: target.argmax(1)."
    if name in CLASS_LOSSES and floating and target.shape != prediction.shape:
        return f"class labels of type {target.dtype}", "Give class labels as integers: target.long()."
    if name in BINARY_LOSSES | NUMBER_LOSSES and not floating:
        said = f"a target of type {target.dtype}"
        return said, "Give the target as floating point numbers: target.float()."
    return None


def check_loss_has_graph(facts: Facts) -> Iterator[Finding]:
    """M02: a loss that was made anew from a number leads to no parameter."""
    few = len(facts.cut_losses) < max(1, 0.9 * facts.n_backwards)
    if few and "does not require grad" not in facts.crash:
        return
    line = facts.cut_losses[0] if facts.cut_losses else facts.lines.get("backward")
    yield Finding(
        "detached_graph",
        "error",
        "The loss that is differentiated was computed from no parameter: backward() reaches nothing.",
        Place(None, line),
        {"backward passes": facts.n_backwards, "without a graph": len(facts.cut_losses)},
        "Differentiate the loss itself; take out item(), detach(), data, numpy(), no_grad() or tensor(...).",
    )
