"""Checks of whether targets belong to their rows: none do, or many do not."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import Judged, Outcome, better
from netwright.doctor.case.rows import Rows
from netwright.doctor.case.written import SCALES
from netwright.doctor.checks.order_of_rows import Serial, drawn_anew, serial_of
from netwright.doctor.checks.seen import (
    Told,
    answers_of_networks,
    batches_of,
    cross_validated_trees,
    first_epoch,
    is_tabular,
    labels_of,
)
from netwright.doctor.finding import Finding, Place
from netwright.doctor.probe.references import MOST_HELD_OUT, clean, cross_validated, features

FEWEST_ROWS, MOST_ROWS = 60, 800
SECONDS = 0.5
"""That trees take to be cross-validated on so many rows."""
NOTHING = 2e-3
"""No reference may be better than the constant at this level: three references, two ways to count each."""


def check_labels_belong(case: Case) -> Iterator[Finding]:
    """D09: nothing finds a relation between training rows and their targets.

    Cross-validated on the training rows no reference beats the constant (p above 0.002 each), and the network
    does badly on held-out rows, whatever it makes of the training rows: it is at chance, or, where references
    find a relation among the held-out rows themselves, certainly below them. (Rows in clusters may be right
    by chance, a cluster at a time, so that chance alone is too strict.) Misaligned rather than random, where
    a measurement says so: the same row has another target in another step (exact); the targets fit when they
    are moved by some places; or they stand in an order of their own in which the rows do not.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    outcome, train = case.outcome, case.train
    if outcome is None or train is None or train.target is None or len(train) < FEWEST_ROWS:
        return
    if answers_of_networks(case) or case.task.reconstructs or _by_reward(case) or not outcome.references:
        return
    if outcome.held_out:
        if _does_well(outcome) or not _nothing(cross_validated(clean(train.part(1000)), case.task)):
            return
    elif not _nothing([outcome.constant, *outcome.references]):
        return
    changed, repeated = _unstable(case)
    moved = repeated >= 20 and changed > 0.3 * repeated
    if not moved and not _at_chance(case, outcome, train):
        return
    yield _told(case, len(train), (changed, repeated) if moved else None, None if moved else serial_of(case))


def _does_well(outcome: Outcome) -> bool:
    """Whether somebody tells three quarters of what could be told of the held-out rows."""
    best = max(outcome.network.score, outcome.best.score)
    return best > 0.25 * outcome.constant.score + 0.75


def _at_chance(case: Case, outcome: Outcome, train: Rows) -> bool:
    """Whether the network cannot do it either; what it knows by heart counts only on rows of a table."""
    if not outcome.held_out:
        return not outcome.above_constant or _fine_table(train)
    if case.held_out is None:
        return False
    constant, *others = cross_validated(clean(case.held_out.part(MOST_HELD_OUT)), case.task)
    related = [one for one in others if better(one, constant) < 1e-4]
    if not related:
        return not outcome.above_constant
    best = max(related, key=lambda one: one.score)
    if len(best.goods) != len(outcome.network.goods):
        return False
    return best.score - outcome.network.score > 0.1 and better(best, outcome.network) < 1e-4


def _told(case: Case, rows: int, moved: tuple[int, int] | None, serial: Serial | None) -> Finding:
    place = Place(case.name or None, case.call.line if case.call else case.tape.line)
    nothing = (
        f"Cross-validated, no reference tells the targets of {rows} training rows better than a constant"
    )
    evidence: dict[str, object] = {"rows": rows}
    if case.outcome is not None:
        evidence |= {"network": case.outcome.network.score, "constant": case.outcome.constant.score}
    mend = "Index inputs and targets together, and shuffle or sort them by one permutation."
    if moved is not None:
        evidence |= {"rows that came again": moved[1], "with another target": moved[0]}
        message = (
            f"{moved[0]} of {moved[1]} rows that come again have another target then, and {_lower(nothing)}."
        )
        return Finding("label_misaligned", "error", message, place, evidence, mend)
    if serial is not None and serial.misaligned:
        evidence |= serial.evidence
        return Finding("label_misaligned", "warning", f"{nothing}; {serial.told}.", place, evidence, mend)
    return Finding(
        "random_labels",
        "warning",
        f"{nothing}: inputs and targets have nothing to do with each other.",
        place,
        evidence,
        "Look at some rows with their targets; where these were shuffled or joined, do it for both at once.",
    )


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _nothing(judged: list[Judged]) -> bool:
    constant, *others = judged
    return bool(others) and all(
        better(one, constant) > NOTHING and better(one, constant, balanced=True) > NOTHING for one in others
    )


