"""Held-out rows that were prepared in another way, or come from elsewhere, than the training rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import SURE, better
from netwright.doctor.case.rows import Rows, row_keys
from netwright.doctor.checks.seen import evaluation_calls, labels_of
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.places import Line
from netwright.doctor.probe.references import MOST_HELD_OUT, clean, cross_validated

Numbers = NDArray[np.float64]
FEWEST_ROWS, MOST_ROWS, MOST_COLUMNS, DRAWS = 30, 2000, 256, 200
Z = 5.0
"""Deviations of the null distribution; its tail there is far below 1e-4."""


def check_shift(case: Case) -> Iterator[Finding]:
    """D08: held-out rows differ from the training rows by more than chance, and the network suffers from it.

    Measured as the median over columns of the difference of means in deviations, and of the logarithm of the
    ratio of deviations. Bounds: 0.5 and log 2, and 5 deviations beyond what 200 random splits of all rows
    give. Held-out rows are weighted so that classes are as frequent as in training, as a sampler that evens
    out classes is well. A drift harms only where the network does worse on the held-out rows than on the
    training rows (p below 1e-4, by 0.05 of accuracy or 0.1 of the variance); series drift by nature.
    """
    train, held = case.train, _held_out(case)
    if train is None or held is None or len(held) < FEWEST_ROWS or len(train) < FEWEST_ROWS:
        return
    told = _new_targets(case, train, held)
    if told is None and train.inputs.is_floating_point():
        told = _columns_differ(case, train, held)
    elif told is None:
        told = _words_differ(train.inputs, held.inputs)
    if told is None:
        return
    suffers = _suffers(case)
    yield Finding(
        "train_val_shift",
        "warning" if suffers or (suffers is None and told.certain) else "info",
        told.message,
        Place(case.name or None, _line(case)),
        told.evidence,
        told.remedy,
    )


def check_relation(case: Case) -> Iterator[Finding]:
    """D08: what tells targets of training rows tells held-out rows worse than a constant does.

    Every reference that was fitted on the training rows, and the network, is certainly below the constant on
    the held-out rows (p below 1e-4 each), and cross-validated on the training rows one certainly is above it:
    the relation that the training rows have is another one among the held-out rows. Rows of the same kind
    leave what is learned at the constant's level at worst. For classes alone: series drift by nature.

    Args:
        case: of a training that has ended.
    """
    outcome, train = case.outcome, case.train
    if outcome is None or not outcome.held_out or train is None or not outcome.references:
        return
    if case.task.kind not in ("classes", "binary"):
        return
    below = (outcome.network, *outcome.references)
    if any(better(outcome.constant, one) > SURE for one in below) or not case.budget.allows(0.5):
        return
    constant, *others = cross_validated(clean(train.part(MOST_HELD_OUT)), case.task)
    known = max(others, key=lambda one: one.score, default=constant)
    if known is constant or better(known, constant) > SURE:
        return
    best = max(below, key=lambda one: one.score)
    yield Finding(
        "train_val_shift",
        "warning",
        f"What is learned from the training rows is turned about on the held-out rows: {known.name} has "
        f"{known.score:.2f} on training rows it was not fitted to, and {best.name} {best.score:.2f} at best "
        f"on held-out rows, where the constant has {outcome.constant.score:.2f}.",
        Place(case.name or None, _line(case)),
        {
            "cross-validated on training rows": known.score,
            "best on held-out rows": best.score,
            "constant on held-out rows": outcome.constant.score,
        },
        "Code the targets of both by one rule, and split after they were made.",
    )


@dataclass(frozen=True)
class _Told:
    message: str
    evidence: dict[str, float]
    remedy: str
    certain: bool = False


def _held_out(case: Case) -> Rows | None:
    """Rows of the last evaluation that are not learned from, with or without targets."""
    if case.held_out is not None:
        return case.held_out
    if case.train is None:
        return None
    known = set(row_keys(case.train.inputs))
    for calls in reversed(evaluation_calls(case)):
        fresh = [one.inputs[0] for one in calls if not known & set(row_keys(one.inputs[0][:64]))]
        if fresh:
            return Rows(torch.cat(fresh))
    return None


def _line(case: Case) -> Line | None:
    calls = case.validation.calls if case.validation is not None else []
    return next((call.line for call in calls if call.module is case.network), None)


def _suffers(case: Case) -> bool | None:
    """Whether the network does worse on held-out rows, certainly and by enough; None where that is not
    known.
    """
    outcome = case.outcome
    if outcome is None or not outcome.held_out or outcome.on_train is None:
        return None
    if outcome.on_train is outcome.network:  # nothing is known of the training rows by themselves
        return None
    a, b = outcome.on_train.goods, outcome.network.goods
    bound = 0.1 if case.task.kind == "numbers" else 0.05
    if a.mean() - b.mean() < bound:
        return False
    return bool(stats.mannwhitneyu(a, b, alternative="greater").pvalue < 1e-4)


def _new_targets(case: Case, train: Rows, held: Rows) -> _Told | None:
    """Classes, or a range of numbers, that training rows do not have and many held-out rows do."""
    a, b = labels_of(train.target, case.task), labels_of(held.target, case.task)
    if a is not None and b is not None:
        strange = float(torch.tensor([one not in set(a.tolist()) for one in b.tolist()]).double().mean())
        if strange < 0.2:
            return None
        return _Told(
            f"{100 * strange:.0f} % of the {len(b)} held-out rows are of a class that no training row has.",
            {"share": strange, "held-out rows": len(b)},
            "Shuffle before the split, or split by class (stratify).",
            certain=True,
        )
    if case.task.kind != "numbers" or train.target is None or held.target is None or case.task.reconstructs:
        return None
    if train.target.numel() != len(train.target) or held.target.numel() != len(held.target):
        return None
    y, z = train.target.double().flatten().cpu().numpy(), held.target.double().flatten().cpu().numpy()
    beyond = max(float((z > y.max()).mean()), float((z < y.min()).mean()))
    if beyond < 0.2:
        return None
    return _Told(
        f"{100 * beyond:.0f} % of the {len(z)} held-out targets lie beyond all {len(y)} training targets.",
        {"share": beyond, "held-out rows": len(z)},
        "Shuffle before the split: the rows are ordered by what is to be told.",
    )


def _columns_differ(case: Case, train: Rows, held: Rows) -> _Told | None:
    x, z = _table(train.part(MOST_ROWS), held.part(MOST_ROWS))
    x, z = x[np.isfinite(x).all(1)], z[np.isfinite(z).all(1)]
    x, z = x[:, x.std(0) > 0], z[:, x.std(0) > 0]
    if min(len(x), len(z)) < FEWEST_ROWS or not x.shape[1]:
        return None
    weights = _even(case, train.part(MOST_ROWS), held.part(MOST_ROWS), len(z))
    move, stretch = differences(x, z, weights)
    if move <= 0.5 and stretch <= np.log(2):
        return None
    both = np.concatenate([x, z])
    rng = np.random.default_rng(0)
    nulls = []
    for _ in range(DRAWS):
        order = rng.permutation(len(both))
        nulls.append(differences(both[order[: len(x)]], both[order[len(x) :]], None))
    mean, spread = np.mean(nulls, 0), np.std(nulls, 0) + 1e-9
    moved = move > 0.5 and move > mean[0] + Z * spread[0]
    stretched = stretch > np.log(2) and stretch > mean[1] + Z * spread[1]
    if not (moved or stretched):
        return None
    evidence = {"difference of means in deviations": move, "ratio of deviations": float(np.exp(stretch))}
    how = (
        f"by {move:.2g} deviations in the middle"
        if moved
        else f"by a factor of {np.exp(stretch):.3g} in their deviation"
    )
    return _Told(
        f"Columns of the held-out rows differ from those of the training rows {how}; by chance "
        f"{mean[0] if moved else np.exp(mean[1]):.2g} would be.",
        {**evidence, "columns": float(x.shape[1]), "held-out rows": float(len(z))},
        "Prepare both with the same transform, fitted on the training rows, and shuffle before the split.",
        certain=bool(stretch > np.log(5) or move > 3),
    )


def _table(train: Rows, held: Rows) -> tuple[Numbers, Numbers]:
    x, z = train.flat.numpy(), held.flat.numpy()
    every = max(1, x.shape[1] // MOST_COLUMNS)
    return x[:, ::every], z[:, ::every]


def _even(case: Case, train: Rows, held: Rows, n_rows: int) -> Numbers | None:
    """Weights of held-out rows that make classes as frequent as in the training rows."""
    a, b = labels_of(train.target, case.task), labels_of(held.target, case.task)
    if a is None or b is None or len(b) != n_rows:
        return None
    size = int(max(a.max(), b.max())) + 1
    if int(min(a.min(), b.min())) < 0 or size > 1000:
        return None
    wanted, there = torch.bincount(a, minlength=size).double(), torch.bincount(b, minlength=size).double()
    weights = (wanted / wanted.sum())[b] / (there / there.sum()).clamp(min=1e-9)[b]
    out: Numbers = (weights / weights.sum()).numpy()
    return out


def differences(x: Numbers, z: Numbers, weights: Numbers | None) -> tuple[float, float]:
    """Return the medians over columns of |difference of means| and |log ratio of deviations|.

    Args:
        x: (rows, columns).
        z: other rows, of the same columns.
        weights: of the rows of `z`, of sum 1; None for equal ones.

    Example:
        >>> x = np.array([[0.0], [2.0]])
        >>> differences(x, x + 5.0, None)
        (5.0, 0.0)
    """
    weights = np.full(len(z), 1 / len(z)) if weights is None else weights
    mean = weights @ z
    deviation = np.sqrt(np.maximum(weights @ (z - mean) ** 2, 1e-18))
    own = np.maximum(x.std(0), 1e-9)
    move = np.abs(mean - x.mean(0)) / np.maximum(own, np.minimum(deviation, own))
    return float(np.median(move)), float(np.median(np.abs(np.log(deviation / own))))


def _words_differ(train: Tensor, held: Tensor) -> _Told | None:
    """Ids that stand for other words: neighbours agree within the training rows only."""
    if train.ndim != 2 or held.ndim != 2 or min(train.numel(), held.numel()) < 2000 or int(train.max()) < 8:
        return None
    ids = torch.bincount(train.flatten().clamp(min=0)).argsort(descending=True)[:60]
    owns, n_parts = [], max(2, min(5, len(train) // max(len(held), 1)))
    for part in range(n_parts):
        chosen = torch.arange(len(train)) % n_parts == part
        owns.append(company(train[~chosen], train[chosen][: len(held)], ids)[0])
    other, n_pairs = company(train, held, ids)
    own = float(np.mean(owns))
    if own < 0.5 or other**2 > 0.5 * own**2 or n_pairs < 20:
        return None
    z = (np.arctanh(min(own, 0.999)) - np.arctanh(other)) * np.sqrt((n_pairs - 3) / 2)
    if z < Z or own - other < Z * float(np.std(owns)):
        return None
    return _Told(
        "Ids keep other company in the held-out rows: how often pairs of ids follow each other agrees "
        "between "
        f"parts of the training rows (r = {own:.2f}), but not with the held-out rows (r = {other:.2f}).",
        {"agreement within training": own, "agreement with held-out": other, "pairs": n_pairs},
        "Encode both with one vocabulary, made from the training rows.",
        certain=True,
    )


def company(one: Tensor, other: Tensor, ids: Tensor) -> tuple[float, int]:
    """Return the correlation of how often pairs of ids follow each other in both, beyond each id's frequency.

    Args:
        one: (rows, time), ids.
        other: alike.
        ids: that are looked at.
    """
    tables = []
    for tokens in (one, other):
        place = torch.full((int(max(one.max(), other.max(), ids.max())) + 1,), -1)
        place[ids] = torch.arange(len(ids))
        first, second = (
            place[tokens[:, :-1].clamp(min=0)].flatten(),
            place[tokens[:, 1:].clamp(min=0)].flatten(),
        )
        real = (first >= 0) & (second >= 0) & (first != second)  # padding follows itself
        counts = torch.zeros(len(ids), len(ids), dtype=torch.float64)
        counts.index_put_((first[real], second[real]), torch.ones(int(real.sum())).double(), accumulate=True)
        expected = counts.sum(1, keepdim=True) * counts.sum(0, keepdim=True) / counts.sum().clamp(min=1)
        tables.append((counts, expected))
    enough = (tables[0][1] >= 2) & (tables[1][1] >= 2)
    if int(enough.sum()) < 20:
        return 0.0, int(enough.sum())
    logs = [torch.log((counts + 0.5) / (expected + 0.5))[enough].numpy() for counts, expected in tables]
    return float(np.nan_to_num(np.corrcoef(logs[0], logs[1])[0, 1])), int(enough.sum())
