"""Checks of rows that occur twice: with other targets, among the held-out rows, or as steps on held-out
rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from scipy import stats
from torch import Tensor
from torch.utils.data import SequentialSampler

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import row_keys
from netwright.doctor.checks.seen import (
    answers_of_networks,
    batches_of,
    evaluation_calls,
    first_epoch,
    training_keys,
)
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import EvaluationCall

FEWEST_ROWS = 20
UNLIKELY = 1e4
"""How much more often than in independent columns rows coincide when they were copied; dependence makes
100."""


def copied(inputs: Tensor, n_pairs: float) -> bool:
    """Return whether so many pairs of equal rows cannot be natural.

    Natural pairs are expected in n (n - 1) / 2 times the product, over columns, of the chance that two values
    agree; columns that depend on each other make more, and far more is a copy.

    Args:
        inputs: (rows, ...).
        n_pairs: of equal rows.

    Example:
        >>> copied(torch.randn(50, 8), 5.0), copied(torch.zeros(50, 8), 1225.0)
        (True, False)
    """
    table = inputs.detach().reshape(len(inputs), -1).cpu()[:2000, :512].double().numpy()
    log_chance = 0.0
    for column in table.T:
        _, counts = np.unique(column, return_counts=True)
        log_chance += float(np.log10(((counts / len(column)) ** 2).sum()))
    n = len(inputs)
    return bool(np.log10(max(n_pairs, 1e-9)) > np.log10(n * n / 2) + log_chance + np.log10(UNLIKELY))


def check_conflicting_labels(case: Case) -> Iterator[Finding]:
    """D04: equal rows with different targets, within one epoch.

    Bounds: more than 5 % of the rows, and at least 3 % that no model can get right (of the variance, for
    numbers). Where few rows are distinct (under 20 %) the data is discrete and such is its nature; where
    duplicates may be natural, a warning only if the training went badly. Targets that networks compute may
    change with them and are left out.
    """
    batches = first_epoch(case)
    if (
        case.train is None
        or case.task.kind == "unknown"
        or case.task.reconstructs
        or answers_of_networks(case)
    ):
        return
    groups: dict[int, list[Tensor]] = defaultdict(list)
    for batch in batches:
        if batch.target is None:
            return
        flat = batch.target.detach().reshape(len(batch.target), -1).double().cpu()
        for key, one in zip(batch.keys, flat, strict=True):
            groups[key].append(one)
    n_rows = sum(len(one) for one in groups.values())
    if n_rows < 50 or len(groups) < 0.2 * n_rows:
        return
    conflicted, lost = _conflict(list(groups.values()), numbers=case.task.kind == "numbers")
    if conflicted <= 0.05 * n_rows or lost <= 0.03:
        return
    pairs = sum(len(one) * (len(one) - 1) / 2 for one in groups.values())
    measured = case.train.inputs.is_floating_point()  # contexts of words come again by themselves
    sure = (measured and copied(case.train.inputs, pairs)) or (case.outcome is not None and case.outcome.poor)
    what = "of the variance" if case.task.kind == "numbers" else "of the rows"
    yield Finding(
        "conflicting_labels",
        "warning" if sure else "info",
        f"{conflicted} of {n_rows} rows have an equal one with another target: {100 * lost:.0f} % {what} "
        "cannot "
        "be told by any model.",
        Place(case.name or None, case.call.line if case.call else case.tape.line),
        {"rows in conflict": conflicted, "rows": n_rows, "distinct rows": len(groups), "lost": lost},
        "Look at the join or labelling that repeats rows; keep one target for each, or several labels in "
        "one row.",
    )


def _conflict(groups: list[list[Tensor]], *, numbers: bool) -> tuple[int, float]:
    """Rows in groups with several targets, and the least share that any model gets wrong."""
    every = torch.stack([one for group in groups for one in group])
    total = float((every - every.mean(0)).square().sum())
    conflicted, lost = 0, 0.0
    for group in groups:
        if len(group) < 2:
            continue
        stack = torch.stack(group)
        if bool((stack == stack[:1]).all()):
            continue
        conflicted += len(group)
        if numbers:
            lost += float((stack - stack.mean(0)).square().sum()) / max(total, 1e-30)
        else:
            most = Counter(tuple(one.tolist()) for one in group).most_common(1)[0][1]
            lost += (len(group) - most) / len(every)
    return conflicted, lost


def check_leakage(case: Case) -> Iterator[Finding]:
    """D05 and T06: held-out rows among the training rows.

    A call on training rows alone measures the training score, and a call on nearly all training rows measures
    everything; both are well. Of what remains, the share of rows that were learned from is tested: by
    nature as many twins as there are within the training rows (none, where columns are so fine that equal
    rows are copies), binomial p below 1e-4, and more than 1 %. Where every row that is ever evaluated was
    learned from, and these rows are a fixed part of the training rows, held-out rows were trained on.
    """
    passes = evaluation_calls(case)[-4:]
    known = training_keys(case)
    if not passes or len(known) < FEWEST_ROWS or case.train is None or case.task.kind == "unknown":
        return
    if answers_of_networks(case) and case.task.kind == "numbers":
        return
    calls = [(call, row_keys(call.inputs[0])) for one in passes for call in one]
    strange = [(call, keys) for call, keys in calls if sum(key in known for key in keys) < 0.98 * len(keys)]
    if strange:
        yield from _shared(case, strange, known)
    else:
        yield from _contained(case, [row_keys_of(one) for one in passes], known)


def row_keys_of(calls: list[EvaluationCall]) -> list[int]:
    """Return the keys of all rows of one pass, in order.

    Args:
        calls: of the pass.
    """
    return [key for call in calls for key in row_keys(call.inputs[0])]


def _shared(case: Case, calls: list[tuple[EvaluationCall, list[int]]], known: set[int]) -> Iterator[Finding]:
    kept = [keys for _, keys in calls if len(known & set(keys)) < 0.8 * len(known)]
    rows = {key for keys in kept for key in keys}
    n_shared = len(rows & known)
    if len(rows) < FEWEST_ROWS or n_shared < 5 or case.train is None:
        return
    own = row_keys(case.train.inputs)
    null = 3 * (1 - len(set(own)) / len(own))
    if copied(case.train.inputs, n_shared):
        null = 0.0
    share = n_shared / len(rows)
    bound = max(0.01, null)
    if share <= bound:
        return
    p = float(stats.binomtest(n_shared, len(rows), bound, alternative="greater").pvalue)
    if p > 1e-4:
        return
    yield Finding(
        "train_val_leakage",
        "error" if null == 0 else "warning",
        f"{n_shared} of {len(rows)} evaluated rows ({100 * share:.0f} %) are training rows as well.",
        Place(case.name or None, calls[0][0].line),
        {"shared rows": n_shared, "evaluated rows": len(rows), "p": p, "expected by nature": null},
        "Split before anything that copies rows, and keep rows of one origin on one side.",
    )


def _contained(case: Case, passes: list[list[int]], known: set[int]) -> Iterator[Finding]:
    last = set(passes[-1])
    batches = batches_of(case)
    one_batch = any(last <= set(batch.keys) for batch in batches)
    if len(last) < FEWEST_ROWS or len(last) > 0.6 * len(known) or one_batch:
        return
    if any(set(one) != last for one in passes):
        return
    if case.trainee.loader is None and len(last) <= max(len(one.keys) for one in batches):
        return
    yield Finding(
        "train_val_leakage",
        "warning",
        f"All {len(last)} rows on which the network is evaluated are training rows, a part of the "
        f"{len(known)} that it learns from; no other rows are ever evaluated.",
        Place(case.name or None, None),
        {"evaluated rows": len(last), "training rows": len(known), "shared rows": len(last)},
        "Take the held-out rows out of the training rows.",
    )


def check_steps_on_held_out(case: Case) -> Iterator[Finding]:
    """T06: steps taken on the batches of a second loader, after each pass of the first.

    Exact where the network is in evaluation mode on all steps of the one loader, in training mode on all of
    the other. Where the mode does not tell, the second loader comes in its own order and the first shuffled,
    whole passes take turns, and no other rows are ever evaluated. Steps that draw from both loaders (labelled
    and unlabelled rows) are well, and so are phases that follow each other without return.
    """
    history = case.trainee.history
    by_loader: dict[int, list[int]] = defaultdict(list)
    for step, number in enumerate(history.loader):
        by_loader[number].append(step)
    turns = 1 + sum(a != b for a, b in pairwise(history.loader))
    if len(by_loader) != 2 or -1 in by_loader or turns < 3 or turns > 0.5 * len(history):
        return
    judging = _judging(case, by_loader)
    if judging is None:
        return
    number, sure = judging
    n_steps = len(by_loader[number])
    how = " in evaluation mode" if sure else ""
    yield Finding(
        "val_used_for_training",
        "error" if sure else "warning",
        f"{n_steps} of {len(history)} steps are taken{how} on the batches of a second loader, in turn with "
        "the first: the network learns from the rows on which it is judged.",
        Place(case.name or None, case.facts.loaders[number].line),
        {"steps on held-out rows": n_steps, "steps": len(history), "turns": turns},
        "Evaluate under torch.no_grad(), without backward() and optimizer.step().",
    )


def _judging(case: Case, by_loader: dict[int, list[int]]) -> tuple[int, bool] | None:
    """The loader on which the network is judged, and whether its mode says so; None where neither is."""
    modes = {
        number: {case.trainee.history.training[step] for step in by_loader[number]} for number in by_loader
    }
    quiet = [number for number, mode in modes.items() if mode == {False}]
    loud = [number for number, mode in modes.items() if mode == {True}]
    if len(quiet) == 1 and len(loud) == 1:
        return quiet[0], True
    first, second = by_loader
    loaders = [case.facts.loaders[number].loader for number in (first, second)]
    ordered = [isinstance(getattr(one, "sampler", None), SequentialSampler) for one in loaders]
    if ordered != [False, True] or case.held_out is not None:
        return None
    return (second, False) if len(by_loader[second]) < len(by_loader[first]) else None