def _by_reward(case: Case) -> bool:
    """Whether the loss of each row is weighted by something else, as actions are by their reward."""
    if case.loss is None or case.loss.settings.get("reduction") != "none":
        return False
    each = set(case.loss.operation.outputs)
    for operation in case.tape.operations:
        met = [case.tape.constants[place] for place in operation.constants()]
        if set(operation.numbers()) & each and any(one.ndim and len(torch.unique(one)) > 1 for one in met):
            return True
        if set(operation.numbers()) & each and operation.name in SCALES:
            each |= set(operation.outputs)
    return False


def _fine_table(train: Rows) -> bool:
    """Whether rows are a table of measured numbers, in which neighbours mean something."""
    if not is_tabular(train.inputs):
        return False
    distinct = [len(column.unique()) for column in train.flat[:500].T[:64]]
    return float(np.mean([one > 10 for one in distinct])) > 0.5


def _unstable(case: Case) -> tuple[int, int]:
    """Rows that came in two steps with two targets, and rows that came in two steps.

    Where a loader gives rows several times within one epoch, that is how its data set is, and no evidence.
    """
    once = [key for batch in first_epoch(case) for key in batch.keys]
    if case.trainee.loader is not None and len(set(once)) < 0.9 * len(once):
        return 0, 0
    seen: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for batch in batches_of(case):
        if batch.target is None:
            return 0, 0
        flat = batch.target.detach().reshape(len(batch.target), -1).cpu().numpy()
        for key, one in zip(batch.keys, flat, strict=True):
            seen[key].append((batch.step, one.tobytes()))
    again = [ones for ones in seen.values() if len({step for step, _ in ones}) > 1]
    return sum(len({target for _, target in ones}) > 1 for ones in again), len(again)


def check_label_noise(case: Case) -> Iterator[Finding]:
    """D10: many training labels are wrong.

    Trees are cross-validated on the training rows, and learn from all of them for the held-out rows. Rows of
    one origin give equal accuracies, however much the classes overlap; wrong training labels cost accuracy on
    the training rows alone. Bounds: 0.1 of balanced accuracy, p below 1e-4. Without held-out labels, for four
    classes or more, three things must meet which overlap does not give: of the third of the rows about which
    the trees are surest, the lower bound of the share labelled otherwise is above 10 %; that share is no less
    than 0.6 of the share among all rows; and these labels are spread over all classes. Rows that are drawn
    anew each time, as by augmentation, are left out, and so are networks that master the held-out rows.
    """
    train = case.train
    labels = _labels(train, case)
    if train is None or labels is None or _by_reward(case) or answers_of_networks(case):
        return
    counts = torch.bincount(labels)
    if (
        len(train) < 200
        or int((counts > 0).sum()) < 2
        or int(counts[counts > 0].min()) < 10
        or drawn_anew(case)
    ):
        return
    chosen = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:MOST_ROWS]
    rows, y = train.take(chosen), labels[chosen].numpy()
    if _neighbours_agree(rows, y) or _mastered(case) or not case.budget.allows(SECONDS):
        return
    told = cross_validated_trees(features(rows, rows)[0], y)
    if told is None:
        return
    held = case.held_out.part(1000) if case.held_out is not None else None
    held_labels = _labels(held, case)
    if held is not None and held_labels is not None and len(held_labels) >= 50:
        found = _cleaner(rows, y, told.right, held, held_labels)
    else:
        found = _floor(y, told)
    if found is not None:
        yield _noise(case, *found)


