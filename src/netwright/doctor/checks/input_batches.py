"""Checks of what enters batch by batch: batches without content, and axes that were exchanged."""

from collections.abc import Iterator

from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import EFFECT_POINTS, EFFECT_VARIANCE, SURE, Judged, better, judge
from netwright.doctor.case.rows import Rows, row_keys
from netwright.doctor.case.task import as_labels
from netwright.doctor.checks.data_values import FEWEST_ROWS, harmed, place_of
from netwright.doctor.checks.seen import Batch, batches_of
from netwright.doctor.finding import Finding

FEWEST_IN_BATCH = 8
MOST_ROWS = 400


def check_blank_batches(case: Case) -> Iterator[Finding]:
    """D02: batches whose rows are all the same to the last bit, such as zeros, among others.

    Exact: their targets differ, so that nothing can be learned from them. A warning where the training went
    badly or cannot be judged, since a few of them do little.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    batches = [one for one in batches_of(case) if len(one.keys) >= FEWEST_IN_BATCH]
    blank = [one for one in batches if len(set(one.keys)) == 1 and _wants_several(one)]
    usual = [one for one in batches if len(set(one.keys)) > 0.5 * len(one.keys)]
    if not blank or len(usual) < 2 or len(usual) < 0.5 * (len(batches) - len(blank)):
        return
    yield Finding(
        "constant_input",
        "warning" if harmed(case) else "info",
        f"{len(blank)} of {len(batches)} batches hold the same row {len(blank[0].keys)} times over, with "
        "different targets.",
        place_of(case),
        {"blank batches": len(blank), "batches": len(batches), "first at step": blank[0].step},
        "Look at what the loader does there: a file that is missing or a division that fails gives zeros.",
    )


def _wants_several(batch: Batch) -> bool:
    return batch.target is not None and len(set(row_keys(batch.target))) > 1


def check_axes_exchanged(case: Case) -> Iterator[Finding]:
    """D08: held-out images that the network tells better when their width and height are exchanged.

    By trial: the paired test has p below 1e-4, and 0.05 of accuracy (0.1 of the variance) are gained. A
    network that is fed alike in training and afterwards is never better on turned images.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    held, outcome = case.held_out, case.outcome
    if held is None or len(held) < FEWEST_ROWS or not _is_square(held.inputs):
        return
    if outcome is not None and outcome.train_gap < EFFECT_POINTS:
        return  # it does as well on held-out rows as they are
    rows = held.part(MOST_ROWS)
    turned = Rows(rows.inputs.transpose(-1, -2).contiguous(), rows.target, None, rows.others)
    upright, exchanged = (_judged(case, one) for one in (rows, turned))
    if upright is None or exchanged is None:
        return
    gain, p = exchanged.score - upright.score, better(exchanged, upright)
    if gain < (EFFECT_VARIANCE if case.task.kind == "numbers" else EFFECT_POINTS) or p > SURE:
        return
    yield Finding(
        "train_val_shift",
        "warning",
        f"The network does better by {gain:.2f} on held-out images when their width and height are "
        "exchanged: the training images were turned.",
        place_of(case),
        {"as they are": upright.score, "exchanged": exchanged.score, "p": p, "rows": len(rows)},
        "Keep one order of axes, (rows, channels, height, width), and look at some images of both kinds.",
    )


def _is_square(inputs: Tensor) -> bool:
    return inputs.ndim in (3, 4) and inputs.is_floating_point() and inputs.shape[-1] == inputs.shape[-2] > 3


def _judged(case: Case, rows: Rows) -> Judged | None:
    copies, train = case.end(), case.train
    answer = case.predict(copies, rows) if copies is not None else None
    if answer is None or rows.target is None or train is None or train.target is None:
        return None
    return judge("network", as_labels(answer, case.task), rows.target, case.task, train.target)
