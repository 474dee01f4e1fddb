"""Checks of shapes in the loss: what is stretched, how many outputs there are, which labels."""

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place

ELEMENTWISE = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss"})


def check_broadcast(case: Case) -> Iterator[Finding]:
    """L04: a prediction of (rows, 1) and a target of (rows,) make (rows, rows) differences."""
    copies = case.start()
    judged = case.judged(copies, 2) if copies is not None else []
    hand_written = case.loss is None and case.task.kind in ("numbers", "unknown")
    if not judged or not (hand_written or (case.loss is not None and case.loss.name in ELEMENTWISE)):
        return
    if all(_is_single(one, target) for one, target in judged):
        yield _single(case, *judged[0])
        return
    for prediction, target in judged:
        if target is None or not _stretches(prediction, target):
            return
    prediction, target = judged[0]
    if target is None:
        return
    line = case.loss.operation.line if case.loss else case.tape.line
    whole = tuple(_stretched(prediction.shape, target.shape))
    yield Finding(
        "target_shape_broadcast",
        "error",
        f"Prediction {tuple(prediction.shape)} and target {tuple(target.shape)} are stretched to {whole}: "
        "every prediction is compared with every target.",
        Place(case.name, line),
        {"prediction": list(prediction.shape), "target": list(target.shape)},
        "Give both one shape: prediction.squeeze(1), or target.unsqueeze(1).",
    )


def _is_single(prediction: Tensor, target: Tensor | None) -> bool:
    """Whether one number for each row is compared with several."""
    return (
        target is not None
        and prediction.ndim == target.ndim == 2
        and len(prediction) == len(target) > 1
        and prediction.shape[1] == 1 < target.shape[1]
    )


def _single(case: Case, prediction: Tensor, target: Tensor | None) -> Finding:
    columns = 0 if target is None else target.shape[1]
    return Finding(
        "wrong_output_units",
        "error",
        f"The network gives one number for each row, each target has {columns}: one is compared with all.",
        Place(case.name, case.loss.operation.line if case.loss else case.tape.line),
        {"outputs": prediction.shape[1], "targets": columns},
        f"Give the network {columns} outputs.",
    )


def _stretched(*shapes: torch.Size) -> torch.Size:
    return torch.Size(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def _stretches(prediction: Tensor, target: Tensor) -> bool:
    """Whether both are stretched to more numbers than the larger one has."""
    if prediction.shape == target.shape or not target.ndim or not prediction.ndim or len(target) < 2:
        return False
    try:
        whole = _stretched(prediction.shape, target.shape)
    except RuntimeError:
        return False
    return whole.numel() > max(prediction.numel(), target.numel())


def check_output_units(case: Case) -> Iterator[Finding]:
    """M08 and D16: a class for each label, and most classes with a label."""
    if case.task.kind != "classes" or case.train is None or case.train.target is None:
        return
    target, n_outputs = case.train.target, case.task.n_outputs
    if target.is_floating_point() or case.loss is None:
        return
    real = target[target != case.task.ignore]
    if n_outputs == 1 and len(real):
        yield Finding(
            "wrong_output_units",
            "error",
            "Cross-entropy over a single output is always 0: one class has probability 1.",
            Place(case.name, case.loss.operation.line),
            {"outputs": 1, "labels": len(torch.unique(real))},
            "Give the network one output for each class, or use binary_cross_entropy_with_logits.",
        )
    elif len(real) and (int(real.max()) >= n_outputs or int(real.min()) < 0):
        yield Finding(
            "bad_label_values",
            "error",
            f"Labels go from {int(real.min())} to {int(real.max())}, but the network has {n_outputs} "
            "outputs.",
            Place(case.name, case.loss.operation.line),
            {"outputs": n_outputs, "smallest label": int(real.min()), "largest label": int(real.max())},
            "Number the classes from 0, and give the network as many outputs.",
        )
