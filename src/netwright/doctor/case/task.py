"""What a loss asks for: which function, of which prediction, against which target."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from netwright.doctor.observe.operation import Operation, Outside, Ref
from netwright.doctor.observe.tape import Tape

TaskKind = Literal["classes", "binary", "numbers", "unknown"]

CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss", "multi_margin_loss"})
BINARY_LOSSES = frozenset(
    {
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "soft_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
    }
)
NUMBER_LOSSES = frozenset(
    {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "gaussian_nll_loss"}
)
OTHER_LOSSES = frozenset(
    {
        "kl_div",
        "ctc_loss",
        "cosine_embedding_loss",
        "hinge_embedding_loss",
        "margin_ranking_loss",
        "triplet_margin_loss",
        "triplet_margin_with_distance_loss",
    }
)
LOSSES = CLASS_LOSSES | BINARY_LOSSES | NUMBER_LOSSES | OTHER_LOSSES
"""Functions of `torch.nn.functional` that compare a prediction with a target, by name."""


@dataclass(frozen=True)
class LossCall:
    """A loss function of torch on a tape.

    Args:
        name: of the function.
        operation: the call.
        prediction: number of the tensor that it judges, None where it is not computed on the tape.
        target: place of the target among the constants, None where the network computes it.
        settings: other arguments by name, such as weight, reduction or ignore_index.
    """

    name: str
    operation: Operation
    prediction: int | None
    target: int | None
    settings: dict[str, Any]


def loss_calls(tape: Tape) -> list[LossCall]:
    """Return the losses of torch on a tape, in order.

    Args:
        tape: of a step.
    """
    found = []
    for operation in tape.operations:
        if operation.is_module or operation.name not in LOSSES:
            continue
        prediction, target = operation.argument(0, "input"), operation.argument(1, "target")
        if operation.name == "binary_cross_entropy_with_logits" and prediction is None:
            prediction = operation.argument(0, "self")
        found.append(
            LossCall(
                operation.name,
                operation,
                prediction.number if isinstance(prediction, Ref) else None,
                target.number if isinstance(target, Outside) else None,
                _settings(operation),
            )
        )
    return found


def _settings(operation: Operation) -> dict[str, Any]:
    from torch.utils._pytree import tree_unflatten

    _, kwargs = tree_unflatten(list(operation.leaves), operation.spec)
    return {name: value for name, value in kwargs.items() if name not in ("input", "target")}


def hand_written_target(tape: Tape) -> tuple[int, int] | None:
    """Return (number of the prediction, place of the target) of a loss that is written out, or None.

    It is the first difference of something computed from a network's answer and a tensor from outside.

    Args:
        tape: of a step.
    """
    computed: set[int] = set()
    for operation in tape.operations:
        if operation.is_module:
            computed.update(number for number in operation.outputs if number is not None)
            continue
        refs = [number for number in operation.numbers() if number in computed]
        places = [place for place in operation.constants() if tape.constants[place].ndim]
        if refs and places and operation.name in MEETINGS:
            return refs[0], places[0]
        if refs:
            computed.update(number for number in operation.outputs if number is not None)
    return None


MEETINGS = frozenset({"sub", "__sub__", "__rsub__", "rsub", "subtract"})
"""A difference from the target; what else a target may be part of says nothing of its scale."""


@dataclass(frozen=True)
class Task:
    """What is to be learned.

    Args:
        kind: "classes" (one of several), "binary" (yes or no, once or several times a row), "numbers", or
            "unknown": several players, no target from outside, or something else.
        loss: name of torch's loss function, "" where it is written out.
        n_outputs: columns of the prediction; classes for "classes".
        ignore: label that does not count, for "classes".
        reconstructs: whether the target is the input itself.
        log_scale: whether the prediction is the logarithm of what is predicted.
    """

    kind: TaskKind
    loss: str = ""
    n_outputs: int = 0
    ignore: int | None = None
    reconstructs: bool = False
    log_scale: bool = False


def task_of(tape: Tape, target: Tensor | None, prediction: Tensor | None, call: LossCall | None) -> Task:
    """Return what a step asks for.

    Args:
        tape: of the step.
        target: that the loss compares with, None where there is none from outside.
        prediction: that it judges.
        call: of torch's loss function, None where the loss is written out.
    """
    if target is None or prediction is None:
        return Task("unknown", call.name if call else "")
    inputs = [tape.constants[place] for one in tape.calls for place in one.entries()]
    reconstructs = any(one.shape == target.shape and torch.equal(one, target) for one in inputs)
    width = prediction.shape[1] if prediction.ndim > 1 else 1
    if call is None:
        kind: TaskKind = "numbers" if target.is_floating_point() else "unknown"
        return Task(kind, "", width, None, reconstructs)
    if call.name in CLASS_LOSSES:
        ignore = call.settings.get("ignore_index", -100)
        return Task("classes", call.name, width, ignore if isinstance(ignore, int) else None)
    if call.name in BINARY_LOSSES:
        if reconstructs or bool(((target > 0.01) & (target < 0.99)).any()):
            return Task("numbers", call.name, width, None, reconstructs)
        return Task("binary", call.name, width)
    if call.name in NUMBER_LOSSES:
        log_scale = call.name == "poisson_nll_loss" and bool(call.settings.get("log_input", True))
        return Task("numbers", call.name, width, None, reconstructs, log_scale)
    return Task("unknown", call.name)


def as_labels(prediction: Tensor, task: Task) -> Tensor:
    """Return the answer as labels (classes, binary) or on the target's scale (numbers), one row for each row.

    Args:
        prediction: as it entered the loss.
        task: what it answers.
    """
    if task.kind == "classes":
        return prediction.argmax(1)
    if task.kind == "binary":
        bound = 0.5 if task.loss == "binary_cross_entropy" else 0.0
        return (prediction > bound).to(torch.float32)
    if task.loss == "poisson_nll_loss" and task.log_scale:
        return prediction.exp()
    return prediction.sigmoid() if task.loss == "binary_cross_entropy_with_logits" else prediction
