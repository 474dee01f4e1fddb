"""Checks of how rows come: the same batch again, one class at a time, or sorted."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import row_keys
from netwright.doctor.checks.seen import (
    Batch,
    batches_of,
    evaluation_calls,
    first_epoch,
    joint_keys,
    labels_of,
    training_keys,
)
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import Loader

FEWEST_STEPS = 8
FEWEST_IN_BATCH = 4
SURE = 1e-6


def check_repeated_batch(case: Case) -> Iterator[Finding]:
    """D03: the same rows in step after step, though there are more of them.

    Exact, in three forms: a loader of which only the first batch is ever drawn and that one is learned from
    many times; a loader whose batches of one epoch are equal; and an index into a larger tensor that gives
    the same rows each time, while most rows of that tensor are neither learned from nor evaluated. Learning
    from one whole tensor again and again is full-batch training, and well.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    loader = case.trainee.loader
    told = _of_loader(case, loader) if loader is not None else _of_slices(case)
    if told is None:
        return
    rows, of, how = told
    yield Finding(
        "repeated_batch",
        "error",
        f"Every step learns from the same {rows} rows of {of}: {how}.",
        Place(case.name or None, loader.line if loader is not None else case.tape.line),
        {"rows": rows, "rows there are": of, "steps": len(case.trainee.history)},
        "Draw another batch in each step: iterate over the loader, or index with a slice that moves.",
    )


def _of_loader(case: Case, loader: Loader) -> tuple[int, int, str] | None:
    try:
        n_rows, n_batches = len(loader.loader.dataset), len(loader.loader)
    except (TypeError, AttributeError):
        return None
    steps = len(case.trainee.history)
    if n_batches < 2 or steps < FEWEST_STEPS or not loader.batches or not loader.batches[0]:
        return None
    firsts = [tuple(joint_keys(_rows_of(one))) for one in loader.first_rows[:3] if one and one[0].ndim]
    rows = len(firsts[0]) if firsts else 0
    if not rows or n_rows < 2 * rows:
        return None
    if loader.n_batches == loader.starts and len(set(firsts)) == 1 and _all_alike(case):
        return rows, n_rows, "the loader is begun anew each time, and only its first batch is used"
    n_epoch = min(n_batches, len(loader.batches))
    counts = Counter(tuple(sorted(joint_keys(_rows_of(one)))) for one in loader.batches[:n_epoch] if one)
    batch, times = counts.most_common(1)[0]
    if rows >= 2 and times > max(2, 0.5 * n_epoch) and len(set(batch)) > 1:
        return rows, n_rows, f"{times} of {n_epoch} batches of an epoch are equal"
    return None


def _rows_of(batch: tuple[Tensor, ...]) -> list[Tensor]:
    return [one for one in batch if one.ndim and len(one) == len(batch[0])]


def _all_alike(case: Case) -> bool:
    batches = batches_of(case)
    return len(batches) >= FEWEST_STEPS and len({tuple(one.keys) for one in batches}) == 1


def _of_slices(case: Case) -> tuple[int, int, str] | None:
    batches = batches_of(case)
    if len(batches) < FEWEST_STEPS or len({tuple(one.keys) for one in batches}) != 1 or not case.input_places:
        return None
    mains = [tape.constants[case.input_places[0]] for tape in case.tapes]
    if len({one.data_ptr() for one in mains}) == 1 and len({id(one) for one in mains}) > 1:
        pass  # a slice from the beginning of a tensor lies where the tensor lies
    source = next((s for one in mains if (s := case.facts.taken.get(one.data_ptr())) is not None), None)
    if source is None or source.shape[1:] != mains[0].shape[1:] or len(source) < 2 * len(mains[0]):
        return None
    keys = row_keys(source)
    used = training_keys(case)
    if not used <= set(keys):
        return None
    for calls in evaluation_calls(case):
        used |= {key for call in calls for key in row_keys(call.inputs[0])}
    unused = sum(key not in used for key in keys)
    if unused < 0.5 * len(keys):
        return None
    return len(mains[0]), len(keys), f"{unused} of the tensor from which they are taken are never used"


def labels_by_step(case: Case) -> list[NDArray[np.int64]]:
    """Return the labels of each step, the backward passes of one step taken together, in order.

    Args:
        case: whose; nothing where its targets are no labels.
    """
    found: dict[int, list[Tensor]] = {}
    for batch in batches_of(case):
        labels = labels_of(batch.target, case.task)
        if labels is not None:
            found.setdefault(batch.step, []).append(labels)
    return [torch.cat(parts).numpy() for _, parts in sorted(found.items())]


