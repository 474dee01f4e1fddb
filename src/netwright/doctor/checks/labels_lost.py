"""Labels that are lost on their way into the loss: a class never mapped, all but the first of several."""

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.checks.data_values import place_of
from netwright.doctor.finding import Finding

MOST_CLASSES = 100
IGNORED = 0.05
"""Share of the rows that carry the label which the loss leaves out."""
FEWEST = 5
"""Rows of every class that occurs."""
SEVERAL = 0.01
"""Share of the rows with none or several labels."""


def check_unmapped_class(case: Case) -> Iterator[Finding]:
    """D16: rows carry the label that the loss leaves out, and one of the network's classes never occurs.

    So it goes where names are looked up in a dictionary that spells one of them otherwise, and what is not
    found is filled. Exact about both; other classes have five rows at least. Steps of sequences are exempt,
    of which many are padding.

    Args:
        case: whose.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    train, n_classes = case.train, case.task.n_outputs
    if (
        train is None
        or train.target is None
        or case.task.kind != "classes"
        or not 2 < n_classes <= MOST_CLASSES
    ):
        return
    target = train.target
    if target.ndim != 1 or target.is_floating_point():
        return
    if case.task.ignore is None:
        return
    ignored = torch.eq(target, case.task.ignore)
    counts = torch.bincount(target[~ignored].clamp(min=0), minlength=n_classes)
    missing = (counts == 0).nonzero().flatten().tolist()
    share = float(ignored.double().mean())
    if len(missing) != 1 or share < IGNORED or int(counts[counts > 0].min()) < FEWEST:
        return
    yield Finding(
        "bad_label_values",
        "warning",
        f"{100 * share:.0f} % of the rows carry {case.task.ignore}, which the loss leaves out, and class "
        f"{missing[0]} of {n_classes} never occurs.",
        place_of(case),
        {"rows left out": int(ignored.sum()), "rows": len(target), "class without rows": missing[0]},
        "Look at how names become numbers: one of them may be spelt otherwise.",
    )


def check_first_of_several(case: Case) -> Iterator[Finding]:
    """L07: rows with several labels, of which the loss takes the first one alone.

    Exact: a loader gives a matrix of zeros and ones with a column for each output, some rows of which have
    none or several ones, and the target of the loss is the place of each row's first.

    Args:
        case: whose.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    loader = case.trainee.loader
    if loader is None or case.target_place is None or case.task.kind != "classes":
        return
    taken = [tape.constants[case.target_place] for tape in case.tapes[:64]]
    matrices = [one for batch in loader.batches for one in batch if _is_tags(one, case.task.n_outputs)]
    firsts = [(one.argmax(1), one) for one in matrices]
    met = [
        matrix
        for target in taken
        for first, matrix in firsts
        if target.shape == first.shape and torch.equal(target.to(first.dtype), first)
    ]
    if not met or len(met) < len(taken) // 2:
        return
    each = torch.cat([one.sum(1) for one in met])
    share = float((each != 1).double().mean())
    if share < SEVERAL:
        return
    yield Finding(
        "wrong_loss_for_task",
        "error",
        f"{100 * share:.0f} % of the rows have none or several of the {case.task.n_outputs} labels, and the "
        "loss takes the first of each row as its only class.",
        place_of(case),
        {"share of the rows": share, "labels a row": float(each.double().mean())},
        "Take BCEWithLogitsLoss, with the labels as they are.",
    )


def _is_tags(one: Tensor, n_outputs: int) -> bool:
    """Whether a tensor is a matrix of zeros and ones with a column for each output."""
    if one.ndim != 2 or one.shape[1] != n_outputs or n_outputs < 2 or not len(one):
        return False
    return bool(((one == 0) | (one == 1)).all())