def _mastered(case: Case) -> bool:
    """Whether the network tells nine tenths of what could be told of held-out rows, noise or not."""
    outcome = case.outcome
    if outcome is None or not outcome.held_out:
        return False
    return outcome.network.score > 0.1 * outcome.constant.score + 0.9


def _floor(y: NDArray[np.int64], told: Told) -> tuple[str, dict[str, object]] | None:
    """What is told where labels are wrong at random however sure the trees are."""
    classes = np.unique(y)
    sure = np.argsort(-told.surest)[: len(y) // 3]
    wrong = sure[~told.right[sure]]
    share, every = len(wrong) / len(sure), float((~told.right).mean())
    low = float(stats.binomtest(len(wrong), len(sure)).proportion_ci(1 - 2e-4).low)
    if len(classes) < 4 or low <= 0.1 or share < 0.6 * every or every > 0.6:
        return None
    distance = np.searchsorted(classes, y[wrong]) - np.searchsorted(classes, told.answer[wrong])
    shares = np.bincount(distance % len(classes), minlength=len(classes))[1:] / len(wrong)
    spread = float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum() / np.log(len(classes) - 1))
    pairs = np.unique(np.stack([y[wrong], told.answer[wrong]]), axis=1, return_counts=True)[1]
    if spread < 0.8 or pairs.max() > 0.2 * len(wrong):
        return None
    return (
        f"{len(wrong)} of the {len(sure)} training rows about which trees are surest are labelled otherwise, "
        "with all classes alike",
        {"wrong among the surest": share, "wrong among all": every, "lower bound": low, "spread": spread},
    )


def _noise(case: Case, told: str, evidence: dict[str, object]) -> Finding:
    return Finding(
        "label_noise",
        "warning",
        f"{told}: many labels are wrong.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        evidence,
        "Look at the rows whose label a cross-validated model denies; relabel, drop, or take a majority of "
        "votes.",
    )


def _labels(rows: Rows | None, case: Case) -> Tensor | None:
    labels = labels_of(rows.target, case.task) if rows is not None else None
    return labels if labels is None or int(labels.min()) >= 0 else None


def _neighbours_agree(rows: Rows, y: NDArray[np.int64]) -> bool:
    """Whether 5 nearest neighbours tell more than nine labels in ten: so many wrong ones there are not."""
    x = features(rows, rows)[0]
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    _, near = NearestNeighbors(n_neighbors=6).fit(x).kneighbors(x)
    return float((stats.mode(y[near[:, 1:]], axis=1).mode == y).mean()) > 0.9


def _trees() -> ExtraTreesClassifier:
    return ExtraTreesClassifier(50, min_samples_leaf=2, random_state=0, n_jobs=1)


def _cleaner(
    rows: Rows, y: NDArray[np.int64], right: NDArray[np.bool_], held: Rows, labels: Tensor
) -> tuple[str, dict[str, object]] | None:
    """What is told where trees do better on held-out rows than, cross-validated, on training rows."""
    x, z = features(rows, held)
    answer = _trees().fit(x, y).predict(z) == labels.numpy()
    a = _balanced(right, y)
    b = _balanced(answer, labels.numpy())
    table = [[int(right.sum()), int((~right).sum())], [int(answer.sum()), int((~answer).sum())]]
    p = float(stats.fisher_exact(table, alternative="less").pvalue)
    if b - a < 0.1 or p > 1e-4:
        return None
    return (
        f"Trees tell {100 * b:.0f} % of the held-out labels, but cross-validated only {100 * a:.0f} % of the "
        "training labels that they learn from",
        {"held-out": b, "training, cross-validated": a, "p": p, "rows": len(y)},
    )


def _balanced(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> float:
    return float(np.mean([right[labels == one].mean() for one in np.unique(labels)]))