def check_single_class_batches(case: Case) -> Iterator[Finding]:
    """D12: batches that hold one class each.

    Under random batches of B rows one is of a single class with probability sum_k p_k^B; alarm where at least
    half of the batches are, with a binomial p below 1e-6. Batches of fewer than 4 rows, and the parts of one
    accumulated step, are no evidence. An error where the training went badly.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    steps = [one for one in labels_by_step(case) if len(one) >= FEWEST_IN_BATCH]
    if len(steps) < FEWEST_STEPS or len(case.facts.trainees) > 1:
        return
    shares = _shares(case, steps)
    pure = sum(len(set(one.tolist())) == 1 for one in steps)
    chance = max(float((shares ** len(one)).sum()) for one in steps)
    if pure < 0.5 * len(steps) or chance > 0.5:
        return
    p = float(stats.binomtest(pure, len(steps), chance, alternative="greater").pvalue)
    if p > SURE:
        return
    yield Finding(
        "single_class_batches",
        "error" if _poor(case) else "warning",
        f"{pure} of {len(steps)} batches hold one class alone; by chance {100 * chance:.2g} % would.",
        _loader_place(case),
        {"batches of one class": pure, "batches": len(steps), "p": p, "chance": chance},
        "Shuffle the rows: shuffle=True, or a new permutation each epoch.",
    )


def _poor(case: Case) -> bool:
    return case.outcome is not None and case.outcome.poor


def _loader_place(case: Case) -> Place:
    loader = case.trainee.loader
    return Place(None, loader.line if loader is not None else case.call.line if case.call else case.tape.line)


def _shares(case: Case, steps: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    known = [np.concatenate(steps)]
    if case.held_out is not None and (labels := labels_of(case.held_out.target, case.task)) is not None:
        known.append(labels.numpy())
    _, counts = np.unique(np.concatenate(known), return_counts=True)
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def check_unshuffled(case: Case) -> Iterator[Finding]:
    """D13: rows come sorted by their target.

    Labels: neighbours in the order of training agree far more often than in a random order (z above 6, and an
    agreement of more than 0.3 beyond chance), in no more runs than twice the classes. Numbers: rank
    correlation with the place above 0.9. A time series is neither; windows that overlap are exempt, and so
    is full-batch training. For numbers harm is asked for besides, since many an order is one in time.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    batches = first_epoch(case)
    rows = {key for batch in batches for key in batch.keys}
    if len(batches) < 3 or max(len(one.keys) for one in batches) > 0.5 * len(rows) or _overlaps(case):
        return
    told = _sorted_labels(case, batches) or _sorted_numbers(case, batches)
    if told is None:
        return
    message, evidence, is_number = told
    bad = _poor(case) or not is_number
    yield Finding(
        "unshuffled",
        "warning" if bad else "info",
        message,
        _loader_place(case),
        evidence,
        "Shuffle the training rows in each epoch: shuffle=True, or torch.randperm.",
    )


def _sorted_labels(case: Case, batches: list[Batch]) -> tuple[str, dict[str, float], bool] | None:
    parts = [labels_of(one.target, case.task) for one in batches]
    if any(one is None for one in parts):
        return None
    y = torch.cat([one for one in parts if one is not None]).numpy()
    _, counts = np.unique(y, return_counts=True)
    if len(counts) < 2 or len(y) < 50:
        return None
    chance = float(((counts / len(y)) ** 2).sum())
    runs = 1 + int((y[1:] != y[:-1]).sum())
    beyond = ((len(y) - runs) / (len(y) - 1) - chance) / (1 - chance)
    z = beyond * (1 - chance) / np.sqrt(chance * (1 - chance) / (len(y) - 1))
    if runs > 2 * len(counts) or beyond < 0.3 or z < 6:
        return None
    message = f"The training rows are sorted by class: {len(y)} rows come in {runs} runs of equal labels."
    return message, {"rows": len(y), "runs": runs, "classes": len(counts), "z": float(z)}, False


def _sorted_numbers(case: Case, batches: list[Batch]) -> tuple[str, dict[str, float], bool] | None:
    if case.task.kind != "numbers" or any(one.target is None for one in batches):
        return None
    y = torch.cat([one.target.reshape(len(one.target), -1) for one in batches if one.target is not None])
    if y.shape[1] != 1 or len(y) < 50:
        return None
    r = float(stats.spearmanr(np.arange(len(y)), y[:, 0].double().numpy()).statistic)
    if not abs(r) > 0.9:
        return None
    message = f"The training rows are sorted by their target: its rank correlation with the place is {r:.3f}."
    return message, {"rows": len(y), "rank correlation": r}, True


def _overlaps(case: Case) -> bool:
    """Whether a row is the one before it, moved by some steps, as windows of a series are."""
    x = case.train.inputs if case.train is not None else None
    if x is None or x.ndim < 2 or x.shape[1] < 4 or len(x) < 3:
        return False
    return any(
        bool((x[1:9, :-lag] == x[:8][: len(x[1:9]), lag:]).all()) for lag in range(1, x.shape[1] // 2 + 1)
    )
