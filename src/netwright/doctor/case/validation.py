"""The rows that a script evaluates again and again, and what its network answered each time."""

from collections import Counter

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.making import evaluated
from netwright.doctor.case.rows import row_keys
from netwright.doctor.observe.facts import Evaluation, EvaluationCall

RECURRING = 0.5
"""Share of the passes in which rows have to be evaluated to count as validation rows."""


def validation_passes(case: Case) -> list[tuple[Tensor, Tensor]]:
    """Return (answers, targets) of `validation_steps`.

    Args:
        case: whose training rows are known.
    """
    return [(answers, targets) for _, answers, targets in validation_steps(case)]


def validation_steps(case: Case) -> list[tuple[int, Tensor, Tensor]]:
    """Return (steps before it, answers, targets) for the held-out rows of each pass that evaluates them.

    Rows are known again by the first row of each call. What is evaluated once, at the end, is left out where
    other rows come again and again.

    Args:
        case: whose training rows are known.
    """
    passes = [one for one in case.facts.evaluations if _calls(case, one)]
    targets = _targets(case, passes)
    seen = Counter(
        key for one in passes for key in {call.first for call in _calls(case, one)} & targets.keys()
    )
    most = max(seen.values(), default=0)
    wanted = {key for key, times in seen.items() if times >= RECURRING * most}
    found = []
    for one in passes:
        calls = {call.first: call for call in _calls(case, one) if call.first in wanted}
        if len(calls) < len(wanted) or not all(_fits(call, targets[key]) for key, call in calls.items()):
            continue
        ordered = [calls[key] for key in sorted(wanted, key=lambda key: key or 0)]
        if len({call.output.shape[1:] for call in ordered}) == 1:
            joined = torch.cat([call.output for call in ordered])
            found.append((one.step, joined, torch.cat([targets[call.first] for call in ordered])))
    return found


def _calls(case: Case, evaluation: Evaluation) -> list[EvaluationCall]:
    return [one for one in evaluation.calls if one.module is case.network and one.first is not None]


def _fits(call: EvaluationCall, target: Tensor) -> bool:
    return bool(call.output.ndim) and len(call.output) == len(target)


def _targets(case: Case, passes: list[Evaluation]) -> dict[int | None, Tensor]:
    """First row of a call on held-out rows -> the targets of that call, from passes whose rows were kept."""
    if case.train is None:
        return {}
    known = set(row_keys(case.train.inputs))
    found: dict[int | None, Tensor] = {}
    for one in passes[:3] + passes[-2:]:
        for call in _calls(case, one):
            rows = evaluated(case, call, known) if call.inputs else None
            if rows is not None and rows.target is not None:
                found.setdefault(call.first, rows.target)
    return found
