"""Checks of what is reported beside the loss: a score that stands still while the loss falls."""

from collections.abc import Iterator

import torch

from netwright.doctor.case.case import Case
from netwright.doctor.case.task import as_labels
from netwright.doctor.case.validation import validation_passes
from netwright.doctor.checks.history import validation_losses
from netwright.doctor.finding import Finding, Place
from netwright.doctor.instruments.curves import read_score

PATIENCE = 5


def check_score_follows_loss(case: Case) -> Iterator[Finding]:
    """The held-out loss has fallen for five evaluations in a row in which the accuracy became no better.

    Margins grow, and answers do not change: cross-entropy alone would look like progress. Information, and
    nothing where all answers are right already.

    Args:
        case: whose evaluations.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    passes, losses = validation_passes(case), validation_losses(case)
    if case.task.kind not in ("classes", "binary") or len(passes) != len(losses) or len(losses) <= PATIENCE:
        return
    if any(target.numel() != len(answer) for answer, target in passes):
        return
    labels = [as_labels(answer, case.task).flatten() for answer, _ in passes]
    if any(len(one) != len(target) for one, (_, target) in zip(labels, passes, strict=True)):
        return
    scores = [
        float((one == target.flatten()).double().mean())
        for one, (_, target) in zip(labels, passes, strict=True)
    ]
    told = read_score(losses, scores, patience=PATIENCE)
    if not told.decoupled or scores[-1] == 1:
        return
    changed = sum(not torch.equal(one, labels[-1]) for one in labels[-1 - PATIENCE : -1])
    yield Finding(
        "wrong_metric",
        "info",
        told.message.replace("epochs", "evaluations").replace("the score", "the held-out accuracy"),
        Place(case.name, case.validation.calls[0].line if case.validation else None),
        {
            "losses": losses[-1 - PATIENCE :],
            "accuracy": scores[-1],
            "evaluations with other answers": changed,
        },
        "Watch the accuracy beside the loss, and choose weights by the one that you need.",
    )
